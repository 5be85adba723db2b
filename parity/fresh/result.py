"""What a comparison of fresh weights came to, and the document (schema `parity-init/1`) that is told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from parity import report
from parity.case import Case
from parity.errors import DIVERGENCE, PARITY
from parity.errors import INCONCLUSIVE as INCONCLUSIVE_CODE
from parity.fresh.advice import Advice
from parity.fresh.judging import FROZEN, LONELY, OTHER, SAME, UNCLEAR

SCHEMA = "parity-init/1"
INCONCLUSIVE = "inconclusive"
_CODES = {SAME: PARITY, OTHER: DIVERGENCE, INCONCLUSIVE: INCONCLUSIVE_CODE}
_SHOWN = 3


@dataclass(frozen=True)
class Face:
    """What one side drew for an array.

    `arrays` are its native names, several where it is a sum. `name` is the initialiser, with the gates that have
    another one; empty where the shelf has none. `law` is the distribution in words, `sentences` tell what
    each initialiser is, `said` what the framework
    says of it, `also` what the sample bears out as well. The numbers are of all builds.
    """

    arrays: tuple[str, ...]
    name: str
    law: str
    sentences: tuple[str, ...]
    also: tuple[str, ...]
    said: str
    mean: float
    deviation: float
    low: float
    high: float
    orthogonal: str
    fixed: bool


@dataclass(frozen=True)
class Row:
    """One array of the two networks.

    `status` is "same", "other", "frozen" (a side gives the same numbers under every seed, although they look drawn),
    "unclear" (so few numbers that half the deviation would pass), "lonely" (nothing answers it) or "aside" (nothing
    answers it, and that does not matter). `p` is corrected for all that was asked, `finds` the smallest difference of
    the deviation, as a share, that would be found 19 times in 20; `apart` says in words what differs.
    """

    layer: str
    candidate_layer: str
    role: str
    status: str
    reference: Face | None
    candidate: Face | None
    p: float | None = None
    finds: float | None = None
    apart: tuple[str, ...] = ()
    reason: str = ""
    places: tuple[str, str] = ("", "")
    advice: Advice | None = None

    @property
    def name(self) -> str:
        return f"{self.layer}.{self.role}"


@dataclass(frozen=True)
class Initialisation:
    """Whether two networks draw their fresh weights from the same distributions.

    `verdict` is "same", "other" or "inconclusive". `level` is how often two networks that draw alike are called
    other, `questions` how many tests share it, `builds` how often each side was built.
    """

    case: Case
    verdict: str
    reasons: tuple[str, ...]
    frameworks: tuple[str, str]
    rows: tuple[Row, ...]
    builds: int
    level: float
    questions: int
    timings: Mapping[str, float]

    @property
    def ok(self) -> bool:
        """All arrays are drawn alike."""
        return self.verdict == SAME

    @property
    def exit_code(self) -> int:
        return _CODES[self.verdict]

    def to_dict(self) -> dict[str, Any]:
        """The document, schema `parity-init/1`: plain data, ready for JSON."""
        return {
            "schema": SCHEMA,
            "case": self.case.name,
            "title": self.case.title,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "frameworks": {"reference": self.frameworks[0], "candidate": self.frameworks[1]},
            "builds": self.builds,
            "level": self.level,
            "questions": self.questions,
            "arrays": [_row(each) for each in self.rows],
            "timings": {stage: round(seconds, 3) for stage, seconds in self.timings.items()},
        }

    def save(self, path: str | Path) -> None:
        """Write a report, whole or not at all; the suffix decides its format. Raises UsageError for another suffix."""
        report.save(self.to_dict(), Path(path))

    def __str__(self) -> str:
        return report.render(self.to_dict(), "text")


def judged(rows: Sequence[Row]) -> tuple[str, tuple[str, ...]]:
    """The verdict of all rows, and why it is not "same"."""
    by = {status: [each for each in rows if each.status == status] for status in (SAME, OTHER, FROZEN, UNCLEAR, LONELY)}
    reasons = []
    if by[OTHER]:
        reasons.append(f"{_count(by[OTHER])} drawn from another distribution: {_names(by[OTHER])}")
    if by[FROZEN]:
        reasons.append(
            f"{_count(by[FROZEN])} the same under every seed, although drawn once: {_names(by[FROZEN])}. Are they "
            "loaded from a file, made when the module is imported, or drawn by an initialiser with a seed of its own?"
        )
    if by[UNCLEAR]:
        reasons.append(f"{_count(by[UNCLEAR])} too small to tell: {_names(by[UNCLEAR])}. Ask for more builds")
    if by[LONELY]:
        reasons.append(f"{_count(by[LONELY])} without one to be held against: {_names(by[LONELY])}")
    if not by[SAME] and not by[OTHER]:
        reasons.append("no array of the two networks could be compared")
    return (OTHER if by[OTHER] else INCONCLUSIVE if reasons else SAME), tuple(reasons)


def _count(rows: Sequence[Row]) -> str:
    return "1 array is" if len(rows) == 1 else f"{len(rows)} arrays are"


def _names(rows: Sequence[Row]) -> str:
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return ", ".join(each.name for each in rows[:_SHOWN]) + more


def _row(each: Row) -> dict[str, Any]:
    return {
        "layer": each.layer,
        "candidate_layer": each.candidate_layer,
        "role": each.role,
        "status": each.status,
        "reference": None if each.reference is None else _face(each.reference),
        "candidate": None if each.candidate is None else _face(each.candidate),
        "p": each.p,
        "finds": each.finds,
        "apart": list(each.apart),
        "reason": each.reason,
        "places": {"reference": each.places[0], "candidate": each.places[1]},
        "advice": None if each.advice is None else _advice(each.advice),
    }


def _face(face: Face) -> dict[str, Any]:
    lists = {"arrays": list(face.arrays), "sentences": list(face.sentences), "also": list(face.also)}
    numbers = {name: getattr(face, name) for name in ("mean", "deviation", "low", "high")}
    finite = {name: number if math.isfinite(number) else None for name, number in numbers.items()}
    return {**asdict(face), **lists, **finite}


def _advice(advice: Advice) -> dict[str, Any]:
    place = advice.place
    return {
        "code": list(advice.code),
        "place": None if place is None else {"file": place.file, "line": place.line, "code": place.code},
        "p": advice.p,
    }
