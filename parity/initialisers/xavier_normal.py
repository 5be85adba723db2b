"""Normal of variance 2 / (fan_in + fan_out), not truncated, as PyTorch does it."""

from parity.fresh.initialiser import Initialiser, Site, a_matrix, scaled
from parity.fresh.law import Law, normal


def _law(site: Site) -> Law | None:
    return normal(scaled(2.0, sum(site.fans))) if a_matrix(site) else None


INITIALISER = Initialiser(
    name="xavier_normal",
    law=_law,
    keras='keras.initializers.VarianceScaling(1.0, "fan_avg", "untruncated_normal")',
    torch="nn.init.xavier_normal_({array})",
)
