"""What an amendment changes of a Keras layer beyond its call: its attributes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import keras

from parity.errors import NoAmendment
from parity.sides._tensorflow_amend import Amender, Seat


class KerasAmender(Amender):
    """An amender that also knows the layers of Keras's that are called."""

    @contextlib.contextmanager
    def worded(self, seat: Seat, layer: Any) -> Iterator[None]:
        """While this lasts, a layer has other attributes."""
        amendment = self.amendment(seat)
        with contextlib.ExitStack() as stack:
            for name, value in amendment.words.items() if amendment else ():
                stack.enter_context(_attribute(layer, name, value))
            yield


@contextlib.contextmanager
def _attribute(layer: Any, name: str, value: Any) -> Iterator[None]:
    """While this lasts, a layer (a recurrent one's cell, where the layer has it from there) has this attribute.

    Set around Keras, which would refuse or track it.
    """
    holder = layer if name in vars(layer) or not hasattr(getattr(layer, "cell", None), name) else layer.cell
    if not hasattr(holder, name):
        raise NoAmendment(f"{type(layer).__name__} has no attribute {name}")
    was, own = getattr(holder, name), name in vars(holder)
    value = keras.activations.get(value) if name.endswith("activation") else value
    try:
        object.__setattr__(holder, name, value)
    except AttributeError as error:
        raise NoAmendment(f"{name} of {type(layer).__name__} cannot be set: {error}") from error
    try:
        yield
    finally:
        if own or name not in vars(holder):
            object.__setattr__(holder, name, was)
        else:
            object.__delattr__(holder, name)
