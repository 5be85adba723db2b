"""Uniform within ±√(6 / (fan_in + fan_out)): Keras's own for kernels; Glorot and Bengio 2010."""

from parity.fresh.initialiser import Initialiser, Site, a_matrix, scaled
from parity.fresh.law import Law, uniform


def _law(site: Site) -> Law | None:
    return uniform(scaled(6.0, sum(site.fans))) if a_matrix(site) else None


INITIALISER = Initialiser(
    name="glorot_uniform",
    law=_law,
    keras="keras.initializers.GlorotUniform()",
    torch="nn.init.xavier_uniform_({array})",
    said="GlorotUniform",
    defaults=("MultiheadAttention",),
)
