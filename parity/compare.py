"""Pairs -> Differences: how far two arrays lie apart, where, and on what scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from parity.nouns import Array, Difference, Matches, Pair
from parity.rulebook import is_bounded

RELATIVE = 1e-5
"""Without the user's word, a float32 difference is allowed up to this share of the reference's magnitude."""


def compare_layers(
    pairs: Sequence[Pair], matches: Matches, rtol: float | None = None, atol: float | None = None
) -> tuple[Difference, ...]:
    """Compare the outputs of all layers, pair by pair.

    A layer without parameters passes on the rounding of what it reads while its own values may all but
    vanish (a relu of mostly negative numbers, a difference of like ones): its scale is that of its inputs,
    where theirs is larger, unless its values are bounded.
    """
    scales: dict[str, float] = {}
    differences = []
    for pair, match in zip(pairs, matches, strict=True):
        layer = match.reference
        passes = layer is not None and not layer.parameters and not layer.shares and not is_bounded(layer.kind)
        read = max((scales.get(name, 0.0) for name in layer.inputs), default=0.0) if layer and passes else 0.0
        difference = compare(pair, rtol, atol, read)
        differences.append(difference)
        if layer:
            scales[layer.name] = read if difference.scale is None else difference.scale
    return tuple(differences)


def compare(pair: Pair, rtol: float | None = None, atol: float | None = None, magnitude: float = 0.0) -> Difference:
    """Compare two arrays of one pair.

    A difference is allowed up to `atol + rtol * scale`, where scale is the largest finite magnitude of the
    reference, or `magnitude` where that is larger: errors of rounding grow with the numbers that were
    summed, which the single elements of a result near zero no longer show. Integers and booleans must be
    equal. Arrays of different shapes, or without a partner, are not subtracted.
    """
    reference, candidate = pair.reference, pair.candidate
    shapes = tuple(None if array is None else tuple(array.shape) for array in (reference, candidate))
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
    exact = reference.dtype.kind in "biu" and candidate.dtype.kind in "biu"
    left, right = reference.astype(np.float64), candidate.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(left - right)
    gap[left == right] = 0.0  # equal infinities
    finite = np.isfinite(left)
    scale = float(np.max(np.abs(left), where=finite, initial=magnitude))
    worst = np.unravel_index(int(np.argmax(np.where(np.isnan(gap), np.inf, gap))), gap.shape)
    max_abs = float(gap[worst])
    return replace(
        plain,
        scale=scale,
        max_abs=max_abs,
        mean_abs=float(np.mean(gap)),
        relative=max_abs / scale if scale else (0.0 if max_abs == 0 else float("inf")),
        cosine=_cosine(left, right),
        where=tuple(int(i) for i in worst),
        allowed=0.0 if exact else _allowed(scale, rtol, atol),
    )


def _allowed(scale: float, rtol: float | None, atol: float | None) -> float:
    if rtol is None and atol is None:
        return RELATIVE * scale
    return (atol or 0.0) + (rtol or 0.0) * scale


def _count(what: np.ufunc, array: Array | None) -> int:
    return int(np.count_nonzero(what(array))) if array is not None and array.dtype.kind in "fc" else 0


def _cosine(left: Array, right: Array) -> float | None:
    with np.errstate(invalid="ignore", over="ignore"):
        norms = float(np.linalg.norm(left) * np.linalg.norm(right))
        return float(np.vdot(left, right) / norms) if norms and np.isfinite(norms) else None
