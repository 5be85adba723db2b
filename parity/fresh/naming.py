"""A sample -> the initialiser that draws so: by the framework's own word where the sample bears it out, or by fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity import shelf
from parity.fresh.drawing import Drawn
from parity.fresh.initialiser import Initialiser, Site
from parity.fresh.law import CONSTANT, IDENTITY, ORTHOGONAL, Law
from parity.fresh.telling_apart import fits, measured
from parity.nouns import Origin

_SHELF, _ENTRY = "parity.initialisers", "INITIALISER"


@dataclass(frozen=True)
class Named:
    """An initialiser that the sample bears out. `also` names others that it bears out as well."""

    entry: Initialiser
    law: Law
    also: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The initialiser in a sentence: what stands at the head of its file."""
        words = next(
            text
            for text, entry in zip(shelf.words(_SHELF).values(), shelf.read(_SHELF, _ENTRY).values(), strict=True)
            if entry is self.entry
        )
        return " ".join(words.partition("\n\n")[0].split())


def initialisers() -> dict[str, Initialiser]:
    """All initialisers by name."""
    return {each.name: each for each in shelf.read(_SHELF, _ENTRY).values()}


def named(drawn: Drawn, sites: Sequence[Site], origin: Origin, maker: str, level: float) -> Named | None:
    """The initialiser of one block of an array; None where none of the shelf draws so.

    `origin` is what the framework says, `maker` the class of its layer: what they name is tried first, and named
    only if the sample does not speak against it, each question at this level. There are several `sites` where
    versions of a framework count the fans of one array in several ways.
    """
    if not drawn.finite:
        return None
    gain = drawn.gain if drawn.orthogonal == "whole" else 0.0
    sites = [replace(site, measured=measured(drawn), orthogonal=gain) for site in sites]
    found: dict[str, tuple[Initialiser, Law]] = {}
    for entry in _in_order(sites[0].framework, origin, maker):
        if entry.free and found:
            break
        config = origin.config if entry.said and entry.said == origin.said else {}
        for site in sites:
            law = entry.law(replace(site, config=config))
            if entry.name not in found and law is not None and bears(law, drawn, level):
                found[entry.name] = entry, law
    if not found:
        return None
    (entry, law), *others = found.values()
    return Named(entry, law, tuple(other.name for other, _ in others))


def bears(law: Law, drawn: Drawn, level: float) -> bool:
    """Whether a block that was drawn bears a distribution out, with what it says of the array as a matrix."""
    if not law.random:
        if not drawn.fixed or drawn.held is None:
            return False
        if law.family == CONSTANT:
            return bool(np.all(drawn.sample == np.float32(law.mean)) and drawn.low.min() == drawn.high.max())
        if len(drawn.shape) != 2:
            return False
        return bool(np.allclose(drawn.held.reshape(drawn.shape), law.spread * np.eye(drawn.shape[0], drawn.shape[1])))
    if drawn.fixed or law.family == IDENTITY:
        return False
    if (law.family == ORTHOGONAL) != (drawn.orthogonal == "whole"):
        return False
    return law.deviation > 0 and fits(law, drawn, level)


def _in_order(framework: str, origin: Origin, maker: str) -> Iterator[Initialiser]:
    """The shelf, what the framework names first, then what it has a call for; those that fit anything last."""

    def rank(entry: Initialiser) -> tuple[bool, ...]:
        spelled = entry.torch if framework == "torch" else entry.said
        told = bool(entry.said) and entry.said == origin.said
        return not told, entry.free, maker not in entry.defaults or framework != "torch", not spelled

    return iter(sorted(initialisers().values(), key=rank))
