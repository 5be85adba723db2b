"""Named axes: which logical axis each dimension of an array is, and the one order both sides are brought to.

An `Axis` is a row of blocks laid one behind the other (a concatenation); a block is a tuple of atoms laid
one inside the other (a flatten), the first atom outermost. So behind `Flatten` of a channels-last map the
last axis is one block of three atoms, `(height width channel)`, and behind the same call on a
channels-first map it is `(channel height width)`: the same numbers, in another order, and `order` says in
which. Names are followed through what the code does, never through what is usual; where a reshape cuts
through the atoms they are lost and called `?`.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]
Atom = tuple[str, int]
Block = tuple[Atom, ...]

LOST = "?"
SPATIAL = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""What the spatial axes of a map are called, by their number."""

_RANKS = {name: rank for rank, name in enumerate(("batch", "time", "length", "depth", "height", "width"))}
_OTHER, _CHANNEL = 50, 99


@dataclass(frozen=True)
class Axis:
    """One dimension: blocks in a row, each a nest of named atoms."""

    blocks: tuple[Block, ...]

    @property
    def size(self) -> int:
        return sum(math.prod(size for _, size in block) for block in self.blocks)

    @property
    def lost(self) -> bool:
        return any(name == LOST for block in self.blocks for name, _ in block)

    def __str__(self) -> str:
        words = [" ".join(name for name, _ in block) or "1" for block in self.blocks]
        if len(words) > 1:
            return "[" + " | ".join(words) + "]"
        return f"({words[0]})" if len(self.blocks[0]) > 1 else words[0]


Axes = tuple[Axis, ...]


def axis(name: str, size: int) -> Axis:
    """One axis of one name."""
    return Axis((((name, size),),))


def named(words: str | Iterable[str], shape: Sequence[int]) -> Axes:
    """Name the dimensions of `shape` in order: `named("batch channel", (2, 5))`.

    Raises ValueError where there are not as many names as dimensions.
    """
    names = words.split() if isinstance(words, str) else list(words)
    if len(names) != len(shape):
        raise ValueError(
            f"axes {' '.join(names)!r} name {len(names)} dimensions, the shape {tuple(shape)} has {len(shape)}"
        )
    return tuple(axis(name, size) for name, size in zip(names, shape, strict=True))


def unknown(shape: Sequence[int]) -> Axes:
    """Axes of which nothing is known but the first, which is taken for the batch."""
    return named(["batch", *[LOST] * (len(shape) - 1)] if shape else [], shape)


def text(axes: Axes) -> str:
    """`batch (height width channel)`, for a person."""
    return " ".join(str(each) for each in axes)


def shape_of(axes: Axes) -> Shape:
    """The sizes of the axes."""
    return tuple(each.size for each in axes)


def resized(axes: Axes, shape: Sequence[int]) -> Axes:
    """The same axes at other sizes, as behind a pool, a pad or a slice.

    An axis keeps its name where it is simple or keeps its size; a composite that changes its size is lost.
    """
    if len(axes) != len(shape):
        return unknown(shape)
    return tuple(
        each if each.size == size else axis(_only_name(each) or LOST, size)
        for each, size in zip(axes, shape, strict=True)
    )


def permuted(axes: Axes, order: Sequence[int]) -> Axes:
    """The axes in the order of a transpose; negative numbers count from the end."""
    return tuple(axes[position] for position in order)


def reshaped(axes: Axes, shape: Sequence[int]) -> Axes:
    """The axes behind a reshape in row-major order.

    Dimensions are grouped where the products of old and new sizes meet. Inside a group the atoms are
    dealt out to the new dimensions; where a new dimension ends inside an atom, a single atom is cut into
    numbered parts (`channel` -> `channel.0 channel.1`), and anything else in the group is lost.
    """
    if shape_of(axes) == tuple(shape):
        return axes
    if 0 in shape or 0 in shape_of(axes):
        return unknown(shape)
    old = [each for each in axes if each.size != 1]
    new = [size for size in shape if size != 1]
    dealt: list[Axis] = []
    while new:
        group, sizes = [old.pop(0)], [new.pop(0)]
        while (have := math.prod(each.size for each in group)) != (want := math.prod(sizes)):
            if have < want:
                group.append(old.pop(0))
            else:
                sizes.append(new.pop(0))
        dealt += _deal(group, sizes)
    filled, units = iter(dealt), _units(axes, shape)
    return tuple(next(filled) if size != 1 else units[at] for at, size in enumerate(shape))


def _units(axes: Axes, shape: Sequence[int]) -> dict[int, Axis]:
    """The axes of one element behind a reshape, by position: those that stood between the same elements before.

    A batch of one may be merged with what stands behind it and cut off again: the first axis is the batch's.
    """
    before: dict[int, list[Axis]] = {}
    for at, each in enumerate(axes):
        if each.size == 1:
            before.setdefault(math.prod(each.size for each in axes[:at]), []).append(each)
    found: dict[int, Axis] = {}
    for at, size in enumerate(shape):
        if size == 1:
            waiting = before.get(math.prod(shape[:at]), [])
            found[at] = waiting.pop(0) if waiting else axis("batch", 1) if at == 0 else Axis(((),))
    return found


def concatenated(operands: Sequence[Axes], position: int) -> Axes:
    """The axes behind a concatenation along `position`: simple axes of one name grow, others stand in a row."""
    first = operands[0]
    position %= len(first)
    rows = [operand[position] for operand in operands]
    names = {_only_name(each) for each in rows}
    if len(names) == 1 and None not in names:
        joined = axis(names.pop() or LOST, sum(each.size for each in rows))
    else:
        joined = Axis(tuple(block for each in rows for block in each.blocks))
    return (*first[:position], joined, *first[position + 1 :])


def broadcast(operands: Sequence[Axes], shape: Sequence[int]) -> Axes:
    """The axes behind an elementwise call: those of the operand that already has the result's shape."""
    whole = [operand for operand in operands if shape_of(operand) == tuple(shape)]
    for operand in whole:
        if not any(each.lost for each in operand):
            return operand
    return whole[0] if whole else unknown(shape)


def order(each: Axis) -> NDArray[np.intp] | None:
    """The canonical order of an axis: `native[order]` is canonical. None where the two are the same."""
    ranks = [sorted(range(len(block)), key=lambda i: (*_rank(block[i][0]), i)) for block in each.blocks]
    if all(ranked == sorted(ranked) for ranked in ranks):
        return None  # as in nearly every axis, without an array
    rows, start = [], 0
    for block, ranked in zip(each.blocks, ranks, strict=True):
        sizes = [size for _, size in block]
        count = math.prod(sizes)
        places = np.arange(start, start + count)
        rows.append(places.reshape(sizes).transpose(ranked).ravel() if sizes else places)
        start += count
    indices = np.concatenate(rows)
    return None if np.array_equal(indices, np.arange(each.size)) else indices


def ranking(axes: Axes) -> tuple[int, ...]:
    """The order in which the dimensions stand canonically: batch, time, space, others, channel."""
    return tuple(sorted(range(len(axes)), key=lambda i: (*_axis_rank(axes[i]), i)))


def canonical(axes: Axes) -> Axes:
    """The axes of the array that `to_canonical` returns."""
    return tuple(
        Axis(tuple(tuple(sorted(block, key=lambda atom: _rank(atom[0]))) for block in axes[i].blocks))
        for i in ranking(axes)
    )


def to_canonical(array: NDArray[Any], axes: Axes) -> NDArray[Any]:
    """Bring an array with these axes to the canonical order (a view where that is possible)."""
    for position, each in enumerate(axes):
        if (indices := order(each)) is not None:
            array = np.take(array, indices, axis=position)
    return array.transpose(ranking(axes))


def from_canonical(array: NDArray[Any], axes: Axes) -> NDArray[Any]:
    """The inverse of `to_canonical`: `axes` are those of the array that is returned."""
    array = array.transpose(np.argsort(ranking(axes)))
    for position, each in enumerate(axes):
        if (indices := order(each)) is not None:
            array = np.take(array, np.argsort(indices), axis=position)
    return array


def regroups(one: Shape, other: Shape) -> bool:
    """Whether one shape merges neighbouring axes of the other (axes of one element count for nothing).

    So `(batch, time, heads, width)` regroups to `(batch, time, channel)`: the same numbers in the same order.
    """
    ends = [set(itertools.accumulate((size for size in shape if size != 1), operator.mul)) for shape in (one, other)]
    return math.prod(one) == math.prod(other) and (ends[0] <= ends[1] or ends[1] <= ends[0])


def _only_name(each: Axis) -> str | None:
    simple = len(each.blocks) == 1 and len(each.blocks[0]) == 1
    return each.blocks[0][0][0] if simple else None


def _deal(group: Sequence[Axis], sizes: Sequence[int]) -> list[Axis]:
    if len(group) == len(sizes) == 1:
        return [group[0]]
    if any(len(each.blocks) > 1 for each in group):
        return [axis(LOST, size) for size in sizes]
    atoms = [atom for each in group for atom in each.blocks[0] if atom[1] != 1]
    if len(atoms) == 1 and atoms[0][0] != LOST:
        return [axis(f"{atoms[0][0]}.{part}", size) for part, size in enumerate(sizes)]
    dealt: list[Axis] = []
    for size in sizes:
        block: list[Atom] = []
        while math.prod(each for _, each in block) < size and atoms:
            block.append(atoms.pop(0))
        if math.prod(each for _, each in block) != size:
            return [axis(LOST, each) for each in sizes]
        dealt.append(Axis((tuple(block),)))
    return dealt


def _rank(name: str) -> tuple[int, str]:
    base = name.split(".")[0]
    if base == "channel":
        return _CHANNEL, ""
    # Names of the user's own are sorted by name, so that both sides agree whatever order each keeps them in.
    return (_RANKS[base], "") if base in _RANKS else (_OTHER, "" if base == LOST else base)


def _axis_rank(each: Axis) -> tuple[int, str]:
    # Parts of one axis (`channel.0`, `channel.1`) stand in the order of their numbers, wherever a side moved them.
    ranks = [(_rank(name)[0], "" if name == LOST else name) for block in each.blocks for name, _ in block]
    return max(ranks, default=(_OTHER, ""))
