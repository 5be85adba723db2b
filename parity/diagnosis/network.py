"""Both networks beside each other, as causes ask of them: what answers what, and the graph around a layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from parity.axes import Axes, canonical
from parity.diagnosis.lent import lent
from parity.judge import Judgement
from parity.mending.mend import Mend
from parity.moves import knows
from parity.nouns import Layer, Match, Move, Outline, Place
from parity.own_weights import Own
from parity.rulebook import is_activation


@dataclass(frozen=True)
class Around:
    """Where one side applies an activation and the other does not.

    `mine` is the layer before it, `theirs` the one that answers that on the other side (under the name `there`,
    which may be an input), `instead` a lonely activation that the other side applies there.
    """

    where: str
    mine: Layer | None
    theirs: Layer | None
    there: str
    instead: Layer | None


class Network:
    """Both outlines and the judgements of their layers, with what is asked of them again and again.

    `own` are the arrays of both, where each kept its own.
    """

    def __init__(
        self, reference: Outline, candidate: Outline, rows: Sequence[Judgement], outputs_agree: bool, own: Own
    ) -> None:
        self.own = own
        self.outlines = reference, candidate
        self.layers = [{layer.name: layer for layer in outline.layers} for outline in self.outlines]
        self.all_rows = tuple(rows)
        self.rows = [{_name(row.match, side): row for row in rows if of(row.match, side)} for side in (0, 1)]
        # Where something parts, what one layer hides may be what shows in another.
        turned = any(row.match.carries and row.difference.made_here for row in rows)
        self.parted = not outputs_agree or turned or any(row.faulty for row in rows)
        inputs = zip(reference.inputs, candidate.inputs, strict=False)
        self.answers = {f"input:{ref}": f"input:{cand}" for ref, cand in inputs}
        self.answers |= {
            row.match.reference.name: row.match.candidate.name
            for row in rows
            if row.match.reference and row.match.candidate
        }

    def readers(self, layer: Layer) -> list[Judgement]:
        """The rows of the candidate's layers that read arrays of this one: itself, its later calls, ties."""
        names = {each.name for each in layer.parameters}
        return [
            row
            for name, row in self.rows[1].items()
            if (other := self.layers[1][name]) is layer
            or other.shares == layer.name
            or names & {each.name for each in other.borrowed}
        ]

    @property
    def candidate_framework(self) -> str:
        return self.outlines[1].framework

    def padding(self, layer: Layer, side: int) -> Any:
        """A layer's padding together with that of pads right before it that have no partner to be compared with."""
        total = [list(pair) for pair in layer.settings["padding"]]
        for pad in self.pads(layer, side):
            spatial = [
                pair
                for axis, pair in zip(canonical(pad.axes), pad.settings["amounts"], strict=False)
                if str(axis) not in ("batch", "channel")
            ]
            for pair, (start, end) in zip(total, spatial, strict=False):
                pair[0], pair[1] = pair[0] + start, pair[1] + end
        return tuple((start, end) for start, end in total)

    def pads(self, layer: Layer, side: int) -> tuple[Layer, ...]:
        """The pads right before a layer that have no partner, the last one first."""
        found = []
        before = self.layers[side].get(layer.inputs[0]) if layer.inputs else None
        while before is not None and before.carries:
            if before.settings.get("amounts") and self.lonely(before, side):
                found.append(before)
            before = self.layers[side].get(before.inputs[0]) if before.inputs else None
        return tuple(found)

    def before(self, layer: Layer, side: int) -> str:
        """The nearest layer before this one that computes something."""
        return self.past_carriers(layer.inputs[0] if layer.inputs else "nothing", side)

    def past_carriers(self, name: str, side: int) -> str:
        """The nearest layer at or before `name` that computes something, or the input."""
        while name in self.layers[side] and self.layers[side][name].carries and self.layers[side][name].inputs:
            name = self.layers[side][name].inputs[0]
        return name

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each layer of the candidate's stands in call order."""
        return {name: place for place, name in enumerate(self.layers[1])}

    def place(self, name: str) -> int:
        """Where a layer of the candidate's stands in call order; an input, or what it has not, before all of them."""
        return self.places.get(name, -1)

    def laid_out(self, name: str, like: Layer | None) -> tuple[str, tuple[int, ...]]:
        """Where what a layer of the candidate's gives lies as `like` does, and the axes to be turned into that order.

        That is what moves its data so in the candidate's own code, or else the layer itself, turned; no order is told
        where it lies so already, or its axes cannot be told apart.
        """
        if like is None:
            return name, ()
        wanted, waiting = [str(axis) for axis in like.axes], [name]
        while waiting:
            here = self.layers[1].get(waiting.pop(0))
            if here is not None and [str(axis) for axis in here.axes] == wanted and here.shape == like.shape:
                return here.name, ()
            waiting += [each.name for each in self.users(here.name, 1) if each.carries] if here else ()
        own = self.layers[1].get(name)
        order = axes_of(" ".join(wanted), own.axes) if own is not None and len(own.axes) == len(wanted) else ()
        return name, () if list(order) == sorted(order) else order

    def lent_to(self, name: str, like: Layer | None) -> tuple[str, tuple[int, ...]] | None:
        """The step of a layer that only the reference has, and the order that turns it as `like` lies.

        None where their axes do not tell it.
        """
        layer = self.layers[0].get(name)
        if layer is None or like is None:
            return None
        have = canonical(layer.axes)
        order = axes_of(" ".join(map(str, like.axes)), have)
        if not len(order) == len(have) == len(like.axes):
            return None
        return lent(name), () if list(order) == sorted(order) else order

    def stands_for(self, name: str) -> str:
        """What answers a layer of the reference's, or an input.

        For a sum or product that the candidate leaves out, that is the operand that it goes on with; "" for nothing.
        """
        layer = self.layers[0].get(name)
        if name in self.answers or layer is None or layer.kind not in ("add", "multiply") or len(layer.inputs) < 2:
            return self.answers.get(name, "")
        kept = {self.stands_for(self.past_carriers(each, 0)) for each in layer.inputs} - {""}
        read = {each.name for row in self.behind(name, 0)[0] if row.match.candidate for each in [row.match.candidate]}
        going = [each for each in kept if read & {user.name for user in self.computing_users(each, 1)}]
        return going[0] if len(going) == 1 else ""

    def axes_at(self, name: str, side: int) -> Axes:
        """The axes of what a layer gives, or of an input; none where they are not known."""
        layer = self.layers[side].get(name)
        return layer.axes if layer else self.outlines[side].entering.get(name.removeprefix("input:"), ())

    def source(self, name: str, side: int) -> str:
        """The nearest layer at or before `name` that has a partner and computes something."""
        known = self.answers.keys() if side == 0 else set(self.answers.values())
        layers = self.layers[side]
        while name in layers and layers[name].inputs and (layers[name].carries or name not in known):
            name = layers[name].inputs[0]
        return name

    def layers_at(self, mend: Mend, handed: Mend | None = None) -> int:
        """How many of the candidate's layers the call of a mend makes: built there, or called there by that name.

        Of one that hands its values down to the line of another, those that it has that line make.
        """
        inner, layers = handed or mend, self.outlines[1].layers
        built = [each.built for each in layers if inner.call in ("", each.maker) and _is_at(each.built, inner.place)]
        calls = [each.called for each in layers if call_name(each) == inner.call and _is_at(each.called, inner.place)]
        places = built or calls
        if handed is None:
            return len(places)
        return sum(any(_is_at(around, mend.place) for around in _around(each)) for each in places)

    def users(self, name: str, side: int) -> list[Layer]:
        """The layers that read this one."""
        return [layer for layer in self.outlines[side].layers if name in layer.inputs]

    def lonely(self, layer: Layer, side: int) -> bool:
        """Whether a layer has no partner."""
        return of(self.rows[side][layer.name].match, 1 - side) is None

    def partner(self, layer: Layer, side: int) -> Layer | None:
        """The layer of the other side that answers this one."""
        return of(self.rows[side][layer.name].match, 1 - side)

    def shown(self, layer: Layer) -> Layer:
        """Where a layer of the candidate's shows its values, and is given the reference's: maybe behind a crop."""
        match = self.rows[1][layer.name].match
        return self.layers[1][match.shown[1]] if match.reference and match.candidate else layer

    def partner_of(self, name: str) -> str | None:
        """The name of what answers a layer of the candidate's, or an input."""
        return next((mine for mine, yours in self.answers.items() if yours == name), None)

    def lonely_before(self, name: str) -> frozenset[str]:
        """The reference's layers without partners that lead to this one, itself included."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            layer = self.layers[0].get(waiting.pop())
            if layer is not None and layer.name not in found and self.lonely(layer, 0):
                found.add(layer.name)
                waiting += layer.inputs
        return frozenset(found)

    def made_of(self, name: str) -> frozenset[str]:
        """The candidate's layers and inputs that answer a layer of the reference's, or what it is computed from."""
        found, seen, waiting = set(), set(), [name]
        while waiting:
            here = waiting.pop()
            layer = self.layers[0].get(here)
            if here in self.answers:
                found.add(self.answers[here])
            elif layer is not None and here not in seen:
                seen.add(here)
                waiting += layer.inputs
        return frozenset(found)

    def called_by_name_again(self, layer: Layer) -> bool:
        """Whether a module of the candidate's, no element of a Sequential, is called more than once."""
        stem = layer.name.partition(":")[0]
        calls = [each for each in self.outlines[1].layers if each.name.partition(":")[0] == stem]
        return len(calls) > 1 and not call_name(layer).isdigit()

    def stands_at(self, layer: Layer | None) -> Place | None:
        """Where a layer of the candidate's stands in its code: the line that calls it, if that is its own.

        What stands in a row is called by the line that calls the row, and stands where it was built.
        """
        numbered = layer is not None and call_name(layer).isdigit()
        return layer.built if layer is not None and layer.built is not None and numbered else called(layer)

    def behind(self, name: str, side: int) -> tuple[list[Judgement], bool]:
        """The first compared rows behind a layer, and whether the network also ends before one of them."""
        found, waiting, ends, seen = [], [name], False, set()
        while waiting:
            here = waiting.pop()
            ends = ends or here in self.outlines[side].outputs.values()
            for user in self.users(here, side):
                row = self.rows[side][user.name]
                compared = row.match.reference and row.match.candidate and not row.match.carries
                if compared and row.status not in ("moved", "stepwise"):
                    found.append(row)
                elif user.name not in seen:
                    seen.add(user.name)
                    waiting.append(user.name)
        return found, ends

    def ahead(self, layer: Layer, side: int) -> set[str]:
        """The names of all that a layer is computed from."""
        found: set[str] = set()
        waiting = list(layer.inputs)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.layers[side][name].inputs if name in self.layers[side] else ()
        return found

    def around_activation(self, layer: Layer, side: int) -> Around:
        """What stands around an activation that only one side applies: `layer`, of this side."""
        here = self.source(layer.inputs[0], side) if layer.inputs else ""
        answers = self.answers if side == 0 else {yours: mine for mine, yours in self.answers.items()}
        there = answers.get(here, "")
        mine, theirs = self.layers[side].get(here), self.layers[1 - side].get(there)
        instead = None
        for user in self.computing_users(there, 1 - side):
            if is_activation(user.kind) and self.lonely(user, 1 - side):
                instead = user
        named = (mine if side == 0 else theirs) or mine
        where = f"behind {named.name}" if named else "to the input"
        return Around(where, mine, theirs, there, instead)

    def computing_users(self, name: str, side: int) -> list[Layer]:
        """The first layers behind this one that compute something."""
        found: list[Layer] = []
        for user in self.users(name, side):
            found += self.computing_users(user.name, side) if user.carries else [user]
        return found

    def last(self, layer: Layer, side: int) -> bool:
        """Whether nothing is computed from this layer any more: it gives an output of the network."""
        return not self.computing_users(layer.name, side) and self.behind(layer.name, side)[1]

    def leads_to_a_fault(self, match: Match) -> bool:
        """Whether the first layers with partners behind a lonely one differ, or the network ends here."""
        side = 0 if match.reference else 1
        rows, ends = self.behind(_name(match, side), side)
        return any(row.faulty or row.difference.made_here for row in rows) or (ends and self.parted)


def axes_of(over: Any, like: Sequence[Any]) -> tuple[int, ...]:
    """Where the axes stand that a setting names, in a row of named axes; nothing where one is not there, or twice."""
    names, wanted = [str(axis) for axis in like], str(over).split()
    return tuple(map(names.index, wanted)) if wanted and all(names.count(each) == 1 for each in wanted) else ()


def moves_of(activation: Layer, like: Layer | None) -> tuple[Move, ...]:
    """An activation of the reference as a move on what a layer of the candidate's gives; nothing if there is none."""
    arguments = dict(activation.settings)
    over = arguments.pop("over", None)
    if not knows(activation.kind) or activation.parameters:
        return ()
    if over is not None:
        names = [str(axis) for axis in like.axes] if like else []
        if names.count(over) != 1:
            return ()
        arguments["axis"] = names.index(over)
    return (Move(activation.kind, arguments),)


def of(match: Match, side: int) -> Layer | None:
    """The layer of one side of a match."""
    return match.candidate if side else match.reference


def called(layer: Layer | None) -> Place | None:
    """Where a layer is called, which is where an activation around it would stand."""
    return (layer.called or layer.built) if layer else None


def call_name(layer: Layer) -> str:
    """How the code calls a layer: the attribute that holds it, or the function's name."""
    if layer.maker[:1].islower() and (layer.parameters or layer.borrowed):
        return layer.maker  # a function, and its name is that of what holds its arrays
    return layer.name.rpartition(".")[2].partition(":")[0]


def _is_at(place: Place | None, line: Place) -> bool:
    return place is not None and (place.file, place.line) == (line.file, line.line)


def _around(place: Place | None) -> Iterator[Place]:
    """The lines that called the function in which a place stands, from within."""
    while place is not None and place.within is not None:
        place = place.within
        yield place


def _name(match: Match, side: int) -> str:
    layer = of(match, side)
    return layer.name if layer else ""
