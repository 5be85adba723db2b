"""Zero everywhere."""

from parity.fresh.initialiser import Initialiser, Site
from parity.fresh.law import Law, constant


def _law(site: Site) -> Law | None:
    return constant(0.0)


INITIALISER = Initialiser(
    name="zeros",
    law=_law,
    keras="keras.initializers.Zeros()",
    torch="nn.init.zeros_({array})",
    said="Zeros",
)
