"""How the arrays of a matched pair lie in each framework, and the line of a port script that carries one rightly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from parity.axes import Axis, order
from parity.diagnosis.evidence import Evidence
from parity.nouns import Layer, Parameter
from parity.rulebook import Stored, rules


def read_axis(evidence: Evidence, side: int) -> Axis | None:
    """The last axis of the data that a dense layer reads, as that framework lays it out; None where it is lost."""
    layer = (evidence.reference, evidence.candidate)[side]
    before = evidence.network.layers[side].get(layer.inputs[0]) if layer.inputs else None
    if before is None or not before.axes or before.axes[-1].lost:
        return None
    return before.axes[-1]


def atoms(evidence: Evidence, side: int) -> tuple[tuple[str, int], ...]:
    """What a dense layer's inputs are made of, where a flatten laid several axes into one; else nothing."""
    match = evidence.row.match
    found = read_axis(evidence, side)
    if match.kind != "dense" or match.lost or match.relay or found is None or len(found.blocks) != 1:
        return ()
    inside = tuple(atom for atom in found.blocks[0] if atom[1] != 1)
    return inside if len(inside) > 1 else ()


def stored(evidence: Evidence, role: str, side: int) -> Stored | None:
    """How one side keeps an array of a pair of one kind; None where that depends on the call."""
    layer = (evidence.reference, evidence.candidate)[side]
    rule = rules().get(layer.kind)
    if rule is None or evidence.reference.kind != evidence.candidate.kind:
        return None
    framework = evidence.network.outlines[side].framework
    for spelling in getattr(rule, framework):
        if isinstance(spelling.holds, Mapping) and role in spelling.holds:
            hold = spelling.holds[role]
            if hold.part or hold.order or hold.canonical is not None:
                return None
            orders: dict[int, Any] = {}
            if atoms(evidence, side) and role == "kernel":
                axis = read_axis(evidence, side)
                indices = None if axis is None else order(axis)
                orders = {} if indices is None else {0: indices}
            return Stored(role, "", hold.axes, rule.roles[role].axes, orders, hold.sizes)
    return None


def held(layer: Layer, role: str) -> str:
    """The name of an array in a port script: `fc1.weight`, `dense_1.kernel`."""
    found: Parameter | None = next((each for each in (*layer.parameters, *layer.borrowed) if each.role == role), None)
    if found is None:
        return ""
    if "/" in found.name:
        return f"{layer.name.rpartition('/')[2]}.{found.name.rpartition('/')[2]}"
    spelled = re.sub(r"(^|\.)(\d+)(?=\.)", r"[\2]", found.name)  # what stands in a Sequential has no name but a place
    return f"net{spelled}" if spelled.startswith("[") else spelled


def carrying(evidence: Evidence, role: str) -> str:
    """The line that carries one role as it should be; empty if no one line does."""
    into, out_of = held(evidence.candidate, role), held(evidence.reference, role)
    mine, yours = stored(evidence, role, 0), stored(evidence, role, 1)
    if not into or not out_of or mine is None or yours is None or mine.orders or yours.orders:
        return ""
    if mine.sizes != yours.sizes:
        return ""
    return f"{into} = {out_of}{_turn(evidence, role, mine, yours)}"


def _turn(evidence: Evidence, role: str, mine: Stored, yours: Stored) -> str:
    """`.transpose(3, 2, 0, 1)`, from the reference's native axes to the candidate's; nothing where they are alike."""
    shape = evidence.apart[role][0].shape
    words = mine.canonical_axes.split()
    spread = [f"axis{number}" for number in range(len(shape) - len(words) + 1)] if "..." in words else []
    orders = [_native(each.native_axes, spread) for each in (mine, yours)]
    if sorted(orders[0]) != sorted(orders[1]):
        return ""
    turn = [orders[0].index(word) for word in orders[1]]
    if turn == sorted(turn):
        return ""
    return ".T" if turn == [1, 0] else f".transpose({', '.join(map(str, turn))})"


def _native(axes: str, spread: list[str]) -> list[str]:
    bare = _groups(axes)
    at = bare.index("...") if "..." in bare else None
    return bare if at is None else [*bare[:at], *spread, *bare[at + 1 :]]


def _groups(axes: str) -> list[str]:
    """The native axes, a composite one as one word."""
    found, inside = [], ""
    for word in axes.split():
        inside = f"{inside} {word}".strip()
        if inside.count("(") == inside.count(")"):
            found.append(inside)
            inside = ""
    return found
