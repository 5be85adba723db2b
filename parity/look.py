"""Both sides on every probe with one set of weights -> what was Seen; and of all that, the worst of each step.

The arrays of a probe are compared and let go before the next one runs: what is Seen is a few numbers a layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity import guards
from parity.align import align, align_outputs, standing
from parity.compare import MARGIN, NARROWER, compare, worst
from parity.errors import SideFailed
from parity.files import few
from parity.nouns import Difference, Matches, Outline, Probe, Runs
from parity.run import Sides, redrawn, run
from parity.sizes import sizes_of

Face = tuple[Probe, Probe]
"""One probe as each side takes it."""


@dataclass(frozen=True)
class Tolerance:
    """What the user allows instead of the measured floor; nothing where both are None."""

    rtol: float | None = None
    atol: float | None = None

    @property
    def given(self) -> bool:
        return self.rtol is not None or self.atol is not None


@dataclass(frozen=True)
class Seen:
    """What one probe showed. `doubts` forbid parity, `notes` do not.

    `still` holds the reference's outputs that were the same for every sample, `silent` its layers that gave
    nothing but zeros; `reason` says why there were no float64 twins.
    """

    name: str
    weights: str
    differences: tuple[Difference, ...]
    outputs: tuple[Difference, ...]
    still: Mapping[str, bytes]
    silent: frozenset[str]
    reason: str = ""
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def look(
    sides: Sides, faces: Sequence[Face], matches: Matches, weights: str, tolerance: Tolerance, seed: int = 0
) -> tuple[list[Seen], Runs]:
    """Run each probe, the first one twice; returns what was seen, and the runs of the first probe's outputs.

    A further probe that the reference itself cannot take, on which both sides overflow, or in which rounding
    drowns what could be seen, is left out.
    """
    seen: list[Seen] = []
    doubts: list[str] = []
    notes: list[str] = []
    first: Runs | None = None
    called: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    for face in faces:
        name = face[0].name
        try:
            runs = run(sides, face, matches, twins=not tolerance.given)
        except Exception as error:
            if first is None:
                raise
            # No wonder where the reference refuses it, a doubt where only the candidate does.
            refusal = _refusal(sides, face, error)
            told = str(refusal or error).partition("\n")[0] or type(error).__name__
            (notes if refusal else doubts).append(f"the probe {name} was left out: {told}")
            continue
        if first is None:
            doubts += guards.repeats((runs.reference, runs.candidate), sides.run(face))
            doubts += guards.faithful((runs.reference, runs.candidate), sides.outputs(face))
            notes += guards.same_types(runs)
            called = tuple(runs.reference.steps), tuple(runs.candidate.steps)
            first = runs.outputs_only()
            if not tolerance.given:
                runs = redrawn(sides, face, matches, runs, seed)
        elif _shows_nothing(runs):
            notes.append(f"the probe {name} overflows or gives NaN on both sides")
            continue
        if name == "alone":
            doubts += guards.alone(first, runs)
        if resized := sizes_of(face[0]) != sizes_of(faces[0][0]):
            runs, others = standing(runs, called)
            notes += [
                f"at the size of the probe {name} the {side} calls other layers ({few(names)}): "
                "they are compared by what comes behind them"
                for side, names in zip(guards.SIDES, others, strict=True)
                if names
            ]
        measured = _measured(name, weights, runs, matches, tolerance)
        if resized:
            kept = zip(measured.differences, seen[0].differences, strict=True)
            measured = replace(measured, differences=tuple(each if _seen(each) else before for each, before in kept))
        if seen and _drowned(measured):
            notes.append(f"the probe {name} leaves float32 less than half of its digits: only rounding shows in it")
            continue
        seen.append(measured)
    assert first is not None
    if all(len(array) < 2 for array in faces[0][0].arrays.values()):
        notes.append("the batch is one sample: whether a sample depends on the others of its batch was not seen")
    doubts += _weights_changed(sides)
    seen[0] = replace(seen[0], doubts=tuple(doubts), notes=tuple(notes))
    return seen, first


def worst_of(seen: Sequence[Seen]) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """For each step, and for each output, the difference of the probe that says most against it."""
    steps = zip(*(each.differences for each in seen), strict=True)
    outputs = zip(*(each.outputs for each in seen), strict=True)
    return tuple(worst(each) for each in steps), tuple(worst(each) for each in outputs)


def doubts_of(
    seen: Sequence[Seen], reference: Outline, candidate: Outline, matches: Matches, differences: Sequence[Difference]
) -> Iterator[str]:
    """Everything that makes these comparisons say nothing."""
    for each in seen:
        yield from each.doubts
    for weights in dict.fromkeys(each.weights for each in seen):
        yield from guards.lives([each.still for each in seen if each.weights == weights])
    yield from guards.reads_something(reference, frozenset.intersection(*(each.silent for each in seen)))
    yield from guards.in_training((reference, candidate))
    yield from guards.hidden_structure(matches, any(each.hidden for each in differences))


def _measured(probe: str, weights: str, runs: Runs, matches: Matches, tolerance: Tolerance) -> Seen:
    """Every step and output compared."""
    bounds, name = (tolerance.rtol, tolerance.atol), f"{probe}, {weights} weights"
    return Seen(
        name=name,
        weights=weights,
        differences=tuple(replace(compare(pair, *bounds), probe=name) for pair in align(runs, matches)),
        outputs=tuple(replace(compare(pair, *bounds), probe=name) for pair in align_outputs(runs)),
        still=guards.still(runs.reference),
        silent=guards.silent(runs.reference),
        reason=runs.reason,
    )


def _refusal(sides: Sides, face: Face, error: Exception) -> Exception | None:
    """Why the reference cannot take this probe; None where it can. Of two sides that fail, one alone was heard."""
    if isinstance(error, SideFailed) and error.side == "reference":
        return error
    try:
        sides.reference.run(face[0])
    except Exception as refusal:  # noqa: BLE001 - whatever a network raises
        return refusal
    return None


def _seen(each: Difference) -> bool:
    """Whether both sides have this step at all."""
    return each.reference_shape is not None and each.candidate_shape is not None


def _shows_nothing(runs: Runs) -> bool:
    """Whether some output holds NaN or infinities on both sides."""
    outputs = zip(runs.reference.outputs.values(), runs.candidate.outputs.values(), strict=False)
    holes = [(~np.isfinite(one), ~np.isfinite(other)) for one, other in outputs]
    return any(one.any() for one, _ in holes) and all(np.array_equal(one, other) for one, other in holes)


def _drowned(seen: Seen) -> bool:
    """Whether all that float32 hides lies past the limit for rounding, and is no more than rounding all the same.

    That is as much as its size in float32 predicts, and no layer makes any of it by itself.
    """
    hidden = [each for each in (*seen.differences, *seen.outputs) if each.hidden]
    alike = all(each.agrees for each in (*seen.differences, *seen.outputs) if each.gap is not None)
    unseen = any(each.isolated is None for each in seen.differences if each.hidden)
    return alike and bool(hidden) and not unseen and all(map(_predicted, hidden))


def _predicted(each: Difference) -> bool:
    """Whether a gap is what rounding in float32 predicts for float64, and none of it is made here."""
    if each.gap is None or each.floor is None or each.rounding is None:
        return False
    return each.gap <= MARGIN * NARROWER * each.floor and (each.isolated is None or each.isolated <= each.rounding)


def _weights_changed(sides: Sides) -> list[str]:
    mine, yours = sides.both(sides.reference.weights, sides.candidate.weights)
    return [
        *guards.untouched(sides.weights[0], mine, "reference"),
        *guards.untouched(sides.weights[1], yours, "candidate"),
    ]
