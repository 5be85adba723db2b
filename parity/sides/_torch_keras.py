"""A Keras model on its PyTorch back end: a layer of Keras's own that holds arrays is one call, as on TensorFlow.

Keras writes some of them out in many calls of PyTorch's (a batch norm, the steps of a GRU), which no layer of
another network would answer. Layers without arrays are seen by the functions that they call.
Keras is never imported here: a network that is made of it has done that.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from parity.rulebook import knows, slots_of

FRAMEWORK = "keras"


class LayerCall:
    """The call of one layer as a function of its data and, for those who ask what is read, of its arrays.

    A recurrent layer gives its whole sequence, of which `behind` takes what its caller expects.
    """

    def __init__(self, layer: Any, word: str, plain: Callable[..., Any], kwargs: Mapping[str, Any]) -> None:
        self.layer, self.__name__ = layer, word
        self._plain, self._kwargs = plain, kwargs
        held = {slot: _attribute(layer, slot) for slot in slots_of(FRAMEWORK, word)}
        self.arrays = {slot: each._value for slot, each in held.items() if each is not None}
        self._recurrent = hasattr(layer, "cell")  # its activations act inside its steps
        self._activation = None if self._recurrent else getattr(layer, "activation", None)

    def __call__(self, data: Any, *_: Any) -> Any:
        name, value = ("return_sequences", True) if self._recurrent else ("activation", None)
        was = getattr(self.layer, name, None)
        object.__setattr__(self.layer, name, value)
        try:
            return self._plain(self.layer, data, **self._kwargs)
        finally:
            object.__setattr__(self.layer, name, was)

    @property
    def words(self) -> dict[str, Any]:
        """What the layer was built with, and the array in each slot."""
        return {**self.layer.get_config(), **self.arrays}

    def behind(self, output: Any) -> Any:
        """What the caller expects of the layer: its fused activation and the last step are calls of their own."""
        if self._recurrent and not self.layer.return_sequences:
            return output[:, -1]
        return self._activation(output) if self._activation else output


@contextlib.contextmanager
def layers_whole(call: Callable[..., Any]) -> Iterator[None]:
    """While this lasts, Keras's own layers go through `call(function, data, *arrays)`, if Keras runs on PyTorch."""
    keras = _on_torch()
    if keras is None:
        yield
        return
    plain = keras.layers.Layer.__call__

    def seen(layer: Any, *args: Any, **kwargs: Any) -> Any:
        word = _word(layer) if len(args) == 1 and isinstance(args[0], torch.Tensor) else None
        if word is None or kwargs.get("mask") is not None or getattr(args[0], "_keras_mask", None) is not None:
            return plain(layer, *args, **kwargs)
        whole = LayerCall(layer, word, plain, kwargs)
        return whole.behind(call(whole, args[0], *whole.arrays.values()))

    keras.layers.Layer.__call__ = seen
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = plain


@contextlib.contextmanager
def wide() -> Iterator[None]:
    """While this lasts, float64 is the type that Keras computes in by default, or it would round to float32."""
    keras = _on_torch()
    if keras is None:
        yield
        return
    # Everywhere but on TensorFlow, what Keras promotes to float64 it takes back to float32, as JAX does.
    narrowed = getattr(sys.modules.get("keras.src.backend.common.dtypes"), "BIT64_TO_BIT32_DTYPE", {})
    was = keras.config.floatx(), dict(narrowed)
    keras.config.set_floatx("float64")
    narrowed["float64"] = "float64"
    try:
        yield
    finally:
        keras.config.set_floatx(was[0])
        narrowed.update(was[1])


def widen(module: Any) -> None:
    """Let what a copied module holds of Keras compute in float64: its layers, and its models from their inputs on."""
    # Keras copies a model by writing it out and in again, and PyTorch does not see its layers as modules.
    for each in module._flatten_layers() if hasattr(module, "_flatten_layers") else ():
        each.dtype_policy = "float64"
        for variable in each.variables:
            variable._dtype = "float64" if variable.dtype == "float32" else variable.dtype
        for symbol in getattr(each, "_inputs", ()):
            symbol._dtype = "float64" if symbol.dtype == "float32" else symbol.dtype


def _on_torch() -> Any:
    """Keras, if the network has imported it and it runs on PyTorch here."""
    keras = sys.modules.get("keras")
    return keras if keras is not None and keras.config.backend() == "torch" else None


def _word(layer: Any) -> str | None:
    """The Keras class whose `call` this layer runs, if it is one that a rule knows and that holds arrays.

    None for a recurrent layer that gives its state too or turns its sequence round: that is seen step by step.
    """
    if not layer.built or getattr(layer, "return_state", False) or getattr(layer, "go_backwards", False):
        return None
    for base in type(layer).__mro__:
        if base.__module__.startswith("keras."):
            own = type(layer).call is getattr(base, "call", None) and (not layer._layers or hasattr(layer, "cell"))
            known = knows(FRAMEWORK, base.__name__) and bool(slots_of(FRAMEWORK, base.__name__))
            return base.__name__ if own and known and base.__name__ != "Normalization" else None
    return None


def _attribute(layer: Any, path: str) -> Any:
    """`cell.kernel` of a layer; None where it has no such attribute."""
    for name in path.split("."):
        layer = getattr(layer, name, None)
    return layer
