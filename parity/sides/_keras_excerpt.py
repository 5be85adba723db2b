"""Calls of a Keras model as code: the layer with the arguments that are not its defaults, or the op of TensorFlow."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from parity.nouns import Array, Excerpt
from parity.sides._excerpt import Body, Unwritten, literal, stretch, tried
from parity.sides._keras_calls import Event
from parity.sides._keras_graph import Graph

READ = 'ARRAYS["{}"]'
_SMALL = 16
"""How many constants are written out; more are an array."""
_PLAIN = (tf.float32, tf.int32, tf.bool)
_OF_TRAINING = ("_initializer", "_regularizer", "_constraint")


def excerpt(graph: Graph, wanted: str, inputs: Sequence[Any], given: Mapping[str, Array], role: str) -> Excerpt:
    """A layer of a traced model, and what stands between it and what is given, as code."""
    tensor, axes = graph.gives[wanted]
    body = Body(role)
    try:
        names = stretch(graph.rows, wanted, given)
        calls = [graph.calls[name] for name in names]
        if any(each.dtype in (tf.resource, tf.variant) for call in calls for each in call.inputs):
            raise Unwritten("it reads what only a graph holds")
        values = graph.values([tensor, *(each.name for call in calls for each in call.inputs)], inputs, given)
        _Writer(graph, body, values).write(names)
        why = tried(body, {"keras": keras, "tf": tf}, values[tensor])
    except Unwritten as error:
        return Excerpt((wanted,), "", (), body.arrays, np.zeros(0), axes, str(error))
    return Excerpt(tuple(names), "" if why else body.code, _imports(body.code), body.arrays, values[tensor], axes, why)


def _imports(code: str) -> tuple[str, ...]:
    lines = (("keras.", "import keras"), ("tf.", "import tensorflow as tf"))
    return tuple(line for word, line in lines if word in code)


class _Writer:
    """Writes calls of a graph into a body; `values` are the arrays of all tensors that they read."""

    def __init__(self, graph: Graph, body: Body, values: Mapping[str, Array]) -> None:
        self._graph, self._body, self._values = graph, body, values
        self._variables: dict[str, str] = {}  # by the tensor that each holds

    def write(self, names: Sequence[str]) -> None:
        """All these calls, in this order; the last one is returned."""
        for name in names:
            call = self._graph.calls[name]
            variable = "" if name == names[-1] else self._body.variable()
            if isinstance(call, Event):
                self._event(call, variable)
            else:
                self._operation(call, variable)
            self._variables[self._graph.gives[name][0]] = variable

    def _event(self, event: Event, variable: str) -> None:
        if event.word.endswith(".depthwise"):
            self._half(event, "keras.ops.depthwise_conv", event.layer.depthwise_kernel, variable)
        elif event.word.endswith(".pointwise"):
            self._half(event, "keras.ops.conv", event.layer.pointwise_kernel, variable)
        elif event.layer is None and event.within is None:
            self._attention(event, variable)
        elif event.layer is None or type(event.layer) is keras.layers.Activation:
            self._body.call(self._activation(event), [self._text(event.args[0])], variable)
        else:
            layer = self._body.variable("layer")
            self._layer(event, layer)
            words = {key: each for key, each in event.kwargs.items() if each is not None}
            if words.get("training") is False:
                del words["training"]  # which is what a layer does by itself
            arguments = [*map(self._text, event.args), *(f"{key}={self._text(each)}" for key, each in words.items())]
            self._body.call(layer, arguments, variable, "[0]" if event.others else "")

    def _half(self, event: Event, function: str, kernel: Any, variable: str) -> None:
        """One of the two convolutions that a separable one is."""
        words, spread = event.words, function.endswith("depthwise_conv")
        held = READ.format(self._body.array(kernel.path.rpartition("/")[2], kernel.numpy()))
        names = ("strides", "padding", "data_format", "dilation_rate") if spread else ("data_format",)
        own = [f"{name}={self._text(words[name])}" for name in names]
        bias = event.layer.bias if not spread else None
        result = self._body.variable() if bias is not None else variable
        self._body.call(function, [self._text(event.inputs[0]), held, *own], result)
        if bias is not None:
            added = READ.format(self._body.array("bias", bias.numpy()))
            self._body.call("keras.ops.add", [result, added], variable)

    def _attention(self, event: Event, variable: str) -> None:
        """The product of queries, keys and values."""
        given = [*event.args, *event.kwargs.values()]
        query, key, value, *others = (each for each in given if tf.is_tensor(each))
        words = [f"{name}={self._text(each)}" for name, each in event.words.items()]
        if others:
            # A layer has one mask for all heads, the function an axis for them.
            words.append(f"mask={self._text(others[0])}" + ("[:, None]" if len(others[0].shape) == 3 else ""))
        self._body.call("keras.ops.dot_product_attention", [*map(self._text, (query, key, value)), *words], variable)

    def _layer(self, event: Event, layer: str) -> None:
        """The lines that build a layer and give it its weights."""
        kind = getattr(keras.layers, event.word, None)
        if kind is None:
            raise Unwritten(f"keras.layers has no {event.word}")
        arguments = self._arguments(kind, self._words(event))
        double = event.layer.compute_dtype == "float64"
        dtype = ['dtype="float64"'] if double else []
        self._body.call(f"keras.layers.{event.word}", [*arguments, *dtype], layer)
        weights = [
            READ.format(self._body.array(each.path.rpartition("/")[2], each.numpy())) for each in event.layer.weights
        ]
        if weights:
            first = event.args[0] if event.args else event.inputs[0]
            shapes = tuple(first.shape) if tf.is_tensor(first) else [tuple(each.shape) for each in event.inputs]
            self._body.lines.append(f"{layer}.build({shapes})")
            self._body.lines += [f"{layer}.set_weights([", *(f"    {each}," for each in weights), "])"]
            if hasattr(event.layer, "finalize_state"):
                self._body.lines.append(f"{layer}.finalize_state()")  # it reads what it made of its weights

    def _words(self, event: Event) -> dict[str, Any]:
        """A layer's arguments, as it is seen: its activation is a call of its own, its sequence whole."""
        words = dict(event.words)
        if event.fused:
            words["activation"] = None
        if hasattr(event.layer, "cell"):
            words |= {"return_sequences": True, "return_state": False}
        return words

    def _arguments(self, kind: Any, words: Mapping[str, Any]) -> list[str]:
        """Those arguments with which a layer of this kind would else not be made as it is."""
        parameters = inspect.signature(kind.__init__).parameters
        own = {name: words[name] for name in parameters if name in words and not name.endswith(_OF_TRAINING)}
        needed = {name: each for name, each in own.items() if parameters[name].default is inspect.Parameter.empty}
        try:
            plain = kind(**needed).get_config()
        except Exception:  # noqa: BLE001 - then all of them are written
            plain = {}
        leave = ("dtype", "name", "trainable")
        kept = {
            name: each
            for name, each in own.items()
            if name in needed or (name not in leave and (name not in plain or plain[name] != each))
        }
        return [f"{name}={self._text(each)}" for name, each in kept.items()]

    def _activation(self, event: Event) -> str:
        """How an activation is named in Keras."""
        activation = (event.within or event.layer).activation
        if isinstance(activation, keras.layers.Layer):
            arguments = self._arguments(type(activation), activation.get_config())
            return f"keras.layers.{type(activation).__name__}({', '.join(arguments)})"
        if getattr(keras.activations, event.word, None) is not activation:
            raise Unwritten(f"its activation {event.word} is none that Keras exports")
        return f"keras.activations.{event.word}"

    def _operation(self, operation: Any, variable: str) -> None:
        """An op of TensorFlow that no layer owns."""
        function = getattr(tf.raw_ops, operation.type, None)
        if function is None:
            raise Unwritten(f"tf.raw_ops has no {operation.type}")
        parameters = inspect.signature(function).parameters
        read = operation.op_def.input_arg
        # An argument may have another name in Python than in the graph; those that are read stand first in both.
        unknown = iter([name for name in list(parameters)[: len(read)] if name not in {each.name for each in read}])
        given = {}
        waiting = list(operation.inputs)
        for argument in read:
            name = argument.name if argument.name in parameters else next(unknown, argument.name)
            many = operation.get_attr(argument.number_attr) if argument.number_attr else 0
            given[name] = [waiting.pop(0) for _ in range(many)] if argument.number_attr else waiting.pop(0)
        attributes = set(operation.node_def.attr)
        arguments = []
        for name, parameter in parameters.items():
            if name in given:
                arguments.append(f"{name}={self._text(given[name])}")
            elif name in attributes and (value := operation.get_attr(name)) != parameter.default:
                arguments.append(f"{name}={self._text(value)}")
        first = "[0]" if len(operation.outputs) > 1 else ""
        self._body.call(f"tf.raw_ops.{operation.type}", arguments, variable, first)

    def _text(self, value: Any) -> str:
        return literal(value, self._written)

    def _written(self, value: Any) -> str | None:
        if tf.is_tensor(value):
            return self._variables.get(value.name) or self._tensor(value)
        if isinstance(value, tf.DType):
            return f"tf.{value.name}"
        if isinstance(value, keras.layers.Layer) or (isinstance(value, Mapping) and "class_name" in value):
            config = value if isinstance(value, Mapping) else keras.saving.serialize_keras_object(value)
            plain = literal({key: each for key, each in config.items() if key != "build_config"}, lambda each: None)
            return f"keras.saving.deserialize_keras_object({plain})"
        return None

    def _tensor(self, tensor: Any) -> str:
        constant = tf.get_static_value(tensor)
        if constant is not None and np.size(constant) <= _SMALL:
            plain = literal(np.asarray(constant).tolist(), self._written)
            # What is not of these types would be taken for one of them.
            return plain if tensor.dtype in _PLAIN else f"tf.constant({plain}, tf.{tensor.dtype.name})"
        name = self._graph.shown_name(tensor) or "input"
        return READ.format(self._body.array(name, self._values[tensor.name], tensor.name))
