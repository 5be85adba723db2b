"""Calls of a Keras model as code: the layer with the arguments that are not its defaults, or the op of TensorFlow."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import keras
import tensorflow as tf

from parity.sides._excerpt import Unwritten, literal
from parity.sides._keras_calls import Event
from parity.sides._tensorflow_excerpt import READ, Writer

_OF_TRAINING = ("_initializer", "_regularizer", "_constraint")


class KerasWriter(Writer):
    """Writes calls of layers too."""

    names: ClassVar[Mapping[str, Any]] = {"keras": keras, "tf": tf}

    def call(self, call: Any, variable: str) -> None:
        if isinstance(call, Event):
            self._event(call, variable)
        else:
            self.operation(call, variable)

    def written(self, value: Any) -> str | None:
        if isinstance(value, keras.layers.Layer) or (isinstance(value, Mapping) and "class_name" in value):
            config = value if isinstance(value, Mapping) else keras.saving.serialize_keras_object(value)
            plain = literal({key: each for key, each in config.items() if key != "build_config"}, lambda each: None)
            return f"keras.saving.deserialize_keras_object({plain})"
        return super().written(value)

    def _event(self, event: Event, variable: str) -> None:
        if event.word.endswith(".depthwise"):
            self._half(event, "keras.ops.depthwise_conv", event.layer.depthwise_kernel, variable)
        elif event.word.endswith(".pointwise"):
            self._half(event, "keras.ops.conv", event.layer.pointwise_kernel, variable)
        elif event.word == "gelu" and event.layer is None and event.within is None:
            approximate = f"approximate={event.words['approximate']}"
            self.body.call("keras.ops.gelu", [self.text(event.args[0]), approximate], variable)
        elif event.word == "LRN":
            raise Unwritten("TensorFlow has no local response normalisation in float64")
        elif event.layer is None and event.within is None:
            self._attention(event, variable)
        elif event.layer is None or type(event.layer) is keras.layers.Activation:
            self.body.call(self._activation(event), [self.text(event.args[0])], variable)
        else:
            layer = self.body.variable("layer")
            self._layer(event, layer)
            words = {key: each for key, each in event.kwargs.items() if each is not None}
            if words.get("training") is False:
                del words["training"]  # which is what a layer does by itself
            arguments = [*map(self.text, event.args), *(f"{key}={self.text(each)}" for key, each in words.items())]
            self.body.call(layer, arguments, variable, "[0]" if event.others else "")

    def _half(self, event: Event, function: str, kernel: Any, variable: str) -> None:
        """One of the two convolutions that a separable one is."""
        words, spread = event.words, function.endswith("depthwise_conv")
        held = READ.format(self.body.array(kernel.path.rpartition("/")[2], kernel.numpy()))
        names = ("strides", "padding", "data_format", "dilation_rate") if spread else ("data_format",)
        own = [f"{name}={self.text(words[name])}" for name in names]
        bias = event.layer.bias if not spread else None
        result = self.body.variable() if bias is not None else variable
        self.body.call(function, [self.text(event.inputs[0]), held, *own], result)
        if bias is not None:
            added = READ.format(self.body.array("bias", bias.numpy()))
            self.body.call("keras.ops.add", [result, added], variable)

    def _attention(self, event: Event, variable: str) -> None:
        """The product of queries, keys and values."""
        given = [*event.args, *event.kwargs.values()]
        query, key, value, *others = (each for each in given if tf.is_tensor(each))
        words = [f"{name}={self.text(each)}" for name, each in event.words.items()]
        if others:
            # A layer has one mask for all heads, the function an axis for them.
            words.append(f"mask={self.text(others[0])}" + ("[:, None]" if len(others[0].shape) == 3 else ""))
        self.body.call("keras.ops.dot_product_attention", [*map(self.text, (query, key, value)), *words], variable)

    def _layer(self, event: Event, layer: str) -> None:
        """The lines that build a layer and give it its weights."""
        kind = getattr(keras.layers, event.word, None)
        if kind is None:
            raise Unwritten(f"keras.layers has no {event.word}")
        arguments = self._arguments(kind, self._words(event))
        double = event.layer.compute_dtype == "float64"
        dtype = ['dtype="float64"'] if double else []
        self.body.call(f"keras.layers.{event.word}", [*arguments, *dtype], layer)
        weights = [
            READ.format(self.body.array(each.path.rpartition("/")[2], each.numpy())) for each in event.layer.weights
        ]
        if weights:
            first = event.args[0] if event.args else event.inputs[0]
            shapes = tuple(first.shape) if tf.is_tensor(first) else [tuple(each.shape) for each in event.inputs]
            self.body.lines.append(f"{layer}.build({shapes})")
            self.body.lines += [f"{layer}.set_weights([", *(f"    {each}," for each in weights), "])"]
            if hasattr(event.layer, "finalize_state"):
                self.body.lines.append(f"{layer}.finalize_state()")  # it reads what it made of its weights

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
        return [f"{name}={self.text(each)}" for name, each in kept.items()]

    def _activation(self, event: Event) -> str:
        """How an activation is named in Keras."""
        activation = (event.within or event.layer).activation
        if isinstance(activation, keras.layers.Layer):
            arguments = self._arguments(type(activation), activation.get_config())
            return f"keras.layers.{type(activation).__name__}({', '.join(arguments)})"
        if getattr(keras.activations, event.word, None) is not activation:
            raise Unwritten(f"its activation {event.word} is none that Keras exports")
        return f"keras.activations.{event.word}"
