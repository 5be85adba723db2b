"""A convolution's kernel with its axes in another order.

What it is: Keras keeps (height, width, input, output), PyTorch (output, input, height, width), and for a transposed
convolution (input, output, height, width). `.T` turns all four round and exchanges height and width; another tuple
exchanges input and output. A library of true convolution also turns the kernel over.
How it shows: no shape differs on square kernels and as many inputs as outputs. The layer is off by as much as its
outputs are large.
How to mend: `transpose(3, 2, 0, 1)` from Keras to PyTorch for convolutions and transposed ones, `(2, 1, 0)` in one
dimension, `(4, 3, 0, 1, 2)` in three; no flip.
Example: `conv.weight.copy_(torch.from_numpy(kernel.T))` of a kernel of 3×3.
Source: the documented shapes of both frameworks; tgyg-jegli/tf_texture_net#1.
"""

from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from parity.axes import SPATIAL
from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import carrying
from parity.own_weights import alike

_KINDS = ("conv", "conv_transpose")


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    wanted, own = evidence.apart[role]
    space = wanted.ndim - 2
    if role != "kernel" or evidence.candidate.kind not in _KINDS or space not in SPATIAL:
        return
    names = [*SPATIAL[space], "input", "output"]
    long = [axis for axis in range(space) if wanted.shape[axis] > 1]
    turns = [(), tuple(long), *((axis,) for axis in long)]
    found: set[object] = set()
    for way, turned in sorted(_ways(wanted.shape, turns), key=lambda each: (_moved(each[0]), len(each[1]))):
        view = np.flip(wanted, turned).transpose(way)
        which = tuple(axis for axis in way if wanted.shape[axis] > 1), frozenset(turned)
        if view.shape == own.shape and which not in found and alike(view, own):
            found.add(which)
            there = " ".join(names[axis] for axis in way)
            yield Guise(
                f"the reference's {_told(way, turned, names)}",
                (" ".join(names), f"{there}, flipped" if turned else there),
                carrying(evidence, role),
            )


def _ways(shape: tuple[int, ...], turns: list[tuple[int, ...]]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    for way in permutations(range(len(shape))):
        for turned in dict.fromkeys(turns):
            if turned or way != tuple(range(len(shape))):
                yield way, turned


def _moved(way: tuple[int, ...]) -> int:
    return sum(at != axis for at, axis in enumerate(way))


def _told(way: tuple[int, ...], turned: tuple[int, ...], names: list[str]) -> str:
    moved = [at for at, axis in enumerate(way) if at != axis]
    words = []
    pairs = [(a, b) for a, b in combinations(moved, 2) if way[a] == b and way[b] == a]
    if moved and len(moved) == 2 * len(pairs):
        words.append("with " + " and ".join(f"{names[a]} and {names[b]} exchanged" for a, b in pairs))
    elif moved:
        words.append(f"with its axes in the order ({' '.join(names[axis] for axis in way)})")
    if turned:
        words.append(f"turned over along {' and '.join(names[axis] for axis in turned)}")
    return ", ".join(words)


CAUSE = of_arrays(_guises, 1)
