"""Normal of variance 1 / fan_in, not truncated."""

from parity.fresh.initialiser import Initialiser, Site, a_matrix, scaled
from parity.fresh.law import Law, normal


def _law(site: Site) -> Law | None:
    return normal(scaled(1.0, site.fans[0])) if a_matrix(site) else None


INITIALISER = Initialiser(
    name="lecun_normal_untruncated",
    law=_law,
    keras='keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal")',
    torch='nn.init.kaiming_normal_({array}, nonlinearity="linear")',
)
