"""What layers without a partner do to a number, where all of them together are one factor and one offset.

A network may scale its input in two layers, or in one, or before it is called at all: only what comes of it counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from parity.diagnosis.network import Network
from parity.nouns import Amendment, Layer, Move

_FLOAT32 = 2.0**-23
"""How far the shortest decimal of a float32 number may lie from what was rounded to it."""
_CLOSE = 1e-6


@dataclass(frozen=True)
class Stretch:
    """What is made of `source`: it times `factor`, plus `offset`. `layers` are those that do it, the last first."""

    source: str
    layers: tuple[Layer, ...]
    factor: float
    offset: float

    @property
    def plain(self) -> bool:
        """Whether nothing is done."""
        return (self.factor, self.offset) == (1.0, 0.0)

    def like(self, other: Stretch) -> bool:
        """Whether both do the same, as far as float32 tells."""
        pairs = (self.factor, other.factor), (self.offset, other.offset)
        return all(math.isclose(one, two, rel_tol=_CLOSE) for one, two in pairs)

    def moves(self) -> tuple[Move, ...]:
        """The same as moves."""
        return () if self.plain else (Move("scale", {"factor": self.factor, "offset": self.offset}),)

    def __str__(self) -> str:
        if self.plain:
            return "nothing"
        factor = [] if self.factor == 1 else [f"times {_said(self.factor)}"]
        offset = [] if self.offset == 0 else [f"{'plus' if self.offset > 0 else 'minus'} {_said(abs(self.offset))}"]
        return ", ".join(factor + offset)


def stretch(network: Network, name: str, side: int) -> Stretch:
    """What stands between `name` and the nearest layer before it that has a partner, or does more than scale."""
    layers: list[Layer] = []
    factor, offset = 1.0, 0.0
    while (layer := network.layers[side].get(name)) is not None and layer.inputs:
        numbers = scaling(layer)
        if numbers is not None and network.lonely(layer, side):
            layers.append(layer)
            factor, offset = factor * numbers[0], factor * numbers[1] + offset
        elif not layer.carries or (layer.kind == "pad" and layers):
            break  # what is padded with zeros and scaled then has another border
        name = layer.inputs[0]
    return Stretch(name, tuple(layers), factor, offset)


def scaling(layer: Layer) -> tuple[float, float] | None:
    """The factor and the offset of a layer that does no more than that with plain numbers; None for any other."""
    if len(layer.inputs) != 1 or layer.parameters or layer.borrowed:
        return None
    settings = {name: _meant(number) for name, number in layer.settings.items() if isinstance(number, int | float)}
    if len(settings) != len(layer.settings):
        return None
    match layer.kind, tuple(settings.items()):
        case "multiply", (("constant", number),):
            return number, 0.0
        case "add", (("constant", number),):
            return 1.0, number
        case "divide", (("divisor", number),) if number:
            return 1 / number, 0.0
        case "subtract", (("subtrahend", number),):
            return 1.0, -number
        case "subtract", (("minuend", number),):
            return -1.0, number
        case "negative", ():
            return -1.0, 0.0
    return None


def _meant(number: float) -> float:
    """The number that float32 has rounded: a ratio of small numbers or one over a root, where that lies so near."""
    ratio = float(Fraction(number).limit_denominator(1000))
    near = [ratio] if abs(ratio - number) <= _FLOAT32 * abs(number) else []
    if number and 1 < number**-2 < 1 / _CLOSE:
        root = round(number**-2) ** -0.5
        near += [math.copysign(root, number)] if abs(root - abs(number)) <= _FLOAT32 * abs(number) else []
    return near[0] if near else number


def _said(number: float) -> str:
    """A number as one writes it: 1/255, not 0.00392157."""
    turned = round(1 / number, 6) if number else 0.0
    plain = abs(turned) > 1 and turned == round(turned, 1) and len(f"{number:g}") > 5
    return f"1/{turned:g}" if plain else f"{number:g}"


@dataclass(frozen=True)
class Meeting:
    """What both sides do to a number before the same reader reads it, and what makes the candidate do the other's."""

    reference: Stretch
    candidate: Stretch
    amendments: tuple[Amendment, ...]

    @property
    def last(self) -> Layer:
        """The layer at which this is told: the reference's last, or else the candidate's."""
        return (self.reference.layers or self.candidate.layers)[0]

    @property
    def rows(self) -> frozenset[str]:
        """The names of all layers of both."""
        return frozenset(each.name for each in (*self.reference.layers, *self.candidate.layers))


def meeting(network: Network, layer: Layer, side: int) -> Meeting | None:
    """What stands before the reader of a lonely layer that scales; None where both do the same, or nothing is known."""
    for name, other, reader, place in _readers(network, layer, side):
        mine, yours = stretch(network, name, side), stretch(network, other, 1 - side)
        pair = (yours, mine) if side else (mine, yours)
        if network.answers.get(pair[0].source) == pair[1].source and not pair[0].like(pair[1]):
            return Meeting(*pair, _amendments(network, *pair, reader, place))
    return None


def _readers(network: Network, layer: Layer, side: int) -> Iterator[tuple[str, str, Layer | None, int]]:
    """What is read of a layer, and what the other side reads there; the candidate's reader, and as which operand."""
    users = network.computing_users(layer.name, side)
    for user in users:
        partner = None if network.lonely(user, side) else network.partner(user, side)
        own = [place for place, name in enumerate(user.inputs) if stretch(network, name, side).layers[:1] == (layer,)]
        if partner is not None and own:
            places = sorted(range(len(partner.inputs)), key=lambda place: place != own[0])
            for place in places:
                candidate = (user, own[0]) if side else (partner, place)
                yield user.inputs[own[0]], partner.inputs[place], *candidate
    if not users:
        pairs = zip(network.outlines[side].outputs.values(), network.outlines[1 - side].outputs.values(), strict=False)
        for name, other in pairs:
            if stretch(network, name, side).layers[:1] == (layer,):
                yield name, other, None, 0


def _amendments(
    network: Network, mine: Stretch, yours: Stretch, reader: Layer | None, place: int
) -> tuple[Amendment, ...]:
    """The candidate with the reference's factor and offset: in the place of its own, or before all or one reader."""
    if yours.layers:
        *rest, first = yours.layers
        return (Amendment(first.name, instead=mine.moves()), *(Amendment(each.name, instead=()) for each in rest))
    if reader is None or len(network.users(yours.source, 1)) == 1:
        return (Amendment(yours.source, then=mine.moves()),)
    near = mine.offset == 0 or reader.inputs[:1] == (yours.source,)  # an offset comes before the zeros of a pad
    return (Amendment(reader.name, before=mine.moves()),) if place == 0 and near else ()
