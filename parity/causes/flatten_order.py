"""A dense layer behind a flatten whose inputs stand in the other framework's order.

What it is: Keras flattens a map row by row with the channels innermost, (height width channel); PyTorch has the
channels outermost, (channel height width). The same weights, copied or only transposed, meet other inputs.
How it shows: no shape or count differs. All convolutions agree and the first dense layer is off by as much as its
outputs are large; behind a pool to one pixel nothing shows.
How to mend: reorder the kernel's inputs once, in the port script; or permute the map before it is flattened.
Example: `fc1.weight.copy_(dense_1.kernel.T)` behind `torch.flatten(x, 1)` of a map of 7×9 pixels.
Source: the row-major order of both frameworks' flatten; gzuidhof/nn-transfer#16.
"""

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from parity.axes import Axis, Block, order
from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import atoms, held
from parity.nouns import Array
from parity.own_weights import alike

_FEW = 16


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    here = atoms(evidence, 1)
    if role != "kernel" or not here:
        return
    wanted, own = evidence.apart[role]
    there = atoms(evidence, 0)
    known = set(there) == set(here)  # the reference's own order is the one that a plain copy leaves
    ways = sorted(permutations(here), key=lambda way: not known or way != there)
    into = _canonical(here)
    for way in ways:
        rows = np.argsort(_canonical(way))[into]
        some = np.linspace(0, len(rows) - 1, _FEW).astype(np.intp)
        if way != here and alike(own[some], wanted[rows[some]]) and alike(own, wanted[rows]):
            orders = _told(here), _told(way)
            yield Guise(
                f"the reference's with its inputs in the order ({orders[1]}), where the flatten here gives "
                f"({orders[0]})",
                orders,
                _mend(evidence, there, here) if known else "",
            )


def _canonical(block: Block) -> Array:
    indices = order(Axis((block,)))
    return np.arange(Axis((block,)).size) if indices is None else indices


def _told(block: Block) -> str:
    return " ".join(name for name, _ in block)


def _mend(evidence: Evidence, there: Block, here: Block) -> str:
    first = [each.framework == "torch" for each in evidence.network.outlines]  # the outputs stand first in PyTorch
    outputs = ("output", -1)
    axes = [
        [outputs, *block] if leads else [*block, outputs] for block, leads in zip((there, here), first, strict=True)
    ]
    turn = ", ".join(str(axes[0].index(each)) for each in axes[1])
    sizes = ", ".join(str(size) for _, size in axes[0])
    shape = f"-1, {Axis((here,)).size}" if first[1] else f"{Axis((here,)).size}, -1"
    names = held(evidence.candidate, "kernel"), held(evidence.reference, "kernel")
    return f"{names[0]} = {names[1]}.reshape({sizes}).transpose({turn}).reshape({shape})"


CAUSE = of_arrays(_guises, 1)
