"""Two networks that keep their own weights: their arrays side by side, in canonical axes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parity.nouns import Array, Matches, Weights
from parity.port import port

NOTE = "parity on these weights: each side kept its own, none were carried, and what they hide was not seen"
_SHOWN = 4


@dataclass(frozen=True)
class Apart:
    """One array that the two hold differently: the largest difference, the largest magnitude, and what it is.

    `rounding`: no element differs by more than one unit in the last place of the coarser type, as after a
    conversion of types.
    """

    name: str
    largest: float
    scale: float
    rounding: bool

    def __str__(self) -> str:
        return f"{self.name} by {self.largest:.2g} of {self.scale:.2g}"


@dataclass(frozen=True)
class Own:
    """What the comparison of the arrays came to, in sentences: `far` is more than rounding, `near` is not.

    Without a comparison it says nothing.
    """

    far: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    made: bool = False

    def notes(self, verdict: str) -> tuple[str, ...]:
        """What is to be said beside the verdict; beside parity, how far it reaches."""
        return (NOTE, *self.near) if self.made and verdict == "parity" else ()


def compared(reference: Weights, candidate: Weights, matches: Matches) -> Own:
    """Compare every array that a port would carry."""
    found = sorted(_differing(port(reference, matches), candidate), key=lambda each: -each.largest / each.scale)
    far, near = ([each for each in found if each.rounding is rounding] for rounding in (False, True))
    return Own(
        far=(f"{_count(far)} held by the two differ: {_few(far)}",) if far else (),
        near=(f"{_count(near)} held by the two differ by one unit in the last place at most: {_few(near)}",)
        if near
        else (),
        made=True,
    )


def _differing(carried: Weights, own: Weights) -> Iterator[Apart]:
    for layer, roles in carried.items():
        for role, one in roles.items():
            other = own[layer][role]
            if not np.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
                yield _apart(f"{layer}.{role}", one, other)


def _apart(name: str, one: Array, other: Array) -> Apart:
    wide = one.astype(np.float64), other.astype(np.float64)
    with np.errstate(invalid="ignore"):
        distance = np.abs(wide[0] - wide[1])
    magnitude = np.maximum(*map(np.abs, wide))
    finite = np.isfinite(distance).all()
    kinds = [each.dtype for each in (one, other) if each.dtype.kind == "f"]
    unit = max((float(np.finfo(kind).eps) for kind in kinds), default=0.0)
    return Apart(
        name=name,
        largest=float(distance.max()) if finite else float("inf"),
        scale=float(magnitude.max()) if finite and magnitude.max() > 0 else 1.0,
        rounding=bool(finite and np.all(distance <= unit * magnitude)),
    )


def _count(found: list[Apart]) -> str:
    return f"{len(found)} array{'s' if len(found) > 1 else ''}"


def _few(found: list[Apart]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(map(str, found[:_SHOWN])) + more
