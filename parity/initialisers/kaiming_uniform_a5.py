"""Uniform within ±1 / √fan_in: PyTorch's own for the weights of Linear and Conv (`kaiming_uniform_` with a = √5)."""

from parity.fresh.initialiser import Initialiser, Site, a_matrix, scaled
from parity.fresh.law import Law, uniform


def _law(site: Site) -> Law | None:
    return uniform(scaled(1.0, site.fans[0])) if a_matrix(site) else None


INITIALISER = Initialiser(
    name="kaiming_uniform_a5",
    law=_law,
    keras='keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")',
    torch="nn.init.kaiming_uniform_({array}, a=math.sqrt(5))",
    defaults=("Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
)
