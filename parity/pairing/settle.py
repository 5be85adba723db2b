"""Pairs that the graph alone leaves open, settled by function: the weights go to each layer that could answer.

Two heads that a network multiplies with one another, the query and the key of a hand-written attention, twin
branches: such layers look alike from every side of the graph, and only their values tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations

import numpy as np

from parity.compare import distance
from parity.nouns import Array, Match, Matches, Outline, Probe, Trace, Weights
from parity.pairing.match import match
from parity.port import folds, merged, port
from parity.probes import probe_weights
from parity.run import Sides

TRIES = 96
"""How many ways to pair are tried at most; beyond them pairs are left as the graph gave them, and told."""
AT_ONCE = 4
"""Of how many layers every order is tried."""
CLOSE = 2.0**-10
"""A step agrees where it differs by less than this share of its scale: far above rounding, far below a mix-up."""


def settle(
    sides: Sides,
    outlines: tuple[Outline, Outline],
    probes: tuple[Probe, Probe],
    matches: Matches,
    given: Mapping[str, str],
    seed: int,
) -> Matches:
    """The matches with each open pair decided by what agrees, where that makes a difference; the rest as they were.

    `given` are pairs that are not questioned. Both sides hold other weights afterwards.
    """
    if not any(each.rivals for each in matches):
        return matches
    trial = _Trial(sides, outlines, probes, seed)
    pins = dict(given)
    rivals: dict[str, tuple[str, ...]] = {}
    best = trial.score(matches)
    trial.keep()
    while (pair := next((each for each in matches if each.rivals and each.name not in pins), None)) is not None:
        rivals[pair.name] = pair.rivals
        chosen, *others = _ways(pair, matches)
        for way in others if trial.made < TRIES and trial.reads_alike(pair, matches) else ():
            other = match(*outlines, {**pins, **way})
            if (score := trial.score(other)) > best:
                chosen, matches, best = way, other, score
                trial.keep()
        pins |= chosen
    if best[0] == len(outlines[0].outputs):
        return tuple(replace(each, rivals=()) for each in matches)
    # Nothing that was tried makes the outputs agree, so the values do not tell the layers apart.
    return tuple(replace(each, rivals=rivals.get(each.name, each.rivals)) for each in matches)


def _ways(pair: Match, matches: Matches) -> list[dict[str, str]]:
    """The ways to pair an open layer and those that its rivals answer now; the one that stands comes first.

    A query, a key and a value have to be crossed all at once before anything agrees. Of many layers that look
    alike, only the open one is tried with each.
    """
    answers = {each.candidate.name: each.name for each in matches if each.reference and each.candidate}
    assert pair.candidate is not None
    stands = pair.candidate.name, *(name for name in pair.rivals if name in answers)
    names = [answers[name] for name in stands]
    if len(stands) <= AT_ONCE:
        return [dict(zip(names, order, strict=True)) for order in permutations(stands)]
    return [{pair.name: name} for name in stands]


class _Trial:
    """Runs of the candidate with the reference's weights paired in one way or another."""

    def __init__(self, sides: Sides, outlines: tuple[Outline, Outline], probes: tuple[Probe, Probe], seed: int) -> None:
        self.sides, self.probes, self.made = sides, probes, 0
        self.last: frozenset[str] = frozenset()
        self.agreeing: frozenset[str] = frozenset()
        """The reference's steps that agree where the pairs are those chosen so far."""
        self.weights: Weights = probe_weights(outlines[0], seed)
        self.rest = probe_weights(outlines[1], seed)
        sides.reference.load(self.weights)
        self.trace: Trace = sides.reference.run(probes[0])

    def score(self, matches: Matches) -> tuple[int, int]:
        """How many outputs agree, and how many steps."""
        self.made += 1
        ported = merged(self.rest, port(self.weights, matches))
        self.sides.candidate.load(ported)
        answer = self.sides.candidate.run(self.probes[1])
        sides = replace(self.sides, weights=(self.weights, ported), folds=folds(matches))
        steps = sides.unfolded(self.trace).steps
        pairs = [each for each in matches if each.reference and each.candidate and not each.carries]
        outputs = zip(self.trace.outputs.values(), answer.outputs.values(), strict=False)
        shown = [(each.name, *each.shown) for each in pairs]
        self.last = frozenset(
            name
            for name, one, two in shown
            if one in steps and two in answer.steps and _close(steps[one], answer.steps[two])
        )
        return sum(_close(one, two) for one, two in outputs), len(self.last)

    def keep(self) -> None:
        """Go on from the pairs that were tried last."""
        self.agreeing = self.last

    def reads_alike(self, pair: Match, matches: Matches) -> bool:
        """Whether what an open layer reads agrees, as far as it has partners: if not, no weights make it agree."""
        rows = {each.name: each for each in matches if each.reference}
        waiting = list(pair.reference.inputs) if pair.reference else []
        while waiting:
            row = rows.get(waiting.pop())
            if row is None or row.reference is None:
                continue
            if row.candidate and not row.carries:
                if row.name not in self.agreeing:
                    return False
            else:
                waiting += row.reference.inputs
        return True


def _close(one: Array, other: Array) -> bool:
    if one.size != other.size or one.dtype.kind not in "fc":
        return one.shape == other.shape and bool(np.array_equal(one, other))
    scale = distance(one, np.zeros_like(one))
    return distance(one, np.reshape(other, one.shape)) <= CLOSE * scale
