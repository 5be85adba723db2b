"""A Keras model as one TensorFlow graph: its layers, and the ops that no layer owns.

What no layer owns are calls of bare functions (`keras.ops.relu`, `+`), each a layer of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from parity import places
from parity.axes import unknown
from parity.nouns import Claim, Layer, Place
from parity.rule import Call
from parity.rulebook import bookkeeping, read, slots_of
from parity.sides._amend import axes_of
from parity.sides._keras_amend import KerasAmender
from parity.sides._keras_calls import FRAMEWORK, Event, Watch, watching
from parity.sides._source import Source
from parity.sides._tensorflow_graph import Graph, Whole

BUILT = "_parity_built"


@dataclass
class KerasGraph(Graph):
    """A model as one traced function, in which the calls of Keras's layers are seen."""

    amender: KerasAmender = field(default_factory=KerasAmender)
    standing_in: bool = False
    """Whether zeros of the declared shape stand for what a layer gives of another shape."""

    @contextlib.contextmanager
    def watching(self, graph: Any) -> Iterator[Callable[[], Sequence[Whole]]]:
        with watching(self.model, graph, self.amender, self.standing_in) as watch:
            self.watch: Watch = watch
            yield lambda: [Whole(event.start, event.end, partial(self._layer, event)) for event in watch.events]

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What its layers declare of their shapes and do not hold; the first of them, where they follow from it."""
        return tuple(
            Claim(
                each.layer.name,
                (self._source(each.output) or ("", ()))[0],
                each.declared,
                tuple(each.output.shape),
                _built(each.layer),
                self.standing_in,
            )
            for each in self.watch.broken
        )

    def owned(self) -> Sequence[Any]:
        return list(getattr(self.model, "weights", ()))

    def name_of(self, operation: Any) -> str:
        return "/".join(operation.name.split("/")[1:]).lower() or operation.name.lower()

    def _layer(self, event: Event) -> None:
        fed = {place: found for place, tensor in enumerate(event.inputs) if (found := self._source(tensor))}
        operands, shape = list(fed.values()), tuple(event.output.shape)
        variables = {}
        for slot in slots_of(FRAMEWORK, event.word) if event.layer is not None else ():
            variable = _attribute(event.layer, slot)
            if variable is not None:
                variables[slot] = variable
        shapes = {slot: tuple(variable.shape) for slot, variable in variables.items()}
        own = self.amender.shapes.get(event.seat, shape)
        call = Call(event.word, event.words, tuple(axes for _, axes in operands), own, shapes)
        reading = read(FRAMEWORK, call, {slot: variable.path for slot, variable in variables.items()})
        roles = {stored.role: (stored, Source(variables[reading.slots[stored.role]])) for stored in reading.stored}
        held = self._held_by(event)
        fresh = [source for source in held if self._owners.of(source) is None]
        owner = next((layer for source in held if (layer := self._owners.of(source))), None)
        name = self._unique(event.word, event.name)
        self.calls[name] = event
        self._seats[name] = event.seat, tuple(fed)
        mine, theirs = self._keep(name, roles, held)
        self._add(
            Layer(
                name=name,
                kind=reading.kind,
                inputs=tuple(source for source, _ in operands),
                shape=shape,
                axes=axes_of(self.amender.amendment(event.seat), reading.axes, call.inputs, shape),
                settings=reading.settings,
                parameters=(*self._parameters(mine), *self._unruled(mine, fresh)),
                borrowed=self._parameters(theirs),
                carries=reading.carries,
                known=reading.known,
                shares=owner,
                built=_built(event.layer if event.within is None else event.within),
                maker=type(event.layer).__name__ if event.layer is not None else "",
                signature=places.signature(type(event.layer)) if event.layer is not None else (),
            ),
            event.output,
        )
        for other in event.others:
            self._from[other.name] = (name, unknown(tuple(other.shape)))

    def _held_by(self, event: Event) -> list[Source]:
        """What a layer reads; of one that is seen in pieces, what this piece reads."""
        if event.layer is None:
            return []
        pieces = {".depthwise": ("depthwise_kernel",), ".pointwise": ("pointwise_kernel", "bias")}
        slots = next((slots for end, slots in pieces.items() if event.word.endswith(end)), None)
        if slots is None:
            return [Source(variable) for variable in event.layer.weights if not bookkeeping(variable.path)]
        return [Source(variable) for slot in slots if (variable := getattr(event.layer, slot)) is not None]


def _attribute(layer: Any, path: str) -> Any:
    """`cell.kernel` of a layer; None where it has no such attribute."""
    for name in path.split("."):
        layer = getattr(layer, name, None)
    return layer


def _built(layer: Any) -> Place | None:
    place: Place | None = getattr(layer, BUILT, None)
    return place
