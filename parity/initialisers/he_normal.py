"""Normal of variance 2 / fan_in, cut at two deviations before the cut, as Keras does it."""

from parity.fresh.initialiser import Initialiser, Site, a_matrix, scaled
from parity.fresh.law import Law, truncated


def _law(site: Site) -> Law | None:
    return truncated(scaled(2.0, site.fans[0])) if a_matrix(site) else None


INITIALISER = Initialiser(
    name="he_normal",
    law=_law,
    keras="keras.initializers.HeNormal()",
    said="HeNormal",
)
