"""Normal of variance 1 / fan_in, cut at two deviations before the cut, as Keras does it."""

from parity.fresh.initialiser import Initialiser, Site, a_matrix, scaled
from parity.fresh.law import Law, truncated


def _law(site: Site) -> Law | None:
    return truncated(scaled(1.0, site.fans[0])) if a_matrix(site) else None


INITIALISER = Initialiser(
    name="lecun_normal",
    law=_law,
    keras="keras.initializers.LecunNormal()",
    said="LecunNormal",
)
