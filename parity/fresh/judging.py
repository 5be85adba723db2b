"""What both sides drew for one array -> the row that tells whether they draw alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parity.fresh.drawing import Drawn
from parity.fresh.meetings import Meeting
from parity.fresh.telling_apart import Answer, apart, finds
from parity.nouns import Array
from parity.port import read_by

SAME, OTHER, FROZEN, UNCLEAR, LONELY, ASIDE = "same", "other", "frozen", "unclear", "lonely", "aside"
TOO_LITTLE = 0.5
"""A comparison that would not see a deviation off by half says nothing."""
_GAIN = 1e-3


@dataclass(frozen=True)
class Held:
    """Both sides of one meeting after their draws, and the answers of each block that moves on both."""

    meeting: Meeting
    reference: Drawn | None
    candidate: Drawn | None
    answers: tuple[tuple[int, tuple[Answer, ...]], ...] = ()
    exact: tuple[str, ...] = ()
    """What differs without any doubt of statistics."""
    frozen: tuple[str, ...] = ()

    @property
    def asked(self) -> int:
        """How many questions were put."""
        return sum(len(answers) for _, answers in self.answers)


def held(meeting: Meeting, reference: Drawn | None, candidate: Drawn | None) -> Held:
    """Hold two arrays against each other: what stands still exactly, and what moves by its distribution."""
    if meeting.reason or meeting.aside:
        return Held(meeting, reference, candidate)
    if reference is None or candidate is None:
        if candidate is not None and meeting.neutral is not None:
            plain = candidate.fixed and candidate.held is not None and bool(np.all(candidate.held == meeting.neutral))
            told = f"the reference has none, which computes as {meeting.neutral:g} does"
            return Held(meeting, None, candidate, exact=() if plain else (told,))
        return Held(meeting, reference, candidate)
    if endless := [name for name, each in _sides(reference, candidate) if not each.finite]:
        return Held(meeting, reference, candidate, exact=(f"the {' and the '.join(endless)} draws NaN or infinity",))
    exact, frozen, answers = _still(meeting, reference, candidate), [], []
    for side, each in _sides(reference, candidate):
        if each.fixed and not each.patterned and (_trained(meeting) or not _equal(reference, candidate)):
            frozen.append(side)  # a table that is never trained may well be the same under every seed
    if reference.orthogonal != candidate.orthogonal and not (reference.fixed or candidate.fixed):
        exact.append(_matrices(reference, candidate))
    elif reference.orthogonal and abs(reference.gain - candidate.gain) > _GAIN * reference.gain:
        exact.append(f"the gain of the orthogonal matrix is {reference.gain:.4g} against {candidate.gain:.4g}")
    for at in range(reference.blocks):
        one, other = reference.block(at), candidate.block(at)
        if not one.fixed and not other.fixed:
            answers.append((at, tuple(apart(one, other))))
    return Held(meeting, reference, candidate, tuple(answers), () if frozen else tuple(exact), tuple(frozen))


def status_of(each: Held, questions: int, level: float) -> tuple[str, float | None, float | None, tuple[str, ...]]:
    """The status of a row, its corrected p-value, what it would find, and what differs in words."""
    meeting = each.meeting
    if meeting.aside:
        return ASIDE, None, None, ()
    if meeting.reason or each.candidate is None or (each.reference is None and meeting.neutral is None):
        return LONELY, None, None, ()
    if each.frozen:
        return FROZEN, None, None, ()
    least, found = 1.0, 0.0
    words: dict[str, str] = {}
    for at, answers in each.answers:
        low = [answer for answer in answers if answer.p * questions <= level]
        words[meeting.gates[at]] = _told(low) if low else ""
        least = min(least, *(answer.p for answer in answers))
        if each.reference is not None:
            found = max(found, finds(each.reference.block(at), each.candidate.block(at), level / max(questions, 1)))
    told = [*each.exact, *_by_gate(words)]
    p = 0.0 if each.exact else min(1.0, least * questions)
    if told:
        return OTHER, p, found, tuple(told)
    return (UNCLEAR if found > TOO_LITTLE else SAME), (p if each.answers else 1.0), found, ()


def _by_gate(words: Mapping[str, str]) -> list[str]:
    """What differs at each gate; once where it is the same at all of them."""
    if len(set(words.values())) == 1:
        return [each for each in dict.fromkeys(words.values()) if each]
    return [f"{gate} gate: {each}" for gate, each in words.items() if each]


def _told(answers: Sequence[Answer]) -> str:
    words = [answer.question for answer in answers]
    ends = [word for word in words if word.endswith("end")]
    rest = [word for word in words if not word.endswith("end")]
    both = ["both ends"] if len(ends) == 2 else ends
    return (
        " and ".join(filter(None, [", ".join([*rest, *both][:-1]), [*rest, *both][-1]]))
        + " differ"
        + ("s" if len([*rest, *both]) == 1 and both != ["both ends"] else "")
    )


def _still(meeting: Meeting, reference: Drawn, candidate: Drawn) -> list[str]:
    """How the elements that no seed moves differ."""
    if reference.still is None and candidate.still is None:
        return []
    none = np.zeros(int(np.prod(reference.shape)), np.bool_)
    one, other = (none if each.still is None else each.still for each in (reference, candidate))
    if bool(one.all()) != bool(other.all()) and not (one.any() and other.any()):
        fixed, drawn = ("reference", "candidate") if one.all() else ("candidate", "reference")
        return [f"the {fixed}'s is the same under every seed, the {drawn}'s is drawn"]
    if not np.array_equal(one, other):
        counts = f"{int(one.sum()):,} of {one.size:,} elements against {int(other.sum()):,}"
        return [f"{counts} are the same under every seed{_which(meeting, one ^ other)}"]
    if _equal(reference, candidate):
        return []
    assert reference.held is not None and candidate.held is not None
    unlike = ~np.isclose(reference.held, candidate.held, rtol=1e-6, atol=0)
    at = int(np.argmax(unlike))
    where = np.zeros(one.size, np.bool_)
    where[np.flatnonzero(one)[unlike]] = True
    values = f"{reference.held[at]:.4g} against {candidate.held[at]:.4g}"
    return [f"what stands there under every seed is {values}{_which(meeting, where)}"]


def _which(meeting: Meeting, mask: Array) -> str:
    """The gates to which the marked elements are confined, where there are gates."""
    wanted = meeting.reference or meeting.candidate
    if wanted is None or wanted.gates is None:
        return ""
    rows = np.moveaxis(mask.reshape(wanted.shape), wanted.gates, 0).reshape(wanted.blocks, -1)
    names = [name for name, row in zip(meeting.gates, rows, strict=True) if row.any()]
    return f" (gate {', '.join(names)})" if len(names) < wanted.blocks else ""


def _sides(reference: Drawn, candidate: Drawn) -> tuple[tuple[str, Drawn], ...]:
    return ("reference", reference), ("candidate", candidate)


def _trained(meeting: Meeting) -> bool:
    """Whether training changes the array on either side."""
    each = [read_by(layer).get(meeting.role) for layer in meeting.layers if layer]
    return any(parameter is not None and parameter.trainable for parameter in each)


def _equal(one: Drawn, other: Drawn) -> bool:
    """Whether what stands still is the same on both sides, to rounding."""
    if one.held is None or other.held is None or one.held.shape != other.held.shape:
        return False
    return bool(np.allclose(one.held, other.held, rtol=1e-6, atol=0))


def _matrices(reference: Drawn, candidate: Drawn) -> str:
    words = {"whole": "orthogonal as one matrix", "gates": "orthogonal gate by gate", "": "not orthogonal"}
    return f"{words[reference.orthogonal]} against {words[candidate.orthogonal]}"
