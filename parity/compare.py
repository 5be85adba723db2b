"""Pairs -> Differences: how far two sides lie apart, where, and how much of it is rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

import numpy as np

from parity.extent import Extent, census, distances, measure
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
    plain = Difference(name=pair.name, reference_shape=shapes[0], candidate_shape=shapes[1])
    if reference is None or candidate is None or shapes[0] != shapes[1] or reference.size == 0:
        nan, inf = zip(*(_census(array) for array in pair.values), strict=True)
        plain = replace(plain, reference_nan=nan[0], candidate_nan=nan[1], reference_inf=inf[0], candidate_inf=inf[1])
        if reference is not None and pair.isolated is not None and pair.isolated.shape != reference.shape:
            return replace(plain, isolated=float("inf"), isolated_share=float("inf"))
        return plain
    extent = measure(reference, candidate)
    exact = reference.dtype.kind in "biu" and candidate.dtype.kind in "biu"
    given = rtol is not None or atol is not None
    plain = replace(
        plain,
        scale=extent.scale,
        max_abs=extent.max_abs,
        mean_abs=extent.mean_abs,
        relative=extent.max_abs / extent.scale if extent.scale else (0.0 if extent.max_abs == 0 else float("inf")),
        cosine=extent.cosine,
        where=extent.where,
        allowed=(0.0 if exact else (atol or 0.0) + (rtol or 0.0) * extent.scale) if given else None,
        reference_nan=extent.nan[0],
        candidate_nan=extent.nan[1],
        reference_inf=extent.inf[0],
        candidate_inf=extent.inf[1],
    )
    if exact:
        return replace(plain, gap=extent.max_abs, floor=0.0, rounding=0.0)
    return _against_the_floor(plain, pair, extent)


def worst(differences: Sequence[Difference]) -> Difference:
    """Of the differences of one step on several probes, the one that says most against it.

    What the layer makes by itself is of the probe that shows that best: one may show a fault upstream, another its own.
    """
    chosen = max(differences, key=lambda each: (not each.agrees, each.hidden, _extent(each)))
    alone = max(differences, key=lambda each: -1.0 if each.isolated_share is None else each.isolated_share)
    anew = max(differences, key=lambda each: -1.0 if each.redrawn_share is None else each.redrawn_share)
    return replace(
        chosen,
        isolated=alone.isolated,
        isolated_share=alone.isolated_share,
        redrawn=anew.redrawn,
        redrawn_share=anew.redrawn_share,
        redrawn_rounding=anew.redrawn_rounding,
        alone_on=(alone.probe, anew.probe),
    )


def _extent(each: Difference) -> float:
    """A gap as a share of the scale: what a saturated output hides is no reason to tell of it first."""
    if each.gap is None:
        return each.share or 0.0
    return each.gap / each.scale if each.scale else each.share or 0.0


def _against_the_floor(plain: Difference, pair: Pair, extent: Extent) -> Difference:
    """Hold the gap against the floor channel by channel, so that a large channel does not excuse a small one.

    A channel's floor is at least its share of the whole array's, by scale, since a few numbers may round
    luckily, and at least the unit roundoff at its scale, below which float32 cannot tell anything.
    """
    scales = extent.magnitudes
    floors = _floors(pair, scales)
    finite = floors[np.isfinite(floors)]
    share = np.max(finite, initial=0.0) / (np.max(scales, initial=0.0) or 1.0)
    floors = np.maximum(floors, max(share, FLOAT32) * scales)
    gaps = extent.distances if pair.twins is None else distances(*pair.twins)
    last_places = LAST_PLACES * float(np.max(scales, initial=0.0))
    roundings = floors if pair.twins is None else MARGIN * NARROWER * floors + last_places
    limits = floors if pair.twins is None else np.maximum(ROUNDING_LIMIT * scales, last_places)
    channel = int(np.argmax(_shares(gaps, floors)))
    found = replace(
        plain,
        gap=float(gaps[channel]),
        floor=float(floors[channel]),
        rounding=float(min(roundings[channel], limits[channel])),
        share=float(_shares(gaps, floors)[channel]),
    )
    if pair.redrawn is not None:
        found = _redrawn(found, pair.redrawn, share, wide=pair.twins is not None)
    if pair.isolated is None:
        return found
    reference = pair.values[0] if pair.twins is None else pair.twins[0]
    assert reference is not None
    if pair.isolated.shape != reference.shape:
        return replace(found, isolated=float("inf"), isolated_share=float("inf"))
    made = distances(reference, pair.isolated)
    if not np.isfinite(floors).all():  # the candidate's own run may hold NaN, and what it makes alone none
        spared = np.maximum(_floors(pair, scales, sides=(0,)), max(share, FLOAT32) * scales)
        floors = np.where(np.isfinite(floors), floors, spared)
    channel = int(np.argmax(_shares(made, floors)))
    return replace(found, isolated=float(made[channel]), isolated_share=float(_shares(made, floors)[channel]))


def _redrawn(found: Difference, pair: tuple[Array, Array], share: float, *, wide: bool) -> Difference:
    """What the two layers make of values drawn anew. Such a run has no float32 twin: its floor is the step's, by scale.

    Values that the network never makes may lead a layer out of its domain: a channel that is not finite says nothing.
    """
    if pair[0].shape != pair[1].shape:
        return found
    extent = measure(*pair)
    if any(extent.nan) or any(extent.inf):
        return found
    largest = float(np.max(extent.magnitudes, initial=0.0))
    floors = max(share, FLOAT32) * extent.magnitudes + LAST_PLACES / (MARGIN * NARROWER) * largest
    channel = int(np.argmax(_shares(extent.distances, floors)))
    return replace(
        found,
        redrawn=float(extent.distances[channel]),
        redrawn_share=float(_shares(extent.distances, floors)[channel]),
        redrawn_rounding=float(floors[channel] * (MARGIN * NARROWER if wide else 1.0)),
    )


def _shares(amounts: Array, floors: Array) -> Array:
    """Amounts as multiples of the floor; nothing above no floor is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(amounts == 0, 0.0, np.where(np.isfinite(floors), amounts / floors, np.inf))


def _floors(pair: Pair, scales: Array, sides: Sequence[int] = (0, 1)) -> Array:
    """How much of a float32 run of these sides is rounding, channel by channel."""
    runs, margin = (pair.shaken, SHAKEN_MARGIN) if pair.twins is None else ((pair.twins,), 1.0)
    moved = [np.max([distances(pair.values[side], run[side]) for side in sides], axis=0) for run in runs]  # type: ignore[arg-type]
    if not moved:
        return SHAKEN_MARGIN * FLOAT32 * scales
    drawn = len(runs) * (pair.values[0].size // len(scales)) if pair.values[0] is not None else len(runs)
    largest: Array = np.max(moved, axis=0)
    if pair.twins is not None:
        return margin * largest
    # A movement of less than half a unit in the last place rounds to none: what was not seen to move may have.
    return margin * shortfall(drawn) * np.maximum(largest, FLOAT32 * scales)


def shortfall(drawn: int) -> float:
    """By how much the largest of so many normal draws may fall short of one deviation, but for one case in 2^20.

    A network that gives one number shows but one element a run, which may hardly move by chance.
    """
    every = 2.0 ** (-20 / max(drawn, 3))  # no side is shaken less often
    return max(1.0, 1.0 / NormalDist().inv_cdf((1 + every) / 2))


def distance(one: Array, other: Array) -> float:
    """The largest absolute difference; infinite where one of them is NaN or they have different shapes."""
    if one.shape != other.shape:
        return float("inf")
    return float(np.max(distances(one, other), initial=0.0))


def _census(array: Array | None) -> tuple[int, int]:
    return (0, 0) if array is None else census(array)
