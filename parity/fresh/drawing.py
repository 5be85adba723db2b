"""Many fresh builds of one side -> what was drawn for each array: a sample, moments, and what never moves.

This runs beside the framework, in the process of its side. Of each array a few positions are kept in each build,
the same on both sides; what is kept does not grow with the arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from parity.axes import Shape
from parity.nouns import Array, Weights

POSITIONS = 512
"""How many elements of each block of an array are kept of each build."""
_VECTORS = 64
"""How many rows of a matrix are held against each other: if any orthonormal matrix has made them, all these are."""
_ORTHOGONAL = 1e-4
"""How far the products of unit vectors may lie from 0 and 1 and be called rounding of a QR in float32."""
_SLAB = 1 << 20
"""How many elements are widened at once."""
_PLAIN = 8
"""So many values or fewer may be a pattern that somebody wrote: if each is plain, or stands there often."""


@dataclass(frozen=True)
class Wanted:
    """One array to be seen: the sum of the arrays at these layers and roles, in canonical axes.

    `gates` is the place of the axis of gates, along which the array falls into blocks that are seen apart.
    """

    terms: tuple[tuple[str, str], ...]
    shape: Shape
    gates: int | None = None

    @property
    def blocks(self) -> int:
        return 1 if self.gates is None else self.shape[self.gates]

    def apart(self) -> list[Wanted]:
        """Each term by itself."""
        return [replace(self, terms=(term,)) for term in self.terms]


@dataclass(frozen=True)
class Drawn:
    """What builds under so many seeds drew for one array.

    `sample` holds builds × blocks × positions. Of each build and block, `mean` and `square` (the mean of the squares),
    `low` and `high` are those of all elements that another seed moved. `still` marks the elements, flat, that no
    seed moved, None where all were moved; `held` is what stands in them. `orthogonal` tells where rows or columns
    are orthonormal: "whole" for the array as one matrix, "gates" for that of each gate, else nothing; with `gain`.
    `gates` is the axis along which the array falls into its blocks.
    """

    shape: Shape
    sample: Array
    mean: Array
    square: Array
    low: Array
    high: Array
    still: Array | None = None
    held: Array | None = None
    orthogonal: str = ""
    gain: float = 0.0
    gates: int | None = None

    @property
    def fixed(self) -> bool:
        """Whether every seed gives the same array."""
        return self.still is not None and bool(self.still.all())

    @property
    def blocks(self) -> int:
        return int(self.sample.shape[1])

    @property
    def finite(self) -> bool:
        """Whether no build drew NaN or infinity."""
        return bool(np.isfinite([self.low, self.high, self.square]).all())

    @property
    def patterned(self) -> bool:
        """Whether what stands still is zeros, ones, an identity: not numbers that were once drawn."""
        if self.held is None:
            return False
        few = np.unique(self.held[: 1 << 20])
        plain = all(np.float32(f"{value:.4g}") == np.float32(value) for value in few[: _PLAIN + 1])
        return len(few) <= _PLAIN and (plain or 4 * len(few) <= self.held.size)

    def block(self, number: int) -> Drawn:
        """One block by itself."""
        if self.gates is None:
            return self
        still = held = None
        if self.still is not None and self.held is not None:
            values = np.zeros(self.still.shape, self.held.dtype)
            values[self.still] = self.held
            mask, values = (
                np.moveaxis(each.reshape(self.shape), self.gates, 0)[number].ravel() for each in (self.still, values)
            )
            still, held = (mask, values[mask]) if mask.any() else (None, None)
        pick = slice(number, number + 1)
        return replace(
            self,
            shape=self.shape[: self.gates] + self.shape[self.gates + 1 :],
            sample=self.sample[:, pick],
            mean=self.mean[:, pick],
            square=self.square[:, pick],
            low=self.low[:, pick],
            high=self.high[:, pick],
            still=still,
            held=held,
            gates=None,
        )


def positions(shape: Shape, blocks: int) -> Array:
    """The flat places within a block that are kept, the same for every array of this shape."""
    size = int(np.prod(shape, dtype=np.int64)) // blocks
    if size <= POSITIONS:
        return np.arange(size)
    return np.sort(np.random.default_rng(size).choice(size, POSITIONS, replace=False, shuffle=False))


class Drawer:
    """Sees one build after the other. `base` are the arrays of a build before them, which are not changed."""

    def __init__(self, wanted: Sequence[Wanted], base: Weights) -> None:
        self._seen = [_Array(each, summed(each, base)) for each in wanted]

    def see(self, weights: Weights) -> None:
        """One more build."""
        for each in self._seen:
            each.see(summed(each.wanted, weights))

    def drawn(self) -> list[Drawn]:
        """What all that were seen came to, in the order of what was wanted."""
        return [each.drawn() for each in self._seen]


def summed(wanted: Wanted, weights: Weights) -> Array:
    """The array itself: canonical, one term as it is, several added."""
    arrays = [np.asarray(weights[layer][role]) for layer, role in wanted.terms]
    array = arrays[0] if len(arrays) == 1 else np.sum(arrays, axis=0)
    return array.reshape(wanted.shape)


class _Array:
    def __init__(self, wanted: Wanted, base: Array) -> None:
        self.wanted, self.base = wanted, base
        self.places = positions(wanted.shape, wanted.blocks)
        self.rows: list[tuple[Any, ...]] = []
        self.still: Array | None = np.ones(wanted.shape, np.bool_)
        self.matrix: tuple[str, float] | None = None

    def see(self, array: Array) -> None:
        if self.still is not None:
            self.still &= array == self.base
            if not self.still.any():
                self.still = None
        blocks = self._blocks(array)
        moving = None if self.still is None or self.still.all() else ~self._blocks(self.still)
        sample = blocks[:, self.places].astype(np.float32)
        moments = [_moments(block if moving is None else block[moving[at]]) for at, block in enumerate(blocks)]
        self.rows.append((sample, *np.array(moments, np.float64).reshape(len(blocks), 4).T))
        if len(self.rows) <= 2:
            found = orthogonal(array, self.wanted.gates)
            same = self.matrix is None or self.matrix[0] == found[0]
            self.matrix = found if same else ("", 0.0)

    def drawn(self) -> Drawn:
        still = None if self.still is None else self.still.ravel()
        sample, mean, square, low, high = (np.array(each) for each in zip(*self.rows, strict=True))
        matrix, gain = self.matrix or ("", 0.0)
        held = None if still is None else np.array(self.base.ravel()[still])
        fixed = still is not None and bool(still.all())
        if fixed:
            matrix, gain = "", 0.0
        return Drawn(self.wanted.shape, sample, mean, square, low, high, still, held, matrix, gain, self.wanted.gates)

    def _blocks(self, array: Array) -> Array:
        gates = self.wanted.gates
        return array.reshape(1, -1) if gates is None else np.moveaxis(array, gates, 0).reshape(array.shape[gates], -1)


def _moments(numbers: Array) -> tuple[float, float, float, float]:
    """Mean, mean of the squares, and both ends; a part at a time, so that no large array is copied."""
    flat = numbers.reshape(-1)
    if not flat.size:
        return 0.0, 0.0, 0.0, 0.0
    total = square = 0.0
    for start in range(0, flat.size, _SLAB):
        slab = flat[start : start + _SLAB].astype(np.float64)
        with np.errstate(invalid="ignore"):
            total += float(slab.sum())
            square += float(slab @ slab)
    return total / flat.size, square / flat.size, float(flat.min()), float(flat.max())


def orthogonal(array: Array, gates: int | None = None) -> tuple[str, float]:
    """Whether the array as one matrix, by any of the ways to make one, has orthonormal rows or columns; and its gain.

    Of an array with gates, the matrix of each gate is asked first: orthogonal ones side by side are one again, of
    another gain. So are several ways to make one matrix of many axes: the one with the most vectors says most.
    """
    if array.ndim < 2:
        return "", 0.0
    if gates is not None and array.ndim > 2:
        gains = [_gain(each.reshape(len(each), -1))[1] for each in np.moveaxis(array, gates, 0)]
        if all(gains):
            return "gates", float(np.mean(gains))
    axes = {0, array.ndim - 1, array.ndim - 2}
    found = max(_gain(np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])) for axis in axes)
    return ("whole", found[1]) if found[0] else ("", 0.0)


def _gain(matrix: Array) -> tuple[int, float]:
    """How many rows, or columns, whichever are fewer, and their common length if all are orthogonal; else nothing."""
    vectors = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    if len(vectors) < 2:
        return 0, 0.0
    few = np.asarray(vectors[:_VECTORS], np.float64)
    products = few @ few.T
    square = float(np.diag(products).mean())
    if square == 0 or not np.isfinite(square):
        return 0, 0.0
    if np.abs(products / square - np.eye(len(few))).max() >= _ORTHOGONAL:
        return 0, 0.0
    return len(vectors), float(np.sqrt(square))


def joined(parts: Sequence[Drawn]) -> Drawn:
    """Several stretches of builds of the same array as one."""
    first = parts[0]
    masks = [each.still for each in parts if each.still is not None]
    still = np.all(masks, axis=0) if len(masks) == len(parts) else None
    still = still if still is not None and still.any() else None
    held = None
    if still is not None and first.held is not None and first.still is not None:
        held = first.held[still[first.still]]
    matrices = {each.orthogonal for each in parts}
    return replace(
        first,
        sample=np.concatenate([each.sample for each in parts]),
        mean=np.concatenate([each.mean for each in parts]),
        square=np.concatenate([each.square for each in parts]),
        low=np.concatenate([each.low for each in parts]),
        high=np.concatenate([each.high for each in parts]),
        still=still,
        held=held,
        orthogonal=first.orthogonal if len(matrices) == 1 else "",
    )
