"""One everywhere."""

from parity.fresh.initialiser import Initialiser, Site
from parity.fresh.law import Law, constant


def _law(site: Site) -> Law | None:
    return constant(1.0)


INITIALISER = Initialiser(
    name="ones",
    law=_law,
    keras="keras.initializers.Ones()",
    torch="nn.init.ones_({array})",
    said="Ones",
)
