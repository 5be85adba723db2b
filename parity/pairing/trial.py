"""What pairs come to when they are run: which steps agree if the weights are carried in one way or another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parity.compare import distance
from parity.nouns import Array, Match, Matches, Outline, Probe, Trace, Weights
from parity.port import folds, merged, port
from parity.probes import probe_weights
from parity.run import Sides, answered, given_of

TRIES = 96
"""How many ways to pair are tried at most; beyond them pairs are left as the graph gave them, and told."""
CLOSE = 2.0**-10
"""A step agrees where it differs by less than this share of its scale: far above rounding, far below a mix-up."""


class Trial:
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
        sides = self._loaded(matches)
        answer = self.sides.candidate.run(self.probes[1])
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

    def alone(self, matches: Matches) -> frozenset[str]:
        """The reference's steps that the candidate's layers give alone, on the reference's values for what they read.

        So a fault before a layer is not held against its pair.
        """
        trace = self._loaded(matches).unfolded(self.trace)
        alone = self.sides.candidate.run(self.probes[1], given=given_of(trace, matches)).isolated
        pairs = answered(matches).items()
        return frozenset(
            one for one, two in pairs if one in trace.steps and two in alone and _close(trace.steps[one], alone[two])
        )

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

    def _loaded(self, matches: Matches) -> Sides:
        """Both sides, the candidate with the weights that these pairs carry to it."""
        self.made += 1
        ported = merged(self.rest, port(self.weights, matches))
        self.sides.candidate.load(ported)
        return replace(self.sides, weights=(self.weights, ported), folds=folds(matches))


def _close(one: Array, other: Array) -> bool:
    if one.size != other.size or one.dtype.kind not in "fc":
        return one.shape == other.shape and bool(np.array_equal(one, other))
    scale = distance(one, np.zeros_like(one))
    return distance(one, np.reshape(other, one.shape)) <= CLOSE * scale
