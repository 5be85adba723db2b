"""Two sides' runs -> Pairs: which recorded values belong beside each other, with nothing left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

import numpy as np

from parity.axes import regroups
from parity.nouns import Array, Layer, Match, Matches, Pair, Runs, Trace

Names = Sequence[str]
_NUMBER = re.compile(r"[:_]\d+$")


def standing(runs: Runs, called: tuple[Names, Names]) -> tuple[Runs, tuple[Names, Names]]:
    """The runs with those steps only that are the same calls as in runs of another size, and each side's other ones.

    `called` are the steps of both sides there, in call order. A network may pad at odd sizes only, or loop over its
    sequence: a name that is numbered by calls stands for the same one where there are as many calls of that name.
    What is seen alone was given the values of other calls then, and is not kept.
    """
    made = [(runs.reference, runs.candidate), *([runs.twins] if runs.twins else []), *runs.shaken]
    if all(list(each.steps) == list(names) for both in made for each, names in zip(both, called, strict=True)):
        return runs, ((), ())
    same = [_same(called[side], [both[side] for both in made]) for side in (0, 1)]
    others = [
        [name for name in dict.fromkeys([*called[side], *made[0][side].steps]) if name not in same[side]]
        for side in (0, 1)
    ]

    def cut(both: tuple[Trace, Trace]) -> tuple[Trace, Trace]:
        steps = [{name: each.steps[name] for name in kept} for each, kept in zip(both, same, strict=True)]
        return replace(both[0], steps=steps[0], isolated={}), replace(both[1], steps=steps[1], isolated={})

    twins = None if runs.twins is None else cut(runs.twins)
    return Runs(*cut(made[0]), twins, tuple(map(cut, runs.shaken)), runs.reason), (others[0], others[1])


def _same(names: Names, traces: Sequence[Trace]) -> list[str]:
    """The names that stand for the same calls in all these runs of one side."""
    counts = [Counter(_NUMBER.sub("", name) for name in each) for each in (names, *(trace.steps for trace in traces))]
    return [
        name
        for name in names
        if len({count[_NUMBER.sub("", name)] for count in counts}) == 1 and all(name in each.steps for each in traces)
    ]


def align(runs: Runs, matches: Matches) -> tuple[Pair, ...]:
    """One Pair for each match, lonely ones included. Axes of one element are no difference between layers."""
    return tuple(_pair(runs, match) for match in matches)


def align_outputs(runs: Runs) -> tuple[Pair, ...]:
    """The outputs side by side, by name where both sides name them alike, else in order; shapes must agree."""
    pairs = []
    mine, yours = list(runs.reference.outputs), list(runs.candidate.outputs)
    for reference, candidate in zip_longest(mine, mine if set(yours) <= set(mine) else yours):
        values = (
            None if reference is None else runs.reference.outputs[reference],
            None if candidate is None else runs.candidate.outputs.get(candidate),
        )
        both = values[0] is not None and values[1] is not None
        pairs.append(
            Pair(
                name=reference if reference is not None else candidate,
                values=values,
                twins=(runs.twins[0].outputs[reference], runs.twins[1].outputs[candidate])
                if both and runs.twins
                else None,
                shaken=tuple((one.outputs[reference], other.outputs[candidate]) for one, other in runs.shaken)
                if both
                else (),
            )
        )
    return tuple(pairs)


def _pair(runs: Runs, match: Match) -> Pair:
    reference, candidate = match.reference, match.candidate
    if reference is None or candidate is None:
        mine = runs.reference.steps.get(reference.name) if reference else None
        yours = runs.candidate.steps.get(candidate.name) if candidate else None
        return Pair(match.name, (mine, yours))
    one, other = match.shown
    if one not in runs.reference.steps or other not in runs.candidate.steps:
        return Pair(match.name, (runs.reference.steps.get(one), runs.candidate.steps.get(other)))
    like = runs.reference.steps[one]
    alone = (runs.twins[1] if runs.twins else runs.candidate).isolated.get(other)
    return Pair(
        name=match.name,
        values=(like, _fitted(runs.candidate.steps[other], like)),
        twins=(runs.twins[0].steps[one], _fitted(runs.twins[1].steps[other], like)) if runs.twins else None,
        shaken=tuple((mine.steps[one], _fitted(yours.steps[other], like)) for mine, yours in runs.shaken),
        isolated=None if alone is None or match.moved or match.stepwise else _fitted(alone, like),
        redrawn=_redrawn(runs, match, like) if _weighted(reference) and _weighted(candidate) else None,
    )


def _redrawn(runs: Runs, match: Match, like: Array) -> tuple[Array, Array] | None:
    one, other = match.shown
    if runs.redrawn is None or one not in runs.redrawn[0] or other not in runs.redrawn[1]:
        return None
    if match.moved or match.stepwise:
        return None
    return runs.redrawn[0][one], _fitted(runs.redrawn[1][other], like)


def _weighted(layer: Layer) -> bool:
    return bool(layer.parameters or layer.borrowed or layer.shares)


def _fitted(array: Array, like: Array) -> Array:
    """The array in another's shape, where one of the two only groups the axes of the other."""
    return np.reshape(array, like.shape) if regroups(array.shape, like.shape) else array
