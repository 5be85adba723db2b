"""Pairs that the graph alone leaves open, settled by function: the weights go to each layer that could answer.

Two heads that a network multiplies with one another, the query and the key of a hand-written attention, twin
branches: such layers look alike from every side of the graph, and only their values tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations

from parity.nouns import Match, Matches, Outline
from parity.pairing.match import match
from parity.pairing.trial import TRIES, Trial

AT_ONCE = 4
"""Of how many layers every order is tried."""


def settle(
    trial: Trial, outlines: tuple[Outline, Outline], matches: Matches, given: Mapping[str, str]
) -> tuple[Matches, bool]:
    """The matches with each open pair decided by what agrees, where that makes a difference; the rest as they were.

    `given` are pairs that are not questioned. Also whether all outputs agree then.
    """
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
        return tuple(replace(each, rivals=()) for each in matches), True
    # Nothing that was tried makes the outputs agree, so the values do not tell the layers apart.
    return tuple(replace(each, rivals=rivals.get(each.name, each.rivals)) for each in matches), False


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
