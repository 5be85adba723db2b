"""What an amendment is to both frameworks: which of them can be made at all, and the axes that it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from parity.axes import Axes
from parity.errors import NoAmendment
from parity.moves import followed
from parity.nouns import Amendment

T = TypeVar("T")


def by_layer(amendments: Iterable[Amendment]) -> dict[str, Amendment]:
    """Amendments by the layer that each changes; raises NoAmendment for one of which something would be ignored."""
    found: dict[str, Amendment] = {}
    for each in amendments:
        if each.layer in found:
            raise NoAmendment(f"{each.layer}: amended twice")
        if each.layer.startswith("input:") and replace(each, then=()) != Amendment(each.layer):
            raise NoAmendment(f"{each.layer}: no call, so that only `then` can be done to it")
        if each.words and each.instead is not None:
            raise NoAmendment(f"{each.layer}: not called, so that no words reach it")
        found[each.layer] = each
    return found


def in_order(amendment: Amendment, operands: Sequence[T]) -> list[T]:
    """What a call reads, in the order in which it is to read it."""
    order = amendment.operands or range(len(operands))
    if sorted(order) != list(range(len(operands))):
        raise NoAmendment(f"{amendment.layer}: reads {len(operands)} operands, not {amendment.operands}")
    return [operands[number] for number in order]


def axes_of(amendment: Amendment | None, own: Axes, operands: Sequence[Axes], shape: Sequence[int]) -> Axes:
    """The axes of what a layer gives: its `own` by what it is, unless its amendment changes them.

    The `operands` are those that it reads, amended.
    """
    if amendment is None:
        return own
    if amendment.behind:
        return followed(operands[0], (), shape)
    if amendment.instead is not None:
        own = followed(operands[0], amendment.instead)
    return followed(own, amendment.after, shape)


def read_as(amendment: Amendment, operands: Sequence[tuple[str, Axes]]) -> list[tuple[str, Axes]]:
    """Where the operands of a call come from and what their axes are, as the call reads them."""
    if amendment.behind:
        return list(operands)
    (source, axes), *others = in_order(amendment, operands)
    return [(source, followed(axes, amendment.before)), *others]
