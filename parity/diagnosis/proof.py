"""Suspicions -> which of them are proved: the candidate runs again, amended, and the difference is gone or it is not.

A layer is judged alone, on the reference's own values, so that one run tries a suspicion of every layer at once.
Of several suspicions about the same rows the smallest set that explains them is sought. At last all that was
confirmed is amended together, and the whole network is looked at once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from parity.align import align, align_outputs
from parity.compare import compare, worst
from parity.diagnosis.cause import Suspicion
from parity.diagnosis.evidence import Evidence
from parity.errors import NoAmendment, SideFailed
from parity.judge import Judgement, judge_layers
from parity.look import Face
from parity.nouns import Amendment, Array, Difference, Ledger, Matches, Move, Probe, Side, Trace, Weights
from parity.run import Sides, run
from parity.sizes import sizes_of

MOST = 3
"""How many causes are tried together on one place."""
TRIES = 24
"""How many runs are made at most to find which of several causes it is."""


@dataclass(frozen=True)
class Suspect:
    """A suspicion and where it came from. `targets` are the rows in which its remedy must show."""

    cause: str
    evidence: Evidence
    suspicion: Suspicion
    targets: frozenset[str]


@dataclass(frozen=True)
class Proof:
    """What running the counterfactuals came to.

    `confirmed` are the suspects whose amendments bring what they explain down to rounding, with the distance that
    each target made before and after; `idle` are those that change nothing that could be seen. `explained` says
    whether all that was confirmed, together, leaves no difference; `left` names the rows that still differ.
    """

    confirmed: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    idle: frozenset[int] = frozenset()
    refused: Mapping[int, str] = field(default_factory=dict)
    explained: bool = False
    left: tuple[str, ...] = ()


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
        amended = _Amended(self._sides.candidate, tuple(amendments))
        mine, yours = self._sides.weights
        weights = weights or {}
        sides = replace(self._sides, candidate=amended, weights=(mine, merged_weights([yours, weights])))  # type: ignore[arg-type]
        try:
            sides.candidate.load(weights)
            return self._rows(sides, probes)
        finally:
            sides.candidate.load(
                {layer: {role: yours[layer][role] for role in held} for layer, held in weights.items()}
            )

    def _rows(self, sides: Sides, probes: Iterable[str]) -> tuple[tuple[Judgement, ...], tuple[Difference, ...]]:
        steps, outputs = [], []
        for name in probes:
            runs = run(sides, self._faces[name], self._matches, twins=True)
            steps.append([replace(compare(pair), probe=name) for pair in align(runs, self._matches)])
            outputs.append([replace(compare(pair), probe=name) for pair in align_outputs(runs)])
        differences = [worst(each) for each in zip(*steps, strict=True)]
        ends = tuple(worst(each) for each in zip(*outputs, strict=True))
        agree = all(each.agrees for each in ends)
        return judge_layers(self._matches, differences, self._ledger, agree), ends

    def at_sizes_of(self, face: Face) -> Trial:
        """The same with those probes only that are of this one's size."""
        faces = [each for each in self._faces.values() if sizes_of(each[0]) == sizes_of(face[0])]
        return Trial(self._sides, faces, self._matches, self._ledger)

    @property
    def probes(self) -> tuple[str, ...]:
        """The names of all probes."""
        return tuple(self._faces)


def prove(suspects: Sequence[Suspect], rows: Sequence[Judgement], trial: Trial) -> Proof:
    """Run the counterfactuals of all suspects that have any."""
    before = {row.match.name: row for row in rows}
    idle = idlers(suspects, rows)
    tried = [n for n, each in enumerate(suspects) if each.suspicion.amendments or each.suspicion.weights]
    runnable = [number for number in tried if number not in idle]
    if not runnable:
        return Proof(idle=idle)
    probes = _probes(suspects, before, trial)
    found, refused = _search(suspects, runnable, trial, probes)
    at_the_end = [n for n in runnable if n not in refused and not suspects[n].targets]
    every = sorted({*found, *at_the_end})
    amended = merged([each for n in every for each in suspects[n].suspicion.amendments])
    left: tuple[str, ...] = ()
    explained = False
    if amended is not None and every:
        try:
            weights = merged_weights([suspects[n].suspicion.weights for n in every])
            last, outputs = trial.rows(amended, trial.probes, weights)
            explained = all(each.agrees for each in outputs) and not any(row.faulty for row in last)
            left = tuple(row.match.name for row in last if row.source)
            if at_the_end and explained:
                found |= dict.fromkeys(at_the_end, (_farthest(trial.rows((), trial.probes)[1]), _farthest(outputs)))
        except (NoAmendment, SideFailed) as error:
            refused |= dict.fromkeys(at_the_end, str(error))
    return Proof(found, idle, refused, explained, left)


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
        if clash or instead == _CLASH or (each.operands and other.operands) or (each.behind and other.behind):
            return None
        by_layer[each.layer] = Amendment(
            each.layer,
            words={**other.words, **each.words},
            operands=each.operands or other.operands,
            before=(*other.before, *each.before),
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


def _search(
    suspects: Sequence[Suspect], runnable: Sequence[int], trial: Trial, probes: Sequence[str]
) -> tuple[dict[int, tuple[float, float]], dict[int, str]]:
    """For each group of suspects about the same rows, the smallest set that takes their difference away."""
    waiting = {number: _subsets(group) for number, group in enumerate(_groups(suspects, runnable))}
    found: dict[int, tuple[float, float]] = {}
    refused: dict[int, str] = {}
    before = {row.match.name: row for each in suspects[:1] for row in each.evidence.network.all_rows}
    for _ in range(TRIES):
        trying = {number: subset for number, subsets in waiting.items() if (subset := next(subsets, None))}
        if not trying:
            break
        for number, after in _tried(suspects, trying, trial, probes, refused):
            targets = frozenset.union(*(suspects[n].targets for n in trying[number]))
            if all(_at_rest(after[name]) for name in targets):
                made = max((_alone(before[name]) for name in targets), default=float("nan"))
                now = max((_alone(after[name]) for name in targets), default=float("nan"))
                found |= dict.fromkeys(trying[number], (made, now))
                waiting[number] = iter(())
    return found, refused


def _tried(
    suspects: Sequence[Suspect],
    trying: Mapping[int, tuple[int, ...]],
    trial: Trial,
    probes: Sequence[str],
    refused: dict[int, str],
) -> Iterator[tuple[int, Mapping[str, Judgement]]]:
    """One set of each group amended at once; each by itself where the network refuses them together."""
    amended = merged([a for subset in trying.values() for n in subset for a in suspects[n].suspicion.amendments])
    weights = merged_weights([suspects[n].suspicion.weights for subset in trying.values() for n in subset])
    if amended is not None:
        try:
            after = {row.match.name: row for row in trial.rows(amended, probes, weights)[0]}
            yield from ((number, after) for number in trying)
            return
        except NoAmendment as error:
            if len(trying) == 1:
                refused |= {number: str(error) for subset in trying.values() for number in subset}
                return
    elif len(trying) == 1:
        return
    for number, subset in trying.items():
        yield from _tried(suspects, {number: subset}, trial, probes, refused)


def _groups(suspects: Sequence[Suspect], runnable: Sequence[int]) -> list[list[int]]:
    """Suspects that share a target stand together."""
    groups: list[tuple[set[str], list[int]]] = []
    for number in runnable:
        targets = set(suspects[number].targets)
        if not targets:
            continue
        near = [group for group in groups if group[0] & targets]
        groups = [group for group in groups if not group[0] & targets]
        groups.append(
            (targets.union(*(each[0] for each in near)), sorted([number, *(n for each in near for n in each[1])]))
        )
    return [numbers for _, numbers in groups]


def _subsets(group: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for size in range(1, min(len(group), MOST) + 1):
        yield from combinations(group, size)
    if len(group) > MOST:
        yield tuple(group)


def _probes(suspects: Sequence[Suspect], before: Mapping[str, Judgement], trial: Trial) -> list[str]:
    """The probes that show what is to be explained, the first one always."""
    shown = {before[name].difference.probe.rpartition(", ")[0] for each in suspects for name in each.targets}
    return [name for number, name in enumerate(trial.probes) if number == 0 or name in shown]


def idlers(suspects: Sequence[Suspect], rows: Sequence[Judgement]) -> frozenset[int]:
    """Suspects about rows that make no difference by themselves: what they say is true and does not matter here."""
    before = {row.match.name: row for row in rows}

    def idle(each: Suspect) -> bool:
        alone = [before[name].difference.made_here for name in each.targets]
        return bool(alone) and all(made is False for made in alone) and not each.suspicion.stated

    return frozenset(number for number, each in enumerate(suspects) if idle(each))


def _at_rest(row: Judgement) -> bool:
    """Whether a row, seen alone, makes no more than rounding."""
    return row.difference.made_here is False


def _farthest(outputs: Sequence[Difference]) -> float:
    """How far the outputs lie apart, in the widest precision that was run."""
    apart = [each.max_abs if each.gap is None else each.gap for each in outputs]
    return max((float("inf") if each is None else each for each in apart), default=float("nan"))


def _alone(row: Judgement) -> float:
    made = row.difference.isolated
    return float("nan") if made is None else made


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
    """A side that runs amended."""

    def __init__(self, side: Side, amendments: tuple[Amendment, ...]) -> None:
        self._side, self._amendments = side, amendments

    def __getattr__(self, name: str) -> Any:
        return getattr(self._side, name)

    def run(self, probe: Probe, *, double: bool = False, given: Mapping[str, Array] | None = None) -> Trace:
        return self._side.run(probe, double=double, given=given, amendments=self._amendments)
