"""Matched layers -> which arrays of both sides are to be drawn from one distribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parity.fresh.drawing import Wanted
from parity.nouns import Layer, Match, Matches, Origin, Parameter
from parity.port import Carry, Place, plan, read_by, roles_of

Origins = Mapping[str, Mapping[str, Origin]]
GATES: Mapping[str, tuple[str, ...]] = {
    "lstm": ("input", "forget", "candidate", "output"),
    "gru": ("reset", "update", "new"),
}
"""The gates of each kind in canonical order."""


@dataclass(frozen=True)
class Meeting:
    """One array of the reference and what answers it. Either is None where that side has no such array.

    `neutral` is the value with which the candidate computes what a reference without this array does. `reason`
    says why the two cannot be held against each other; `aside` why that does not matter.
    """

    match: Match
    role: str
    reference: Wanted | None
    candidate: Wanted | None
    neutral: float | None = None
    reason: str = ""
    aside: str = ""

    @property
    def layers(self) -> tuple[Layer | None, Layer | None]:
        return self.match.reference, self.match.candidate

    @property
    def gates(self) -> tuple[str, ...]:
        """The names of the blocks, one without a name where there are no gates."""
        wanted = self.reference or self.candidate
        count = wanted.blocks if wanted else 1
        return GATES.get(self.match.kind, tuple(map(str, range(count)))) if count > 1 else ("",)


def meetings(matches: Matches, origins: tuple[Origins, Origins]) -> list[Meeting]:
    """One for each array of both sides that some layer reads."""
    found: list[Meeting] = []
    by_name = {match.name: match for match in matches}
    added: dict[Place, list[Place]] = {}  # what the candidate only adds to an array of its own, by the place of that
    for carry in plan(matches):
        match, entry = by_name[carry.entry.layer], carry.entry
        role = roles_of(match.kind).get(entry.role)
        if entry.use == "neutral" and carry.target and role and role.joins:
            added.setdefault((carry.target[0], role.joins), []).append(carry.target)
        elif carry.target is not None:
            found.append(_carried(match, carry, carry.target))
        elif entry.use != "summed":  # that is a term of another meeting
            found.append(_uncarried(match, carry, origins))
    return [_seen(_with(each, added), origins) for each in found]


def _carried(match: Match, carry: Carry, target: Place) -> Meeting:
    """What a port would carry there meets what is there."""
    role = carry.entry.role
    theirs = Wanted((target,), carry.shape, _gate_axis(match.candidate, role))
    terms = tuple(place for place, sign in carry.sources if sign > 0)
    if not terms:
        return Meeting(match, role, None, theirs, neutral=carry.value)
    return Meeting(match, role, Wanted(terms, carry.shape, _gate_axis(match.reference, role)), theirs)


def _uncarried(match: Match, carry: Carry, origins: tuple[Origins, Origins]) -> Meeting:
    """What a port leaves. Two arrays of one shape meet all the same: no save file needs to hold them here."""
    entry = carry.entry
    mine = _alone(match.reference, entry.role, origins[0]) if entry.reference else None
    yours = _alone(match.candidate, entry.role, origins[1]) if entry.candidate else None
    if entry.use in ("folded", "cancelled"):
        norm = "batch norm" if entry.use == "folded" else "norm"
        return Meeting(match, entry.role, mine, None, aside=f"the {norm} behind it takes it away")
    if mine and yours and mine.shape == yours.shape:
        return Meeting(match, entry.role, mine, yours)
    return Meeting(match, entry.role, mine, yours, reason=entry.reason or "it has no counterpart")


def _with(meeting: Meeting, added: Mapping[Place, list[Place]]) -> Meeting:
    """The meeting with what the candidate only ever adds to its array."""
    wanted = meeting.candidate
    more = added.get(wanted.terms[0], []) if wanted else []
    return replace(meeting, candidate=replace(wanted, terms=(*wanted.terms, *more))) if wanted and more else meeting


def _seen(meeting: Meeting, origins: tuple[Origins, Origins]) -> Meeting:
    """The meeting without what a side cannot show."""

    def shown(wanted: Wanted | None, known: Origins) -> Wanted | None:
        whole = wanted is not None and all(role in known.get(layer, {}) for layer, role in wanted.terms)
        return wanted if whole else None

    mine, yours = shown(meeting.reference, origins[0]), shown(meeting.candidate, origins[1])
    if (mine, yours) == (meeting.reference, meeting.candidate):
        return meeting
    return replace(meeting, reference=mine, candidate=yours, reason=meeting.reason or "a side cannot show its array")


def _alone(layer: Layer | None, role: str, origins: Origins) -> Wanted | None:
    """An array by itself, where its side can show it."""
    if layer is None or role not in origins.get(layer.name, {}) or role not in read_by(layer):
        return None
    return Wanted(((layer.name, role),), read_by(layer)[role].shape, _gate_axis(layer, role))


def _gate_axis(layer: Layer | None, role: str) -> int | None:
    each: Parameter | None = read_by(layer).get(role) if layer else None
    words = each.axes.split() if each else []
    return words.index("gate") if "gate" in words else None
