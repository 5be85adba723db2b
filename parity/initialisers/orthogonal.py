"""A matrix whose rows or columns are orthonormal, times a gain: Keras's own for recurrent kernels.

Keras makes a matrix of an array by its last axis, PyTorch by its first; of the gates of a recurrent layer, which
stand side by side in one array, both then make one long matrix, and no gate by itself is orthogonal.
Saxe, McClelland and Ganguli 2013.
"""

import math

from parity.fresh.initialiser import Initialiser, Site, a_matrix
from parity.fresh.law import ORTHOGONAL, Law


def _law(site: Site) -> Law | None:
    if not a_matrix(site) or not (site.orthogonal or "gain" in site.config):
        return None
    kept = site.shape[0] if site.framework == "torch" else site.shape[-1]
    gain = float(site.config.get("gain", _round(site.orthogonal)))
    return Law(ORTHOGONAL, gain, longer=max(kept, math.prod(site.shape) // kept))


def _round(gain: float) -> float:
    """The gain without what QR rounds."""
    return float(f"{gain:.4g}")


INITIALISER = Initialiser(name="orthogonal", law=_law, said="Orthogonal")
