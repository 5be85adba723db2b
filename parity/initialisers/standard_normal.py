"""Normal of deviation 1, not truncated: PyTorch's own for Embedding."""

from parity.fresh.initialiser import Initialiser, Site
from parity.fresh.law import Law, normal


def _law(site: Site) -> Law | None:
    return normal(1.0)


INITIALISER = Initialiser(
    name="standard_normal",
    law=_law,
    keras="keras.initializers.RandomNormal(stddev=1.0)",
    torch="nn.init.normal_({array})",
    defaults=("Embedding",),
)
