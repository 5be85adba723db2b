"""Two networks that keep their own weights: their arrays side by side, in canonical axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from parity.nouns import Array, Matches, Weights
from parity.port import port, roles_of

NOTE = "parity on these weights: each side kept its own, none were carried, and what they hide was not seen"
_SHOWN = 4
_FEW = 64
"""How many elements tell most arrays apart, before all are looked at."""
_COARSE = 0.02
"""More than the rounding of any type of numbers."""
_SLAB = 1 << 20
"""How many elements are widened at once."""


@dataclass(frozen=True)
class Apart:
    """One array that the two hold differently: the largest difference, the largest magnitude, and what it is.

    `rounding`: no element differs by more than one unit in the last place of the coarser type, as after a
    conversion of types.
    """

    layer: str
    role: str
    largest: float
    scale: float
    rounding: bool

    @property
    def name(self) -> str:
        return f"{self.layer}.{self.role}"

    def __str__(self) -> str:
        return f"{self.name} by {self.largest:.2g} of {self.scale:.2g}"


@dataclass(frozen=True)
class Own:
    """What the comparison of the arrays came to, in sentences: `far` is more than rounding, `near` is not.

    `carried` are the arrays that a port would carry, by the candidate's layers and roles, made of what the
    `reference` holds; `apart` are those of them that are far from the candidate's own, each with that one.
    Without a comparison it says nothing.
    """

    far: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    made: bool = False
    reference: Weights = field(default_factory=dict)
    carried: Weights = field(default_factory=dict)
    apart: Mapping[str, Mapping[str, tuple[Array, Array]]] = field(default_factory=dict)

    def notes(self, verdict: str) -> tuple[str, ...]:
        """What is to be said beside the verdict; beside parity, how far it reaches."""
        return (NOTE, *self.near) if self.made and verdict == "parity" else ()


def compared(reference: Weights, candidate: Weights, matches: Matches) -> Own:
    """Compare every array that a port would carry."""
    carried = port(reference, matches)
    added = _added(carried, candidate, matches)
    found = [each for each in _differing(carried, candidate) if (each.layer, each.role) not in added]
    apart: dict[str, dict[str, tuple[Array, Array]]] = {}
    for each in found:
        if not each.rounding:
            pair = carried[each.layer][each.role], candidate[each.layer][each.role]
            apart.setdefault(each.layer, {})[each.role] = pair
    found.sort(key=lambda each: -each.largest / each.scale)
    far, near = ([each for each in found if each.rounding is rounding] for rounding in (False, True))
    return Own(
        far=(f"{_count(far)} held by the two differ: {_few(far)}",) if far else (),
        near=(f"{_count(near)} held by the two differ by one unit in the last place at most: {_few(near)}",)
        if near
        else (),
        made=True,
        reference=reference,
        carried=carried,
        apart=apart,
    )


def alike(one: Array, other: Array, change: Callable[[Array], Array] | None = None) -> bool:
    """Whether two arrays are equal, or one unit in the last place apart at most, and neither is empty.

    `change` is what is done to each number of the first. Only a slab at a time is changed, and views are not
    copied; most arrays are told apart by a few numbers.
    """
    if one.shape != other.shape or not one.size:
        return False
    few = np.linspace(0, one.size - 1, min(one.size, _FEW)).astype(np.intp)
    some, others = one.flat[few], other.flat[few]
    if _far(change(some) if change else some, others):
        return False
    return all(_rounds(change(mine) if change else mine, yours) for mine, yours in _slabs(one, other))


def alike_in_row(one: Array, other: Array) -> bool:
    """Whether two arrays hold the same numbers in the same row, whatever their shapes."""
    if one.size != other.size or not one.size:
        return False
    few = np.linspace(0, one.size - 1, min(one.size, _FEW)).astype(np.intp)
    return not _far(one.flat[few], other.flat[few]) and alike(one.reshape(-1), other.reshape(-1))


def _far(one: Array, other: Array) -> bool:
    """Whether some number is off by more than the rounding of any type."""
    if {one.dtype.kind, other.dtype.kind} != {"f"}:
        return False
    with np.errstate(invalid="ignore", over="ignore"):
        return bool(np.any(np.abs(one - other) > _COARSE * np.abs(one)))


def _rounds(one: Array, other: Array) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f") or _apart("", "", one, other).rounding


def _differing(carried: Weights, own: Weights) -> Iterator[Apart]:
    for layer, roles in carried.items():
        for role, one in roles.items():
            other = own[layer][role]
            if not np.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
                yield _apart(layer, role, one, other)


def _added(carried: Weights, own: Weights, matches: Matches) -> set[tuple[str, str]]:
    """The arrays that the candidate only ever adds to one another, where their sum is the right one."""
    found: set[tuple[str, str]] = set()
    for layer in (match.candidate for match in matches if match.reference and match.candidate):
        for role, each in roles_of(layer.kind).items() if layer and layer.name in carried else ():
            pair = role, each.joins
            if each.joins and all(name in carried[layer.name] for name in pair):
                sums = [np.sum([held[layer.name][name] for name in pair], axis=0) for held in (carried, own)]
                found |= {(layer.name, name) for name in pair} if alike(*sums) else set()
    return found


def _apart(layer: str, role: str, one: Array, other: Array) -> Apart:
    kinds = [each.dtype for each in (one, other) if each.dtype.kind == "f"]
    unit = max((float(np.finfo(kind).eps) for kind in kinds), default=0.0)
    largest, scale, rounding = 0.0, 0.0, True
    for slab in _slabs(one, other):
        wide = [each.astype(np.float64) for each in slab]
        with np.errstate(invalid="ignore"):
            distance = np.abs(wide[0] - wide[1])
        magnitude = np.maximum(*map(np.abs, wide))
        if not np.isfinite(distance).all():
            return Apart(layer, role, largest=float("inf"), scale=1.0, rounding=False)
        largest, scale = max(largest, float(distance.max())), max(scale, float(magnitude.max()))
        rounding = rounding and bool(np.all(distance <= unit * magnitude))
    return Apart(layer, role, largest, scale or 1.0, rounding)


def _slabs(one: Array, other: Array) -> Iterator[tuple[Array, Array]]:
    """Both arrays a part at a time, so that no large one is widened as a whole."""
    if one.size <= _SLAB:
        yield one, other
        return
    rows = max(1, _SLAB * len(one) // one.size)
    yield from ((one[at : at + rows], other[at : at + rows]) for at in range(0, len(one), rows))


def _count(found: list[Apart]) -> str:
    return f"{len(found)} array{'s' if len(found) > 1 else ''}"


def _few(found: list[Apart]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(map(str, found[:_SHOWN])) + more
