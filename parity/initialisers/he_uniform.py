"""Uniform within ±√(6 / fan_in), for layers before a relu; He and others 2015."""

from parity.fresh.initialiser import Initialiser, Site, a_matrix, scaled
from parity.fresh.law import Law, uniform


def _law(site: Site) -> Law | None:
    return uniform(scaled(6.0, site.fans[0])) if a_matrix(site) else None


INITIALISER = Initialiser(
    name="he_uniform",
    law=_law,
    keras="keras.initializers.HeUniform()",
    torch="nn.init.kaiming_uniform_({array})",
    said="HeUniform",
)
