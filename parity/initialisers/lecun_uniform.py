"""Uniform within ±√(3 / fan_in); LeCun and others 1998."""

from parity.fresh.initialiser import Initialiser, Site, a_matrix, scaled
from parity.fresh.law import Law, uniform


def _law(site: Site) -> Law | None:
    return uniform(scaled(3.0, site.fans[0])) if a_matrix(site) else None


INITIALISER = Initialiser(
    name="lecun_uniform",
    law=_law,
    keras="keras.initializers.LecunUniform()",
    torch='nn.init.kaiming_uniform_({array}, nonlinearity="linear")',
    said="LecunUniform",
)
