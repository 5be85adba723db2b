"""Normal of variance 2 / fan_out, not truncated: what the residual networks of torchvision start from."""

from parity.fresh.initialiser import Initialiser, Site, a_matrix, scaled
from parity.fresh.law import Law, normal


def _law(site: Site) -> Law | None:
    return normal(scaled(2.0, site.fans[1])) if a_matrix(site) else None


INITIALISER = Initialiser(
    name="kaiming_normal_fan_out",
    law=_law,
    keras='keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")',
    torch='nn.init.kaiming_normal_({array}, mode="fan_out")',
)
