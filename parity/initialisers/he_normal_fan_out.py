"""Normal of variance 2 / fan_out, cut at two deviations before the cut: what EfficientNet starts from."""

from parity.fresh.initialiser import Initialiser, Site, a_matrix, scaled
from parity.fresh.law import Law, truncated


def _law(site: Site) -> Law | None:
    return truncated(scaled(2.0, site.fans[1])) if a_matrix(site) else None


INITIALISER = Initialiser(
    name="he_normal_fan_out",
    law=_law,
    keras='keras.initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")',
)
