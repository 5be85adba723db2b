"""Suspicions -> which of them are proved: the candidate runs again, amended, and the difference is gone or it is not.

A layer is judged alone, on the reference's own values, so that one run tries a suspicion of every layer at once.
Of several suspicions about the same rows the smallest set that explains them is sought. At last all that was
confirmed is amended together, and the whole network is looked at once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from parity.diagnosis.cause import Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.replaced import replacing
from parity.diagnosis.trial import Trial, merged, merged_weights
from parity.errors import NoAmendment, SideFailed
from parity.judge import Judgement
from parity.nouns import Amendment, Difference

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
    each target made before and after; `idle` are those that change nothing that could be seen, `needless` those
    without which the others do as much. `explained` says whether all that was confirmed, together, leaves no
    difference; `left` names the rows that still differ, `resting` those that then make none alone. `lent` are rows
    that gave the reference's values meanwhile: what is wrong with them is stated, and not to be run.
    """

    confirmed: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    idle: frozenset[int] = frozenset()
    needless: frozenset[int] = frozenset()
    refused: Mapping[int, str] = field(default_factory=dict)
    explained: bool = False
    left: tuple[str, ...] = ()
    lent: tuple[str, ...] = ()
    resting: frozenset[str] = frozenset()


def prove(suspects: Sequence[Suspect], rows: Sequence[Judgement], trial: Trial) -> Proof:
    """Run the counterfactuals of all suspects that have any."""
    before = {row.match.name: row for row in rows}
    idle = idlers(suspects, rows)
    tried = [n for n, each in enumerate(suspects) if each.suspicion.amendments or each.suspicion.weights]
    runnable = [number for number in tried if number not in idle]
    probes = _probes(suspects, before, trial)
    found, refused = _search(suspects, runnable, trial, probes, {})
    unseen = [number for number, each in enumerate(suspects) if _unseen(each, before)]
    if again := [n for n in unseen if found and n in runnable and n not in found]:
        found |= _search(suspects, again, trial, probes, {}, sorted(found))[0]
    stated = [each for n, each in enumerate(suspects) if each.suspicion.stated and n not in found]
    lent = replacing((each.evidence, each.suspicion.covers) for each in stated)
    explained = frozenset[str]().union(*(suspects[n].targets for n in found))
    hidden = [n for n in runnable if n not in found and suspects[n].targets - lent.keys() - explained]
    if lent and hidden:  # what is stated of one layer may hide what is to be proved of another
        more, _ = _search(suspects, hidden, trial, probes, lent)
        found |= more
        refused = {number: why for number, why in refused.items() if number not in more}
    needless = _needless(suspects, found, unseen, trial, probes, lent)
    found = {number: made for number, made in found.items() if number not in needless}
    at_the_end = [n for n in runnable if n not in refused and not suspects[n].targets]
    confirmed = [suspects[n] for n in sorted({*found, *at_the_end})]
    told = {name for each in (*confirmed, *stated) for name in each.suspicion.covers}
    end = None
    for given in (lent, {}) if lent else ({},):
        try:
            end = end or _at_once(confirmed, given, told, trial)
        except (NoAmendment, SideFailed) as error:
            refused |= dict.fromkeys(at_the_end, str(error))
    if end is None:
        return Proof(found, idle, needless, refused)
    needless |= {number for number in unseen if suspects[number].targets <= end.resting} - found.keys()
    if at_the_end and end.explained:
        refused = {number: why for number, why in refused.items() if number not in at_the_end}
        found |= dict.fromkeys(at_the_end, (_farthest(trial.rows((), trial.probes)[1]), end.farthest))
    return Proof(found, idle, needless, refused, end.explained, end.left, end.lent, end.resting)


@dataclass(frozen=True)
class _End:
    """What both networks come to with all that was confirmed amended, and some layers `lent` by the reference."""

    explained: bool
    left: tuple[str, ...]
    lent: tuple[str, ...]
    farthest: float
    resting: frozenset[str]


def _at_once(confirmed: Sequence[Suspect], lent: Mapping[str, Amendment], told: set[str], trial: Trial) -> _End | None:
    """All at once; None where there is nothing to run, or two changes cannot both be made. Raises NoAmendment."""
    amended = _with([each for one in confirmed for each in one.suspicion.amendments], lent)
    if amended is None or not (confirmed or lent):
        return None
    last, outputs = trial.rows(amended, trial.probes, merged_weights([each.suspicion.weights for each in confirmed]))
    rows = [
        row for row in last if row.match.name not in lent and not (row.status == "lonely" and row.match.name in told)
    ]
    return _End(
        all(each.agrees for each in outputs) and not any(row.faulty for row in rows),
        tuple(row.match.name for row in rows if row.source),
        tuple(lent),
        _farthest(outputs),
        frozenset(row.match.name for row in rows if _at_rest(row)),
    )


def _with(amendments: Sequence[Amendment], lent: Mapping[str, Amendment]) -> list[Amendment] | None:
    """These together, where some layers give the reference's values; None where two of them cannot both be made."""
    given = {each.layer for each in lent.values()}
    return merged([*(each for each in amendments if each.layer not in given), *lent.values()])


def _search(
    suspects: Sequence[Suspect],
    runnable: Sequence[int],
    trial: Trial,
    probes: Sequence[str],
    lent: Mapping[str, Amendment],
    base: Sequence[int] = (),
) -> tuple[dict[int, tuple[float, float]], dict[int, str]]:
    """For each group of suspects about the same rows, the smallest set that takes their difference away.

    Rows that are `lent` the reference's values say nothing. `base` are those that are amended all the while.
    """
    waiting = {number: _subsets(group) for number, group in enumerate(_groups(suspects, runnable))}
    found: dict[int, tuple[float, float]] = {}
    refused: dict[int, str] = {}
    before = {row.match.name: row for each in suspects[:1] for row in each.evidence.network.all_rows}
    for _ in range(TRIES):
        trying = {number: subset for number, subsets in waiting.items() if (subset := next(subsets, None))}
        if not trying:
            break
        for number, after in _tried(suspects, trying, trial, probes, lent, refused, base):
            targets = frozenset.union(*(suspects[n].targets for n in trying[number])) - lent.keys()
            if all(_at_rest(after[name]) for name in targets):
                made = max((_alone(before[name]) for name in targets), default=float("nan"))
                now = max((_alone(after[name]) for name in targets), default=float("nan"))
                found |= dict.fromkeys(trying[number], (made, now))
                waiting[number] = iter(())
    return found, refused


def _needless(
    suspects: Sequence[Suspect],
    found: Iterable[int],
    unseen: Sequence[int],
    trial: Trial,
    probes: Sequence[str],
    lent: Mapping[str, Amendment],
) -> frozenset[int]:
    """Those of the found without which all is at rest as well: what they say only follows from another one.

    A map of another size makes windows behind it come out otherwise. Only rows that were not seen alone are in
    doubt: elsewhere the inputs were the reference's. The last is asked first, as what follows stands behind.
    """
    kept = set(found)
    for number in sorted(kept.intersection(unseen), reverse=True):
        rest = sorted(kept - {number})
        amended = _with([each for n in rest for each in suspects[n].suspicion.amendments], lent)
        targets = frozenset.union(*(suspects[n].targets for n in kept)) - lent.keys()
        if not rest or amended is None or not suspects[number].targets - lent.keys():
            continue
        try:
            weights = merged_weights([suspects[n].suspicion.weights for n in rest])
            after = {row.match.name: row for row in trial.rows(amended, probes, weights)[0]}
        except (NoAmendment, SideFailed):
            continue
        if all(_at_rest(after[name]) for name in targets):
            kept.remove(number)
    return frozenset(found) - kept


def _tried(
    suspects: Sequence[Suspect],
    trying: Mapping[int, tuple[int, ...]],
    trial: Trial,
    probes: Sequence[str],
    lent: Mapping[str, Amendment],
    refused: dict[int, str],
    base: Sequence[int],
) -> Iterator[tuple[int, Mapping[str, Judgement]]]:
    """One set of each group amended at once; each by itself where the network refuses them together."""
    numbers = [*base, *(n for subset in trying.values() for n in subset)]
    amended = _with([a for n in numbers for a in suspects[n].suspicion.amendments], lent)
    weights = merged_weights([suspects[n].suspicion.weights for n in numbers])
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
        yield from _tried(suspects, {number: subset}, trial, probes, lent, refused, base)


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


def _unseen(suspect: Suspect, before: Mapping[str, Judgement]) -> bool:
    """Whether none of the rows of a suspect could be seen alone, as what they read has another shape."""
    alone = [before[name].difference.made_here for name in suspect.targets]
    return bool(alone) and all(made is None for made in alone)


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
