"""Pairs -> Differences: how far two sides lie apart, where, and how much of it is rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from parity.nouns import Array, Difference, Pair

NARROWER = 2.0 ** (24 - 53)
"""Unit roundoff of float64 as a share of that of float32 (IEEE 754: 2^-53 and 2^-24)."""
MARGIN = 2.0**7
"""How many times larger than predicted the rounding of one run may turn out: each run is one draw of many."""
LAST_PLACES = 2.0**-50
"""Eight units of float64's roundoff: what a step may add to the largest of its own numbers."""
ROUNDING_LIMIT = 2.0**-34
"""No rounding is granted past this share of the scale: so ill-conditioned a network shows nothing in float64."""
FLOAT32 = 2.0**-24
SHAKEN_MARGIN = 8.0
"""The same margin for a floor that is estimated from a few shaken runs instead of measured against float64."""


def compare(pair: Pair, rtol: float | None = None, atol: float | None = None) -> Difference:
    """Compare the two sides of one step.

    The floor is the larger distance of the two float32 runs from their own float64 runs. Rounding errors are
    proportional to the unit roundoff (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1),
    so what the same network leaves in float64 is predicted as the floor times 2^-29, and granted a margin.
    With `rtol` or `atol`, the float32 distance is allowed up to `atol + rtol * scale` instead. Arrays of
    different shapes, or without a partner, are not subtracted; integers and booleans must be equal.
    """
    reference, candidate = pair.values
    shapes = tuple(None if array is None else tuple(array.shape) for array in pair.values)
    plain = Difference(
        name=pair.name,
        reference_shape=shapes[0],
        candidate_shape=shapes[1],
        reference_nan=_count(np.isnan, reference),
        candidate_nan=_count(np.isnan, candidate),
        reference_inf=_count(np.isinf, reference),
        candidate_inf=_count(np.isinf, candidate),
    )
    if reference is None or candidate is None or shapes[0] != shapes[1] or reference.size == 0:
        return plain
    left, right = _wide(reference), _wide(candidate)
    apart = _apart(left, right)
    worst = np.unravel_index(int(np.argmax(apart)), apart.shape)
    scale = float(np.max(np.abs(left), where=np.isfinite(left), initial=0.0))
    max_abs = float(apart[worst])
    exact = reference.dtype.kind in "biu" and candidate.dtype.kind in "biu"
    if exact and max_abs == 0 and not np.array_equal(reference, candidate):
        max_abs = 1.0  # integers past 2^53 fall together as floats
    given = rtol is not None or atol is not None
    plain = replace(
        plain,
        scale=scale,
        max_abs=max_abs,
        mean_abs=float(np.mean(apart)),
        relative=max_abs / scale if scale else (0.0 if max_abs == 0 else float("inf")),
        cosine=_cosine(left, right),
        where=tuple(int(i) for i in worst),
        allowed=(0.0 if exact else (atol or 0.0) + (rtol or 0.0) * scale) if given else None,
    )
    if exact:
        return replace(plain, gap=max_abs, floor=0.0, rounding=0.0)
    return _against_the_floor(plain, pair, left)


def worst(differences: Sequence[Difference]) -> Difference:
    """Of the differences of one step on several probes, the one that says most against it."""
    return max(differences, key=lambda each: (not each.agrees, each.hidden, each.share or 0.0))


def _against_the_floor(plain: Difference, pair: Pair, values: Array) -> Difference:
    """Hold the gap against the floor channel by channel, so that a large channel does not excuse a small one.

    A channel's floor is at least its share of the whole array's, by scale, since a few numbers may round
    luckily, and at least the unit roundoff at its scale, below which float32 cannot tell anything.
    """
    scales = _by_channel(np.where(np.isfinite(values), np.abs(values), 0.0))
    floors = _floors(pair, scales)
    finite = floors[np.isfinite(floors)]
    share = np.max(finite, initial=0.0) / (np.max(scales, initial=0.0) or 1.0)
    floors = np.maximum(floors, max(share, FLOAT32) * scales)
    twins = pair.values if pair.twins is None else pair.twins
    gaps = _by_channel(_apart(_wide(twins[0]), _wide(twins[1])))  # type: ignore[arg-type]
    roundings = floors if pair.twins is None else MARGIN * NARROWER * floors + LAST_PLACES * scales
    channel = int(np.argmax(_shares(gaps, floors)))
    found = replace(
        plain,
        gap=float(gaps[channel]),
        floor=float(floors[channel]),
        rounding=float(min(roundings[channel], ROUNDING_LIMIT * scales[channel]))
        if pair.twins
        else float(floors[channel]),
        share=float(_shares(gaps, floors)[channel]),
    )
    if pair.isolated is None:
        return found
    made = _by_channel(_apart(_wide(twins[0]), _wide(pair.isolated)))  # type: ignore[arg-type]
    channel = int(np.argmax(_shares(made, floors)))
    return replace(found, isolated=float(made[channel]), isolated_share=float(_shares(made, floors)[channel]))


def _shares(amounts: Array, floors: Array) -> Array:
    """Amounts as multiples of the floor; nothing above no floor is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(amounts == 0, 0.0, np.where(np.isfinite(floors), amounts / floors, np.inf))


def _by_channel(array: Array) -> Array:
    """The largest value of each channel, the last canonical axis."""
    largest: Array = np.max(array.reshape(-1, array.shape[-1] if array.ndim > 1 else 1), axis=0, initial=0.0)
    return largest


def _floors(pair: Pair, scales: Array) -> Array:
    """How much of a float32 run is rounding, channel by channel."""
    reference, candidate = (_wide(array) for array in pair.values if array is not None)
    if pair.twins is not None:
        twins = [_wide(array) for array in pair.twins]
        return np.maximum(_by_channel(_apart(reference, twins[0])), _by_channel(_apart(candidate, twins[1])))
    moved = [
        np.maximum(_by_channel(_apart(reference, _wide(one))), _by_channel(_apart(candidate, _wide(other))))
        for one, other in pair.shaken
    ]
    return SHAKEN_MARGIN * np.max(moved, axis=0) if moved else SHAKEN_MARGIN * FLOAT32 * scales


def distance(one: Array, other: Array) -> float:
    """The largest absolute difference; infinite where one of them is NaN or they have different shapes."""
    if one.shape != other.shape:
        return float("inf")
    return float(np.max(_apart(_wide(one), _wide(other)), initial=0.0))


def _wide(array: Array) -> Array:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _apart(left: Array, right: Array) -> Array:
    """Elementwise distance; equal infinities are no distance apart, NaN is infinitely far from everything."""
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.where(left == right, 0.0, np.abs(left - right))
    return np.where(np.isnan(apart), np.inf, apart)


def _count(what: np.ufunc, array: Array | None) -> int:
    return int(np.count_nonzero(what(array))) if array is not None and array.dtype.kind in "fc" else 0


def _cosine(left: Array, right: Array) -> float | None:
    with np.errstate(invalid="ignore", over="ignore"):
        norms = float(np.linalg.norm(left) * np.linalg.norm(right))
        return float(np.vdot(left, right).real / norms) if norms and np.isfinite(norms) else None
