"""Both sides, ready to run again with the candidate amended, and what several amendments are together."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from parity.align import align, align_outputs
from parity.compare import compare, worst
from parity.diagnosis.lent import asks, granted
from parity.errors import NoTwin
from parity.judge import Judgement, judge_layers
from parity.look import Face
from parity.nouns import Amendment, Array, Difference, Ledger, Matches, Move, Probe, Side, Trace, Weights
from parity.run import Sides, run
from parity.sizes import sizes_of


class Trial:
    """Both sides, ready to run again with the candidate amended; the reference runs once on each probe."""

    def __init__(self, sides: Sides, faces: Sequence[Face], matches: Matches, ledger: Ledger) -> None:
        self._sides = replace(sides, reference=_Remembering(sides.reference))  # type: ignore[arg-type]
        self._faces = {face[0].name: face for face in faces}
        self._matches, self._ledger = matches, ledger

    def rows(
        self, amendments: Sequence[Amendment], probes: Iterable[str], weights: Weights | None = None
    ) -> tuple[tuple[Judgement, ...], tuple[Difference, ...]]:
        """The judgements of all layers and the outputs' differences, with these weights in the candidate.

        Raises NoAmendment. The candidate holds its own weights again afterwards.
        """
        mine, yours = self._sides.weights
        weights = weights or {}
        sides = replace(self._sides, weights=(mine, merged_weights([yours, weights])))
        try:
            sides.candidate.load(weights)
            return self._rows(sides, tuple(amendments), probes)
        finally:
            sides.candidate.load(
                {layer: {role: yours[layer][role] for role in held} for layer, held in weights.items()}
            )

    def _rows(
        self, sides: Sides, amendments: tuple[Amendment, ...], probes: Iterable[str]
    ) -> tuple[tuple[Judgement, ...], tuple[Difference, ...]]:
        steps, outputs = [], []
        asked = asks(amendments)
        for name in probes:
            amended = _Amended(sides.candidate, amendments, self._lendable(name) if asked else {})
            runs = run(replace(sides, candidate=amended), self._faces[name], self._matches, twins=True)  # type: ignore[arg-type]
            steps.append([replace(compare(pair), probe=name) for pair in align(runs, self._matches)])
            outputs.append([replace(compare(pair), probe=name) for pair in align_outputs(runs)])
        differences = [worst(each) for each in zip(*steps, strict=True)]
        ends = tuple(worst(each) for each in zip(*outputs, strict=True))
        agree = all(each.agrees for each in ends)
        return judge_layers(self._matches, differences, self._ledger, agree), ends

    def _lendable(self, name: str) -> Mapping[bool, Mapping[str, Array]]:
        """What the reference's layers give on a probe, in float32 (False) and in float64, where that is to be had.

        Asked for before both sides run at once: a side answers one question at a time.
        """
        probe = self._faces[name][0]
        found = {False: self._sides.reference.run(probe).steps}
        with contextlib.suppress(NoTwin):
            found[True] = self._sides.reference.run(probe, double=True).steps
        return found

    def at_sizes_of(self, face: Face) -> Trial:
        """The same with those probes only that are of this one's size."""
        faces = [each for each in self._faces.values() if sizes_of(each[0]) == sizes_of(face[0])]
        return Trial(self._sides, faces, self._matches, self._ledger)

    @property
    def probes(self) -> tuple[str, ...]:
        """The names of all probes."""
        return tuple(self._faces)


def merged(amendments: Sequence[Amendment]) -> list[Amendment] | None:
    """One amendment a layer; None where two of them cannot both be made."""
    by_layer: dict[str, Amendment] = {}
    for each in amendments:
        other = by_layer.get(each.layer)
        if other is None:
            by_layer[each.layer] = each
            continue
        clash = any(other.words.get(word, value) != value for word, value in each.words.items())
        instead = _instead(other.instead, each.instead)
        apart = each.before and other.before and each.at != other.at
        if clash or apart or instead == _CLASH or (each.operands and other.operands) or (each.behind and other.behind):
            return None
        by_layer[each.layer] = Amendment(
            each.layer,
            words={**other.words, **each.words},
            operands=each.operands or other.operands,
            before=(*other.before, *each.before),
            at=each.at if each.before else other.at,
            instead=instead,
            after=(*other.after, *each.after),
            then=(*other.then, *each.then),
            behind=each.behind or other.behind,
        )
    return list(by_layer.values())


def merged_weights(weights: Sequence[Weights]) -> Weights:
    """All of these arrays, the last one of a layer and role."""
    found: dict[str, dict[str, Array]] = {}
    for each in weights:
        for layer, roles in each.items():
            found.setdefault(layer, {}).update(roles)
    return found


_CLASH = (Move(""),)


def _instead(one: tuple[Move, ...] | None, other: tuple[Move, ...] | None) -> tuple[Move, ...] | None:
    """What two amendments do in the place of one call: one and the same move, each with a change of its own."""
    if one is None or other is None or one == other:
        return other if one is None else one
    if len(one) != 1 or len(other) != 1 or one[0].name != other[0].name:
        return _CLASH
    mine, yours = one[0].arguments, other[0].arguments
    if any(mine[name] != yours[name] for name in mine if name in yours):
        return _CLASH
    return (Move(one[0].name, {**mine, **yours}),)


class _Remembering:
    """A side whose runs are made once and given again."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._runs: dict[tuple[int, bool], tuple[Probe, Trace]] = {}  # with the probe, or its id may be given again

    def __getattr__(self, name: str) -> Any:
        return getattr(self._side, name)

    def run(self, probe: Probe, *, double: bool = False, given: Mapping[str, Array] | None = None) -> Trace:
        if given is not None:
            return self._side.run(probe, double=double, given=given)
        if (id(probe), double) not in self._runs:
            self._runs[id(probe), double] = probe, self._side.run(probe, double=double)
        return self._runs[id(probe), double][1]


class _Amended:
    """A side that runs amended, with what the reference lends it, in float32 and in float64."""

    def __init__(
        self, side: Side, amendments: tuple[Amendment, ...], lendable: Mapping[bool, Mapping[str, Array]]
    ) -> None:
        self._side, self._amendments, self._lendable = side, amendments, lendable

    def __getattr__(self, name: str) -> Any:
        return getattr(self._side, name)

    def run(self, probe: Probe, *, double: bool = False, given: Mapping[str, Array] | None = None) -> Trace:
        amendments = granted(self._amendments, self._lendable[double]) if self._lendable else self._amendments
        return self._side.run(probe, double=double, given=given, amendments=amendments)
