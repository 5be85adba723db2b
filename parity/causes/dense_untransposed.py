"""A square kernel that was not transposed.

What it is: Keras keeps a dense kernel as (input, output), PyTorch as (output, input). Where both are as long, the
one loads into the other without a word.
How it shows: no shape or count differs, and only the square layers are off, by as much as their outputs are large.
How to mend: `fc.weight.copy_(torch.from_numpy(kernel.T))`.
Example: `Dense(64)` behind 64 features, its kernel loaded as it is.
Source: the documented shapes of `keras.layers.Dense` and `torch.nn.Linear`.
"""

from collections.abc import Iterator

import numpy as np

from parity.axes import order
from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import atoms, carrying, read_axis
from parity.nouns import Array
from parity.own_weights import alike


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    wanted, own = evidence.apart[role]
    if wanted.ndim != 2 or wanted.shape[0] != wanted.shape[1]:
        return
    one, other = (_laid(array, evidence, role, side) for side, array in enumerate((wanted, own)))
    if alike(one.T, other):
        yield Guise("the reference's, not transposed", ("transposed", "as it is"), carrying(evidence, role))


def _laid(kernel: Array, evidence: Evidence, role: str, side: int) -> Array:
    """The kernel with its inputs as this side lays them out: behind a flatten that is not the canonical order."""
    axis = read_axis(evidence, side) if role == "kernel" and atoms(evidence, side) else None
    indices = None if axis is None else order(axis)
    return kernel if indices is None else kernel[np.argsort(indices)]


CAUSE = of_arrays(_guises, 1)
