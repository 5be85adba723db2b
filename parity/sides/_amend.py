"""What an amendment is to both frameworks: which of them can be made at all, and the axes that it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from parity.axes import Axes
from parity.errors import NoAmendment
from parity.moves import followed
from parity.nouns import Amendment, Layer

T = TypeVar("T")


def by_layer(amendments: Iterable[Amendment]) -> dict[str, Amendment]:
    """Amendments by the layer that each changes; raises NoAmendment for one of which something would be ignored."""
    found: dict[str, Amendment] = {}
    for each in amendments:
        if each.layer in found:
            raise NoAmendment(f"{each.layer}: amended twice")
        if each.layer.startswith("input:") and replace(each, then=()) != Amendment(each.layer):
            raise NoAmendment(f"{each.layer}: no call, so that only `then` can be done to it")
        if each.at and each.instead is not None:
            raise NoAmendment(f"{each.layer}: not called, so that its operand {each.at} is read by nothing")
        if each.words and each.instead is not None:
            raise NoAmendment(f"{each.layer}: not called, so that no words reach it")
        found[each.layer] = each
    return found


def spread(amendments: Iterable[Amendment], layers: Iterable[Layer], calls: Iterable[Layer]) -> list[Amendment]:
    """Amendments of the calls that are made, where several of them are one layer: a formula, a product and its bias.

    What is done to the operands is done where the first of these calls reads them, what is done behind the layer
    behind the last. Where the layer is not to be called, none of them is. Raises NoAmendment for anything else.
    """
    formulas, known = {layer.name: layer for layer in layers if layer.made_of}, {each.name: each for each in calls}
    found: list[Amendment] = []
    for each in amendments:
        if each.layer in formulas:
            found += _on_calls(each, formulas[each.layer], known)
        else:
            found.append(each)
    return found


def _on_calls(amendment: Amendment, layer: Layer, known: Mapping[str, Layer]) -> list[Amendment]:
    if amendment.words or amendment.behind:
        raise NoAmendment(f"{layer.name}: written out in {len(layer.made_of) + 1} calls, and none of them is the layer")
    made = {*layer.made_of, layer.name}
    chain = [layer.name]  # the calls through which its first operand goes, the last one first
    while (source := known[chain[-1]].inputs[0]) in layer.made_of:
        chain.append(source)
    reading = [name for name in made if set(known[name].inputs) - made]
    first, last = replace(amendment, layer=chain[-1], after=(), then=()), Amendment(layer.name)
    if amendment.instead is None and (amendment.before or amendment.operands):
        if reading != [chain[-1]] or amendment.at:
            raise NoAmendment(f"{layer.name}: written out in calls of which several read what it reads")
        last = replace(last, after=amendment.after, then=amendment.then)
        return [first, last]
    if amendment.instead is None:
        return [replace(last, after=amendment.after, then=amendment.then)]
    left_out = [Amendment(name, instead=()) for name in chain[:-1]]
    if not left_out:
        return [amendment]
    return [first, *left_out[1:], replace(left_out[0], after=amendment.after, then=amendment.then)]


def in_order(amendment: Amendment, operands: Sequence[T]) -> list[T]:
    """What a call reads, in the order in which it is to read it."""
    order = amendment.operands or range(len(operands))
    if sorted(order) != list(range(len(operands))):
        raise NoAmendment(f"{amendment.layer}: reads {len(operands)} operands, not {amendment.operands}")
    if amendment.before and amendment.at >= len(operands):
        raise NoAmendment(f"{amendment.layer}: reads {len(operands)} operands, and has no number {amendment.at}")
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
    read = in_order(amendment, operands)
    return [
        (source, followed(axes, amendment.before) if number == amendment.at else axes)
        for number, (source, axes) in enumerate(read)
    ]
