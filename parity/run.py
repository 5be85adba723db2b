"""Both sides on one probe -> Runs: in float32, as float64 twins, and each candidate layer alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import numpy as np

from parity.errors import NoTwin
from parity.nouns import Array, Matches, Probe, Runs, Side, Trace, Weights
from parity.spool import PIECE, Spool

T = TypeVar("T")
U = TypeVar("U")
SHAKES = 3
"""How many times the sides are run again, moved, where float64 is not to be had."""


class Both(Protocol):
    """How two sides are asked: at once where each has a process of its own, else one after the other."""

    def __call__(self, one: Callable[[], T], other: Callable[[], U], /) -> tuple[T, U]:
        """Both answers, reference before candidate."""


def in_turn(one: Callable[[], T], other: Callable[[], U], /) -> tuple[T, U]:
    """First the reference, then the candidate: live objects share the state of their frameworks."""
    return one(), other()


@dataclass(frozen=True)
class Sides:
    """Both sides, the weights that they hold now, and how to ask them."""

    reference: Side
    candidate: Side
    weights: tuple[Weights, Weights]
    both: Both
    folds: Mapping[str, str] = field(default_factory=dict)
    """The reference's layers that lie one of their own arrays above the candidate's: its role, by layer."""

    def run(self, probes: tuple[Probe, Probe]) -> tuple[Trace, Trace]:
        """One float32 run of each."""
        mine, yours = self.both(lambda: self.reference.run(probes[0]), lambda: self.candidate.run(probes[1]))
        return self.unfolded(mine), yours

    def outputs(self, probes: tuple[Probe, Probe]) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
        """What each gives by itself, unwatched."""
        return self.both(lambda: self.reference.outputs(probes[0]), lambda: self.candidate.outputs(probes[1]))

    def unfolded(self, trace: Trace) -> Trace:
        """The reference's run without what the candidate adds only later."""
        return replace(trace, steps=self.shifted(trace.steps, -1), isolated=self.shifted(trace.isolated, -1))

    def shifted(self, steps: Mapping[str, Array], sign: int) -> dict[str, Array]:
        """Outputs of the reference's layers without (-1), or with (+1), what the candidate adds only later."""
        moved = Spool()
        for layer, step in steps.items():
            if layer in self.folds:
                bias = self.weights[0][layer][self.folds[layer]]
                step = step + sign * bias.astype(step.dtype)  # canonical: the channels stand last
            moved.put(layer, step)
        return moved.arrays()

    def load(self, weights: tuple[Weights, Weights]) -> None:
        self.both(lambda: self.reference.load(weights[0]), lambda: self.candidate.load(weights[1]))


def run(sides: Sides, probes: tuple[Probe, Probe], matches: Matches, *, twins: bool) -> Runs:
    """Run both sides on their faces of one probe and, if `twins` are asked for, find the floor of rounding too."""
    plain = sides.run(probes)
    if not twins:
        return Runs(*plain)
    try:
        wide = sides.unfolded(sides.reference.run(probes[0], double=True))
        answer = sides.candidate.run(probes[1], double=True, given=given_of(wide, matches))
        return Runs(*plain, twins=(wide, answer))
    except NoTwin as error:
        alone = sides.candidate.run(probes[1], given=given_of(plain[0], matches))
        shaken = tuple(_shaken(sides, probes, seed) for seed in range(SHAKES))
        return Runs(plain[0], alone, shaken=shaken, reason=str(error))


def redrawn(sides: Sides, probes: tuple[Probe, Probe], matches: Matches, runs: Runs, seed: int) -> Runs:
    """The same, with what the layers of each side give where all that is made before them is drawn anew.

    A channel that a relu leaves dead on every probe hides the weights that read it. Here each value is one of
    the step's own, drawn among those that are not zero: every channel lives, and none leaves the range that
    the network keeps to, so that a second relu does as little as before. Whole numbers and booleans stay.
    """
    wide = runs.twins is not None
    mine, yours = drawn_anew(sides, runs.twins[0] if runs.twins else runs.reference, matches, seed)
    one, other = sides.both(
        lambda: sides.reference.run(probes[0], double=wide, given=mine),
        lambda: sides.candidate.run(probes[1], double=wide, given=yours),
    )
    return replace(runs, redrawn=(sides.unfolded(one).isolated, other.isolated))


def drawn_anew(
    sides: Sides, trace: Trace, matches: Matches, seed: int
) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
    """Values in the place of those of the reference's (unfolded) run, for each side under its own names."""
    random = np.random.default_rng(seed)
    spool = Spool()
    answers = {name: other for name, other in answered(matches).items() if name in trace.steps}
    for name in answers:
        spool.put(name, _anew(trace.steps[name], random))
    drawn = spool.arrays()
    return sides.shifted(drawn, +1), {other: drawn[name] for name, other in answers.items()}


def _anew(step: Array, random: np.random.Generator) -> Array:
    values = step[np.isfinite(step) & (step != 0)] if step.dtype.kind == "f" else step[:0]
    if not values.size:
        return step
    drawn = np.empty(step.shape, step.dtype)
    for piece in np.array_split(drawn.reshape(-1), -(-drawn.nbytes // PIECE)):  # views, filled where they stand
        piece[:] = random.choice(values, piece.size)
    return drawn


def answered(matches: Matches) -> dict[str, str]:
    """The reference's steps that have an answer, and the answer's name. A layer that moved stands elsewhere."""
    return {
        match.shown[0]: match.shown[1]
        for match in matches
        if match.reference and match.candidate and not (match.moved or match.stepwise or match.carries)
    }


def given_of(trace: Trace, matches: Matches) -> dict[str, Array]:
    """The reference's values under the names of the candidate's layers; at another size it may call other ones."""
    return {other: trace.steps[name] for name, other in answered(matches).items() if name in trace.steps}


def _shaken(sides: Sides, probes: tuple[Probe, Probe], seed: int) -> tuple[Trace, Trace]:
    """Both sides with every input and weight moved by half a unit in the last place."""
    mine, yours = ({name: _moved(roles, seed) for name, roles in held.items()} for held in sides.weights)
    moved = [replace(probe, arrays=_moved(probe.arrays, seed)) for probe in probes]
    try:
        sides.load((mine, yours))
        return sides.run((moved[0], moved[1]))
    finally:
        sides.load(sides.weights)


def _moved(arrays: Mapping[str, Array], seed: int) -> dict[str, Array]:
    """Each float32 one place up, one down or left alone, by chance: half a unit in the last place on average."""
    random = np.random.default_rng(seed)
    ways = np.array([-np.inf, np.inf], np.float32)
    return {
        name: np.where(random.random(array.shape) < 0.5, np.nextafter(array, random.choice(ways, array.shape)), array)
        if array.dtype == np.float32
        else array
        for name, array in arrays.items()
    }
