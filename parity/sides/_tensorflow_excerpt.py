"""Calls of a TensorFlow graph as code: each op as the function of `tf.raw_ops` that makes it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from parity.nouns import Array, Excerpt
from parity.sides._excerpt import Body, Unwritten, literal, stretch, tried
from parity.sides._tensorflow_graph import Graph

READ = 'ARRAYS["{}"]'
_SMALL = 16
"""How many constants are written out; more are an array."""
_PLAIN = (tf.float32, tf.int32, tf.bool)


class Writer:
    """Writes calls of a graph into a body; `values` are the arrays of all tensors that they read."""

    names: ClassVar[Mapping[str, Any]] = {"tf": tf}
    """What the code calls, by the names that it has there."""

    def __init__(self, graph: Graph, body: Body, values: Mapping[str, Array]) -> None:
        self.graph, self.body, self.values = graph, body, values
        self._variables: dict[str, str] = {}  # by the tensor that each holds

    def write(self, names: Sequence[str]) -> None:
        """All these calls, in this order; the last one is returned."""
        for name in names:
            variable = "" if name == names[-1] else self.body.variable()
            self.call(self.graph.calls[name], variable)
            self._variables[self.graph.gives[name][0]] = variable

    def call(self, call: Any, variable: str) -> None:
        """One call."""
        self.operation(call, variable)

    def text(self, value: Any) -> str:
        """A value as code."""
        return literal(value, self.written)

    def written(self, value: Any) -> str | None:
        """A tensor or type of TensorFlow as code; None for plain data."""
        if tf.is_tensor(value):
            return self._variables.get(value.name) or self._tensor(value)
        return f"tf.{value.name}" if isinstance(value, tf.DType) else None

    def operation(self, operation: Any, variable: str) -> None:
        """An op of TensorFlow."""
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
                arguments.append(f"{name}={self.text(given[name])}")
            elif name in attributes and (value := operation.get_attr(name)) != parameter.default:
                arguments.append(f"{name}={self.text(value)}")
        first = "[0]" if len(operation.outputs) > 1 else ""
        self.body.call(f"tf.raw_ops.{operation.type}", arguments, variable, first)

    def _tensor(self, tensor: Any) -> str:
        constant = tf.get_static_value(tensor)
        if constant is not None and np.size(constant) <= _SMALL:
            plain = literal(np.asarray(constant).tolist(), self.written)
            # What is not of these types would be taken for one of them.
            return plain if tensor.dtype in _PLAIN else f"tf.constant({plain}, tf.{tensor.dtype.name})"
        name = self.graph.shown_name(tensor) or "input"
        return READ.format(self.body.array(name, self.values[tensor.name], tensor.name))


def excerpt(
    graph: Graph, wanted: str, inputs: Sequence[Any], given: Mapping[str, Array], role: str, writer: type[Writer]
) -> Excerpt:
    """A layer of a traced network, and what stands between it and what is given, as code."""
    tensor, axes = graph.gives[wanted]
    body = Body(role)
    try:
        names = stretch(graph.rows, wanted, given)
        calls = [graph.calls[name] for name in names]
        if any(each.dtype in (tf.resource, tf.variant) for call in calls for each in call.inputs):
            raise Unwritten("it reads what only a graph holds")
        values = graph.values([tensor, *(each.name for call in calls for each in call.inputs)], inputs, given)
        writer(graph, body, values).write(names)
        why = tried(body, writer.names, values[tensor])
    except Unwritten as error:
        return Excerpt((wanted,), "", (), body.arrays, np.zeros(0), axes, str(error))
    return Excerpt(tuple(names), "" if why else body.code, _imports(body.code), body.arrays, values[tensor], axes, why)


def _imports(code: str) -> tuple[str, ...]:
    lines = (("keras.", "import keras"), ("tf.", "import tensorflow as tf"))
    return tuple(line for word, line in lines if word in code)
