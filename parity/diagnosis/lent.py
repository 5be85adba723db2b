"""Values that only the reference computes, lent to the candidate: what a branch that it lacks would have given it.

Where the candidate does not compute something at all, no change of its own code in memory brings it about. Whether
that is all it lacks can be proved nevertheless: with the reference's own values put in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from parity.errors import NoAmendment
from parity.moves import steps_of
from parity.nouns import Amendment, Array, Move

_LENDER = "reference:"


def lent(name: str) -> str:
    """The step of this name of the reference's, for a move of the candidate's to ask for."""
    return _LENDER + name


def is_lent(step: str) -> bool:
    """Whether a move asks the reference for this step."""
    return step.startswith(_LENDER)


def asks(amendments: Iterable[Amendment]) -> bool:
    """Whether one of these asks the reference for a step."""
    return any(is_lent(step) for each in amendments for step in steps_of(_all_of(each)))


def granted(amendments: Iterable[Amendment], steps: Mapping[str, Array]) -> tuple[Amendment, ...]:
    """The amendments with the reference's steps, which are canonical. Raises NoAmendment for one it did not give."""
    return tuple(
        replace(
            each,
            before=_granted(each.before, steps),
            instead=None if each.instead is None else _granted(each.instead, steps),
            after=_granted(each.after, steps),
            then=_granted(each.then, steps),
        )
        for each in amendments
    )


def _all_of(each: Amendment) -> tuple[Move, ...]:
    return (*each.before, *(each.instead or ()), *each.after, *each.then)


def _granted(moves: tuple[Move, ...], steps: Mapping[str, Array]) -> tuple[Move, ...]:
    found = []
    for move in moves:
        arguments = dict(move.arguments)
        if "step" in arguments:
            arguments["step"] = _step(arguments["step"], steps)
        if "sources" in arguments:
            arguments["sources"] = [_step(name, steps) for name in arguments["sources"]]
        found.append(Move(move.name, arguments))
    return tuple(found)


def _step(name: str, steps: Mapping[str, Array]) -> str | Array:
    if not is_lent(name):
        return name
    if (step := name.removeprefix(_LENDER)) not in steps:
        raise NoAmendment(f"{step}: the reference gave no such step")
    return steps[step]
