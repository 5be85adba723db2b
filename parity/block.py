"""One block of a pair of arrays -> numbers: the arithmetic that `extent` does block by block.

Every array here is of one axis, in one piece and small, so temporaries of its size are fine off the main road;
on it, room to work in is handed over, since fresh memory costs as much as a pass.
"""

from __future__ import annotations

import numpy as np

from parity.nouns import Array

RUN = 2**13
"""Elements of one dot product: from 10 000 on, OpenBLAS would start threads of its own below ours."""


def in_one_piece(box: Array, room: Array | None) -> Array:
    """The elements in C order, in one piece; copied only if there is room for it because they are not."""
    if room is None:
        return box.reshape(-1)
    np.copyto(room[: box.size].reshape(box.shape), box)
    return room[: box.size]


def widened(flat: Array, room: Array) -> Array:
    """The elements in the dtype of `room`, copied into it unless they are of that dtype already."""
    if flat.dtype == room.dtype:
        return flat
    np.copyto(room[: flat.size], flat, casting="unsafe")  # long double and what NumPy does not know itself
    return room[: flat.size]


def by_lane(flat: Array, lanes: int, extreme: np.ufunc = np.maximum) -> Array:
    """The largest (or smallest) of every `lanes`-th element, lane by lane; of fewer elements, each by itself."""
    folded = flat.size // lanes * lanes
    if not folded:
        return flat
    found: Array = extreme.reduce(flat[:folded].reshape(-1, lanes), axis=0)
    if folded < flat.size:
        rest = found[: flat.size - folded]
        extreme(rest, flat[folded:], out=rest)
    return found


def magnitudes(flat: Array, lanes: int, finite: bool) -> Array:
    """The largest finite magnitude of each lane; from both ends of the numbers, which needs no room."""
    if finite and flat.dtype.kind == "f":
        return np.maximum(by_lane(flat, lanes), -by_lane(flat, lanes, np.minimum))
    sizes = np.abs(flat)
    np.copyto(sizes, 0.0, where=~np.isfinite(flat))
    return by_lane(sizes, lanes)


def dot(one: Array, other: Array) -> float:
    """The dot product of float64 numbers, summed run by run."""
    folded = one.size // RUN * RUN
    rest = float(np.dot(one[folded:], other[folded:])) if folded < one.size else 0.0
    if not folded:
        return rest
    runs = np.matmul(one[:folded].reshape(-1, 1, RUN), other[:folded].reshape(-1, RUN, 1))
    return float(np.add.reduce(runs, axis=None)) + rest


def flips(one: Array, other: Array) -> int:
    """Pairs of strictly opposite sign."""
    return int(np.count_nonzero(((one < 0) & (other > 0)) | ((one > 0) & (other < 0))))


def whole_distance(one: Array, other: Array) -> Array:
    """The exact distance of integers, rounded once to float64: a difference of one stays one, past 2^53 as well."""
    if np.uint64 not in (one.dtype, other.dtype):
        return _modular(one.astype(np.int64, copy=False), other.astype(np.int64, copy=False)).astype(np.float64)
    near = _modular(one.astype(np.uint64, copy=False), other.astype(np.uint64, copy=False)).astype(np.float64)
    if "i" not in one.dtype.kind + other.dtype.kind:
        return near
    signed, unsigned = (one, other) if one.dtype.kind == "i" else (other, one)
    far: Array = np.where(signed < 0, unsigned.astype(np.float64) - signed.astype(np.float64), near)
    return far


def _modular(one: Array, other: Array) -> Array:
    """|one - other| as uint64, for two of int64 or two of uint64: below 2^64, and so exact modulo 2^64."""
    gap: Array = np.maximum(one, other).view(np.uint64) - np.minimum(one, other).view(np.uint64)
    return gap


def ulps(one: Array, other: Array, bits: int) -> Array:
    """How many pairs lie 0, 1, 2 to 3, 4 to 7, ... representable numbers apart, a first cache's worth at a time."""
    counts = np.zeros(bits + 1, np.int64)
    for start in range(0, one.size, RUN):
        pair = one[start : start + RUN], other[start : start + RUN]
        numbers = ~(np.isnan(pair[0]) | np.isnan(pair[1]))
        if not numbers.all():
            pair = pair[0][numbers], pair[1][numbers]
        counts += np.bincount(_bit_length(_modular(*(_in_order(flat, bits) for flat in pair))), minlength=bits + 1)
    return counts


def _in_order(flat: Array, bits: int) -> Array:
    """The numbers' places among all of their format, counted from either zero, as int64.

    IEEE 754 orders its bits like those of whole numbers with a sign and a magnitude; xor with the sign, -1 or 0,
    and subtraction of it make that a two's complement.
    """
    places = flat.view(f"i{bits // 8}")
    sign = places >> (bits - 1)
    ordered: Array = ((places & (2 ** (bits - 1) - 1)) ^ sign) - sign
    return ordered.astype(np.int64, copy=False)


def _bit_length(numbers: Array) -> Array:
    """Of uint64; read from float64's exponent, with the bit behind the first cleared so that none is rounded up."""
    lengths: Array = ((numbers & ~(numbers >> np.uint64(1))).astype(np.float64).view(np.int64) >> 52) - 1022
    return np.maximum(lengths, 0, out=lengths)
