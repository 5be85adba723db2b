"""What the candidate's own arrays are, where they are not what a port would carry: the simplest reading of each.

Several causes may fit one array: a reordering of channels fits whatever a wrong order of gates fits. The one of
the lowest rank is believed, and where two of a rank fit equally both are told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from parity.diagnosis.cause import Cause, Guise, Suspicion
from parity.diagnosis.evidence import Evidence

_ROLES = {"recurrent": "recurrent kernel", "recurrent_bias": "recurrent bias"}
"""Roles in a sentence, where their names are not words."""


def suspected(evidence: Evidence, causes: Mapping[str, Cause]) -> Iterator[tuple[str, Suspicion]]:
    """One suspicion for each cause that is believed of some of a layer's arrays; all else is another array."""
    believed: dict[str, dict[str, Guise]] = {}
    rivals: dict[str, dict[str, None]] = {}
    for role in evidence.apart:
        fits = list(_fits(evidence, role, causes))
        if fits:
            rank, code, guise = fits[0]
            believed.setdefault(code, {})[role] = guise
            for also, name, other in fits[1:]:
                if also == rank and other != guise:
                    rivals.setdefault(code, {})[other.told if name == code else name] = None
    for code, guises in believed.items():
        sentence = "; ".join(_told(guises))
        also_fitting = ", ".join(rivals.get(code, {}))
        yield (
            code,
            Suspicion(
                f"{sentence} (or, which fits as well: {also_fitting})" if also_fitting else sentence,
                (_joined(guises, 0), _joined(guises, 1)),
                script="; ".join(dict.fromkeys(each.mend for each in guises.values() if each.mend)),
                weights={evidence.candidate.name: {role: evidence.apart[role][0] for role in guises}},
            ),
        )


def _fits(evidence: Evidence, role: str, causes: Mapping[str, Cause]) -> Iterator[tuple[int, str, Guise]]:
    """Rank by rank, and nothing more once one fits: what fits more arrays costs more to try."""
    asked = sorted((cause.rank, code) for code, cause in causes.items() if cause.guises)
    found: int | None = None
    for rank, code in asked:
        if found is not None and rank > found:
            return
        for guise in causes[code].guises(evidence, role):  # type: ignore[misc]
            found = rank
            yield rank, code, guise


def _told(guises: Mapping[str, Guise]) -> Iterator[str]:
    """A sentence for each guise, with all the roles that wear it."""
    by_guise: dict[str, list[str]] = {}
    for role, guise in guises.items():
        by_guise.setdefault(guise.told, []).append(_ROLES.get(role, role))
    for told, roles in by_guise.items():
        yield f"its {' and '.join([', '.join(roles[:-1]), roles[-1]] if roles[1:] else roles)} {_is(roles)} {told}"


def _is(roles: list[str]) -> str:
    return "are" if roles[1:] else "is"


def _joined(guises: Mapping[str, Guise], side: int) -> str:
    return ", ".join(dict.fromkeys(each.values[side] for each in guises.values()))
