"""Normal of variance 2 / fan_in, which is deviation 1 / √(fan_in / 2), not truncated, as PyTorch does it."""

from parity.fresh.initialiser import Initialiser, Site, a_matrix, scaled
from parity.fresh.law import Law, normal


def _law(site: Site) -> Law | None:
    return normal(scaled(2.0, site.fans[0])) if a_matrix(site) else None


INITIALISER = Initialiser(
    name="kaiming_normal",
    law=_law,
    keras='keras.initializers.VarianceScaling(2.0, "fan_in", "untruncated_normal")',
    torch="nn.init.kaiming_normal_({array})",
)
