"""Other sizes of the axes that a model leaves free: one at which all are odd, one at which all are even.

A window that is padded to keep its size is padded alike at odd sizes and one-sidedly at even ones, a pool drops
a row or adds one, a skip is cropped or not: a port may be right at one parity of its sizes and wrong at the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from parity.axes import Shape
from parity.case import Input
from parity.nouns import Array, Probe

PARITIES = {"odd": 1, "even": 0}
LEAST = 2
"""No axis is made shorter than this: one of a single element shows no order and no window."""


def resized(probe: Probe, name: str, inputs: Sequence[Input]) -> Probe | None:
    """The batch at the sizes of `odd` or `even`, its numbers cut off or begun anew; None where no axis is free."""
    chosen = sizes(inputs, name)
    arrays = dict(probe.arrays)
    for each in inputs:
        for axis, size in zip(each.axes, each.shape, strict=True):
            if axis in each.free:
                arrays[each.name] = _lasting(arrays[each.name], chosen[axis, size], 1 + each.axes.index(axis))
    return replace(probe, name=name, arrays=arrays) if chosen else None


def sizes(inputs: Sequence[Input], name: str) -> dict[tuple[str, int], int]:
    """The sizes of the probe `odd` or `even`, by the name and the declared size of each free axis.

    They are the nearest ones, by turns larger and smaller, and no two the same, so that exchanged axes show. Axes
    of one name and one size belong together: an image and its mask, two sequences that are added.
    """
    free = [pair for each in inputs for pair in zip(each.axes, each.shape, strict=True) if pair[0] in each.free]
    found: dict[tuple[str, int], int] = {}
    for axis, size in dict.fromkeys(free):
        smaller, larger = range(size - 1, LEAST - 1, -1), itertools.count(size + 1)
        first = (len(found) + PARITIES[name]) % 2 == 1
        ways = itertools.chain(() if first else smaller, larger)
        found[axis, size] = next(each for each in ways if each % 2 == PARITIES[name] and each not in found.values())
    return found


def _lasting(array: Array, size: int, position: int) -> Array:
    """As many elements along this axis, the first ones again where there are too few."""
    found: Array = array.take(np.arange(size) % array.shape[position], axis=position)
    return found


def sizes_of(probe: Probe) -> list[Shape]:
    """The shape of one sample of each input."""
    return [array.shape[1:] for array in probe.arrays.values()]
