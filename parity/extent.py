"""Two arrays -> Extent: how far they lie apart, in every measure, in one pass and without a full-size temporary.

The arrays are walked in blocks that fit the cache the cores share, by as many threads as there are cores (NumPy
lets go of the interpreter's lock while it computes). A block is copied only where it does not lie in one piece, so
memory maps are read as they stand on the disk. The working memory depends on the number of threads (up to
WORKERS, at most 14 MiB each) and not on the size of the arrays; the answer's two numbers a channel come on top.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity import block
from parity.nouns import Array

BLOCK = 2**18
"""Float64 numbers of a block: two mebibytes. What Python does between NumPy's calls takes some 40 µs a block, in
which the other threads may have to wait; in blocks for a core's own cache that would be half of the time."""
UNIT = 4
"""Blocks that a thread takes at a time: a million elements, about two milliseconds."""
WORKERS = 4
"""More threads than this wait for the same memory."""
SMALL = 2.0**-900
"""Squared norms between this and its inverse lose nothing at the ends of float64's range."""
LANES = 2**10
"""Numbers side by side in a maximum by channel: NumPy compares long rows at full speed, rows of three do crawl."""
CHANNEL_BYTES = 2**24
"""What the threads' own maxima by channel may take together; arrays of very many channels get fewer threads."""


@dataclass(frozen=True, eq=False)
class Extent:
    """How far `other` lies from `one`, in the unit of their elements unless told otherwise.

    The distance of two elements is their absolute difference, by modulus for complex numbers; equal
    infinities are no distance apart, and NaN is infinitely far from everything. `max_abs` is the largest and
    `where` its first index (None for empty arrays), `mean_abs` the mean and `rms` the root mean square, which
    is infinite already where a square leaves float64. `cosine` is that of the angle between the two (its real
    part), None where a norm is zero or not finite. `scale` is the largest finite magnitude of `one`. `nan`
    and `inf` count the elements of `one` and of `other`. `above` counts the distances above the bound, None
    unless one was given.

    `distances` and `magnitudes` are float64 of shape (channels,): the largest distance and the largest finite
    magnitude of `one` in each channel, the last axis; an array of fewer than two axes is one channel.

    The extras are None unless asked for. `flips` counts the pairs of strictly opposite sign. `ulps` tells how
    many representable numbers lie between the two, for pairs of float32 or of float64 arrays: [0] counts the
    equal pairs, [k] those of 2^(k-1) <= ulps < 2^k. Infinity follows on the largest number, and pairs with a
    NaN are left out. `argmax_agreement` is the share of rows along the last axis whose first largest element
    has the same index in both; a row with a NaN agrees with none. It is None where there are no rows and,
    like `flips`, for complex numbers, which have no order.
    """

    max_abs: float
    where: tuple[int, ...] | None
    mean_abs: float
    rms: float
    cosine: float | None
    scale: float
    nan: tuple[int, int]
    inf: tuple[int, int]
    above: int | None
    distances: Array
    magnitudes: Array
    flips: int | None = None
    ulps: tuple[int, ...] | None = None
    argmax_agreement: float | None = None


def measure(one: Array, other: Array, *, bound: float | None = None, extras: bool = False) -> Extent:
    """All that is to be said about the distance of two arrays of one shape, of any numeric dtype and layout.

    Real numbers are subtracted and summed in float64; integers are subtracted exactly, also past 2^53, where
    float64 cannot tell them apart. `bound` is the distance above which elements are counted. `extras` adds
    the sign flips, the ULP histogram and the agreement of the arg-max: no verdict needs them, and they cost several
    times as much as all the rest.
    No result depends on the number of threads. Raises ValueError for arrays of different shapes.
    """
    walk = _Walk(one, other, bound=bound, extras=extras)
    found = walk.done()
    apart, squares, products, ones, others = (found.total(each) for each in range(5))
    norms = math.sqrt(ones) * math.sqrt(others)
    return Extent(
        max_abs=max(found.best, 0.0),
        where=tuple(int(i) for i in np.unravel_index(found.at, one.shape)) if one.size else None,
        mean_abs=apart / one.size if one.size else 0.0,
        rms=math.sqrt(squares / one.size) if one.size else 0.0,
        cosine=products / norms if norms and math.isfinite(norms) else None,
        scale=float(np.max(found.magnitudes, initial=0.0)),
        nan=(int(found.nan[0]), int(found.nan[1])),
        inf=(int(found.inf[0]), int(found.inf[1])),
        above=None if bound is None else found.above,
        distances=found.distances,
        magnitudes=found.magnitudes,
        flips=found.flips if walk.ordered else None,
        ulps=tuple(int(count) for count in found.ulps) if found.ulps.size else None,
        argmax_agreement=found.agreement(walk.row, one.size) if walk.ordered else None,
    )


def distances(one: Array, other: Array) -> Array:
    """The largest distance in each channel and nothing else, as `Extent.distances`, at about half the cost.

    Raises ValueError for arrays of different shapes.
    """
    return _Walk(one, other, alone=True).done().distances


def census(array: Array) -> tuple[int, int]:
    """How many elements are NaN and how many are infinite; a complex number is what one of its parts is."""
    if array.dtype.kind in "biu":
        return 0, 0
    found = np.zeros(2, np.int64)
    whole = _at_least_two_axes(np.asarray(array))
    blocks = _Blocks(whole.shape, BLOCK)
    for number in range(len(blocks)):
        box = whole[blocks.box(number)[1]]
        found += [np.count_nonzero(np.isnan(box)), np.count_nonzero(np.isinf(box))]
    return int(found[0]), int(found[1])


_Top = tuple[int, Any]
"""The index of a row's first largest element, and its value."""


class _Blocks:
    """A shape of at least two axes, cut into boxes that follow each other in C order, the last axes whole."""

    def __init__(self, shape: tuple[int, ...], size: int) -> None:
        self.shape = shape
        self.axis = next(axis for axis in range(len(shape)) if math.prod(shape[axis + 1 :]) <= size)
        self.inner = math.prod(shape[self.axis + 1 :])
        self.step = size // max(self.inner, 1)
        self.pieces = -(-shape[self.axis] // self.step)

    def __len__(self) -> int:
        return math.prod(self.shape[: self.axis]) * self.pieces if math.prod(self.shape) else 0

    def box(self, number: int) -> tuple[int, tuple[int | slice, ...]]:
        """The flat index of a box's first element, and the index that cuts the box out."""
        outer, piece = divmod(number, self.pieces)
        first = piece * self.step
        place = np.unravel_index(outer, self.shape[: self.axis]) if self.axis else ()
        start = (outer * self.shape[self.axis] + first) * self.inner
        return start, (*(int(i) for i in place), slice(first, first + self.step))


@dataclass
class _Tally:
    """What a thread has found so far. `sums` has a row for each unit: apart, squares, products, ones, others.

    Distances and magnitudes have a number for each lane; a channel has several lanes if there are few channels.
    """

    distances: Array
    magnitudes: Array
    ulps: Array
    best: float = -1.0
    at: int = 0
    nan: Array = field(default_factory=lambda: np.zeros(2, np.int64))
    inf: Array = field(default_factory=lambda: np.zeros(2, np.int64))
    flips: int = 0
    above: int = 0
    agreeing: int = 0
    sums: list[list[float]] = field(default_factory=list)
    pieces: list[tuple[int, tuple[_Top, _Top]]] = field(default_factory=list)

    def add(self, other: _Tally) -> None:
        """Take in what another thread has found."""
        for mine, its in ((self.distances, other.distances), (self.magnitudes, other.magnitudes)):
            np.maximum(mine, its, out=mine)
        for mine, its in ((self.ulps, other.ulps), (self.nan, other.nan), (self.inf, other.inf)):
            mine += its
        if (other.best, -other.at) > (self.best, -self.at):  # the first of several largest
            self.best, self.at = other.best, other.at
        self.flips += other.flips
        self.above += other.above
        self.agreeing += other.agreeing
        self.sums += other.sums
        self.pieces += other.pieces

    def total(self, number: int) -> float:
        """One of the sums over all units. It is exact, and so does not depend on who added what."""
        parts = [unit[number] for unit in self.sums]
        total = sum(parts)
        return math.fsum(parts) if math.isfinite(total) else total

    def agreement(self, row: int, size: int) -> float | None:
        """The share of rows that agree; those longer than a block are put together from their pieces."""
        tops: dict[int, tuple[_Top, _Top]] = {}
        for start, found in sorted(self.pieces, key=lambda piece: piece[0]):
            before = tops.get(start // row, found)
            tops[start // row] = (_larger(before[0], found[0]), _larger(before[1], found[1]))
        whole = sum(one[0] == other[0] and one[1] == one[1] and other[1] == other[1] for one, other in tops.values())
        return (self.agreeing + whole) * row / size if size else None


class _Walk:
    """One pass over a pair of arrays: what is asked for, and the threads that do it."""

    def __init__(
        self, one: Array, other: Array, *, bound: float | None = None, extras: bool = False, alone: bool = False
    ) -> None:
        if one.shape != other.shape:
            raise ValueError(f"arrays of shapes {one.shape} and {other.shape} cannot be subtracted: they must be equal")
        self.arrays = tuple(_at_least_two_axes(np.asarray(array)) for array in (one, other))
        if one.size and all(map(_plain, self.arrays)):  # as one long table, whose blocks are all of one size
            self.arrays = tuple(array.reshape(-1, array.shape[-1]) for array in self.arrays)
        self.row = one.shape[-1] if one.ndim else 1
        self.bound, self.extras, self.alone = bound, extras, alone
        self.channels = self.arrays[0].shape[-1]
        # NumPy takes the maximum of one channel as fast as it lies, and there is nothing to take where there is none.
        self.lanes = self.channels * max(1, LANES // self.channels) if self.channels > 1 else self.channels
        kinds = one.dtype.kind + other.dtype.kind
        self.ordered = extras and "c" not in kinds
        self.wide = np.dtype(np.complex128 if "c" in kinds else np.float64)
        self.room = BLOCK * 8 // self.wide.itemsize
        self.blocks = _Blocks(self.arrays[0].shape, self.room)
        same = _native(one) if _native(one) == _native(other) else None
        self.single = same == np.float32
        self.bits = 32 if self.single else 64 if same == np.float64 else 0
        widest = max(one.dtype.itemsize, other.dtype.itemsize)
        self.whole = all(kind in "biu" for kind in kinds) and widest == 8

    def done(self) -> _Tally:
        """Walk over all blocks and put together what the threads have found."""
        units = -(-len(self.blocks) // UNIT)
        width = 2 * self.lanes * np.dtype(np.float64).itemsize
        workers = max(1, min(units, _cores(), WORKERS, CHANNEL_BYTES // max(width, 1)))
        left = iter(range(units))  # whose `next` is one step under the interpreter's lock
        if workers == 1:
            tally = self._work(left)
        else:
            with ThreadPoolExecutor(workers) as pool:
                tally, *rest = pool.map(self._work, [left] * workers)
            for each in rest:
                tally.add(each)
        tally.distances, tally.magnitudes = self._channels(tally.distances), self._channels(tally.magnitudes)
        return tally

    def _channels(self, lanes: Array) -> Array:
        """From lanes to channels. Adding zero makes of the minus zero, which nothing but zeros may have, a zero."""
        if self.lanes != self.channels:
            lanes = np.maximum.reduce(lanes.reshape(-1, self.channels), axis=0)
        lanes += 0.0
        return lanes

    def _work(self, left: Iterator[int]) -> _Tally:
        hand = _Hand(self)
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            for unit in left:
                hand.tally.sums.append([0.0] * 5)
                for number in range(unit * UNIT, min((unit + 1) * UNIT, len(self.blocks))):
                    hand.take(*self.blocks.box(number))
        return hand.tally


class _Hand:
    """One thread's room to work in, and its tally."""

    def __init__(self, walk: _Walk) -> None:
        size = min(walk.room, walk.arrays[0].size)
        self.walk = walk
        self.tally = _Tally(
            distances=np.zeros(walk.lanes),
            magnitudes=np.zeros(walk.lanes),
            ulps=np.zeros(walk.bits + 1 if walk.extras and walk.bits else 0, np.int64),
        )
        self.copies = [None if _plain(array) else np.empty(size, _native(array)) for array in walk.arrays]
        self.left, self.right = np.empty((2, size), walk.wide)

    def take(self, start: int, index: tuple[int | slice, ...]) -> None:
        """Measure one block: the box that `index` cuts out, whose first element has the flat index `start`."""
        walk, tally = self.walk, self.tally
        one, other = map(block.in_one_piece, (array[index] for array in walk.arrays), self.copies)
        raw = one, other
        first = start % walk.channels  # of the channels in the block; not the first only where a row is cut
        here = slice(first, first + min(walk.lanes, one.size))
        left, right = block.widened(one, self.left), block.widened(other, self.right)
        norms = () if walk.alone else self._add_products(left, right)
        apart = self._apart(raw, left, right)
        largest = block.by_lane(apart, walk.lanes)
        top = float(np.maximum.reduce(largest))
        finite = math.isfinite(top)  # and so is every element then: its distance would not be, if it were not
        if not finite:
            np.copyto(apart, 0.0, where=left == other.astype(walk.wide))
            np.copyto(apart, np.inf, where=np.isnan(apart))
            largest = block.by_lane(apart, walk.lanes)
            top = float(np.maximum.reduce(largest))
        np.maximum(tally.distances[here], largest, out=tally.distances[here])
        if walk.alone:
            return
        if top > tally.best:
            tally.best, tally.at = top, start + int(np.argmax(apart))
        if walk.bound is not None and not top <= walk.bound:
            tally.above += int(np.count_nonzero(apart > walk.bound))
        self._add_distances(apart, norms)
        if not finite:
            tally.nan += [np.count_nonzero(np.isnan(flat)) for flat in raw]
            tally.inf += [np.count_nonzero(np.isinf(flat)) for flat in raw]
        largest = block.magnitudes(one if walk.single else left, walk.lanes, finite)
        np.maximum(tally.magnitudes[here], largest, out=tally.magnitudes[here])
        if walk.extras:
            self._extras(start, raw)

    def _apart(self, raw: tuple[Array, Array], left: Array, right: Array) -> Array:
        """Elementwise distance in float64, not yet mended where it is not finite. `right` may be lost.

        Float32 pairs are subtracted in float64 too, where the difference of two of them is exact or all but:
        the sums need float64 anyway, and in float32 several would round to one maximum.
        """
        if self.walk.whole:
            return block.whole_distance(*raw)
        gap = np.subtract(left, right, out=self.right[: left.size])
        return np.abs(gap, out=gap if gap.dtype == np.float64 else None)

    def _add_products(self, left: Array, right: Array) -> tuple[float, float] | tuple[()]:
        """Add the squared norms and, unless it is cheaper had from the distances, the dot product of a block.

        Where the norms are alike, a.b = (|a|^2 + |b|^2 - |a - b|^2) / 2 is as exact as the dot product, since
        its error is a roundoff of |a|^2 + |b|^2 <= 4.25 |a| |b|, and saves a pass. Then they are returned.
        """
        unit = self.tally.sums[-1]
        left, right = left.view(np.float64), right.view(np.float64)  # Re(conj(a) b) is the dot of the parts
        one, other = block.dot(left, left), block.dot(right, right)
        unit[3] += one
        unit[4] += other
        if other / 16 <= one <= 16 * other and SMALL < one + other < 1 / SMALL:
            return one, other
        unit[2] += block.dot(left, right)
        return ()

    def _add_distances(self, apart: Array, norms: tuple[float, ...]) -> None:
        unit = self.tally.sums[-1]
        squares = block.dot(apart, apart)
        unit[0] += float(np.add.reduce(apart))
        unit[1] += squares
        if norms:
            unit[2] += (sum(norms) - squares) / 2

    def _extras(self, start: int, raw: tuple[Array, Array]) -> None:
        walk, tally = self.walk, self.tally
        if walk.bits:
            tally.ulps += block.ulps(raw[0], raw[1], walk.bits)
        if not walk.ordered:
            return
        tally.flips += block.flips(*raw)
        if raw[0].size % walk.row:
            tops = [(start % walk.row + int(at), flat[at].item()) for flat in raw for at in [np.argmax(flat)]]
            tally.pieces.append((start, (tops[0], tops[1])))
        else:
            one, other = (flat.reshape(-1, walk.row) for flat in raw)
            at = np.argmax(one, axis=1)[:, None]
            agree = at == np.argmax(other, axis=1)[:, None]
            for rows in (one, other):  # NumPy's arg-max is a NaN where there is one, and no NaN equals itself
                top = np.take_along_axis(rows, at, axis=1)
                agree &= top == top
            tally.agreeing += int(np.count_nonzero(agree))


def _larger(before: _Top, after: _Top) -> _Top:
    """Of two pieces of a row, the first that holds the largest element; a NaN counts as the largest, as in NumPy."""
    return after if before[1] == before[1] and not after[1] <= before[1] else before


def _at_least_two_axes(array: Array) -> Array:
    return array if array.ndim > 1 else array.reshape(-1, 1)


def _native(array: Array) -> np.dtype[Any]:
    return array.dtype.newbyteorder("=")


def _plain(array: Array) -> bool:
    return array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
