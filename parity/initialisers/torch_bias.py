"""Uniform within ±1 / √fan_in of the layer's kernel: PyTorch's own for the biases of Linear and Conv."""

from parity.fresh.initialiser import Initialiser, Site, scaled
from parity.fresh.law import Law, uniform


def _law(site: Site) -> Law | None:
    beside = len(site.shape) == 1 and len(site.kernel) > 1
    return uniform(scaled(1.0, site.kernel_fans[0])) if beside else None


INITIALISER = Initialiser(
    name="torch_bias",
    law=_law,
    defaults=("Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
)
