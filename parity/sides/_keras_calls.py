"""What a Keras model calls while it is traced into a graph.

`Layer.__call__` is watched: the ops that appear during the call of a Keras layer are that layer's. A fused
activation (`Conv1D(activation="relu")`) is a call of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.ops import math_ops

from parity.probes import near
from parity.rulebook import slots_of

FRAMEWORK = "keras"
_inside_leaf = False


@dataclass
class Event:
    """One call seen while tracing: a layer with the ops from `start` to `end`, or an activation fused into `within`."""

    start: int
    end: int
    name: str
    word: str
    words: Mapping[str, Any]
    inputs: list[Any]
    output: Any
    layer: Any = None
    within: Any = None


@contextlib.contextmanager
def watching(model: Any, graph: Any) -> Iterator[list[Event]]:
    """Note each outermost call of a Keras layer, and of its fused activation, while a graph is built."""
    events: list[Event] = []
    path: list[str] = []
    plain = keras.layers.Layer.__call__

    def count() -> int:
        return len(graph.get_operations())

    def watched(layer: Any, *args: Any, **kwargs: Any) -> Any:
        global _inside_leaf
        tensors = [tensor for _, tensor in flat([args, kwargs], "")]
        if not tensors or tf.compat.v1.get_default_graph() is not graph:
            return plain(layer, *args, **kwargs)  # Keras is working out shapes on symbols, beside this graph
        word = None if _inside_leaf else _leaf_word(layer)
        if word is None:
            if layer is not model:
                path.append(layer.name)
            try:
                return plain(layer, *args, **kwargs)
            finally:
                if layer is not model:
                    path.pop()
        _inside_leaf, start = True, count()
        fused: list[tuple[Any, Any, int]] = []
        try:
            with _splitting(layer, word, fused, count):
                output = plain(layer, *args, **kwargs)
        finally:
            _inside_leaf = False
        name = "/".join([*path, layer.name])
        first = next(tensor for _, tensor in flat(output, ""))
        if len(fused) == 1 and fused[0][1] is first:
            before, after, cut = fused[0]
            activation = getattr(layer.activation, "__name__", type(layer.activation).__name__)
            events.append(Event(start, cut, name, word, _words(layer), tensors, before, layer))
            events.append(Event(cut, count(), f"{name}/{activation}", activation, {}, [before], after, within=layer))
        else:
            events.append(Event(start, count(), name, word, _words(layer), tensors, first, layer))
        return output

    keras.layers.Layer.__call__ = watched
    try:
        yield events
    finally:
        keras.layers.Layer.__call__ = plain


@contextlib.contextmanager
def exact_constants() -> Iterator[None]:
    """While a float64 twin is traced, its constants are what was written, not their float32 roundings.

    TensorFlow keeps the slope of its leaky relu in float32 whatever it computes in, and casts a Python number
    to float64 by way of float32 (the root of two in GELU): errors of 1e-8 that no float32 run can show.
    """
    plain_relu, plain_cast = tf.nn.leaky_relu, math_ops.cast

    def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Any:
        if not _inside_leaf:  # a bare call is a layer of its own, known by its op
            return plain_relu(features, alpha, name)
        return tf.where(features > 0, features, features * tf.constant(alpha, features.dtype))

    def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
        if isinstance(x, float) and tf.as_dtype(dtype) == tf.float64:
            return tf.constant(x, tf.float64)
        return plain_cast(x, dtype, name)

    tf.nn.leaky_relu, math_ops.cast = leaky_relu, cast
    try:
        yield
    finally:
        tf.nn.leaky_relu, math_ops.cast = plain_relu, plain_cast


@contextlib.contextmanager
def calibrating(random: np.random.Generator) -> Iterator[None]:
    """Give each layer that holds moving statistics new ones, near those of its input, before it is called."""
    plain = keras.layers.Layer.__call__

    def calibrated(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if _leaf_word(layer) == "BatchNormalization" and args and layer.built:
            data = np.asarray(args[0], np.float64)
            others = tuple(axis for axis in range(data.ndim) if axis != layer.axis % data.ndim)
            values = near(data.mean(others), data.var(others), random)
            for variable, value in zip((layer.moving_mean, layer.moving_variance), values, strict=True):
                variable.assign(value)
        return plain(layer, *args, **kwargs)

    keras.layers.Layer.__call__ = calibrated
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = plain


@contextlib.contextmanager
def _splitting(layer: Any, word: str, fused: list[tuple[Any, Any, int]], count: Callable[[], int]) -> Iterator[None]:
    """Note the tensors before and behind the activation that a layer carries in itself, and the op between."""
    activation = getattr(layer, "activation", None)
    fuses = slots_of(FRAMEWORK, word) and not hasattr(layer, "cell")  # those of a cell act inside its steps
    if not fuses or activation in (None, keras.activations.linear):
        yield
        return

    def noting(tensor: Any, *args: Any, **kwargs: Any) -> Any:
        cut = count()
        result = activation(tensor, *args, **kwargs)
        fused.append((tensor, result, cut))
        return result

    object.__setattr__(layer, "activation", noting)
    try:
        yield
    finally:
        object.__setattr__(layer, "activation", activation)


def _leaf_word(layer: Any) -> str | None:
    """The name of the Keras class whose `call` this layer runs; None for models and the user's own layers."""
    if isinstance(layer, keras.Model):
        return None
    for base in type(layer).__mro__:
        if base.__module__.startswith("keras."):
            if base is keras.layers.Layer or type(layer).call is not getattr(base, "call", None):
                return None
            return _function_name(layer) if base is keras.layers.Activation else base.__name__
    return None


def _function_name(layer: Any) -> str:
    return getattr(layer.activation, "__name__", type(layer.activation).__name__)


def _words(layer: Any) -> Mapping[str, Any]:
    try:
        return dict(layer.get_config())
    except NotImplementedError:
        return {}


def flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The tensors in nested results, named by their path: `output`, `output.0`, `output.logits`."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from flat(each, f"{name}.{key}")
    elif isinstance(value, list | tuple):
        for position, each in enumerate(value):
            yield from flat(each, f"{name}.{position}" if len(value) > 1 else name)
    elif tf.is_tensor(value):
        yield name, value
