"""A traced TensorFlow graph run in float64, although its variables and its code are in float32.

The graph is written anew with every float32 replaced. What was rounded to float32 on the way into the graph is put
back: a plain number of the code as it was written, the slope of a leaky relu, the epsilon of a fused batch norm.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import ops

from parity.errors import NoTwin
from parity.grammar.constants import plain
from parity.sides._tensorflow_run import Cut, Runner

_WIDE = {tf.float32.as_datatype_enum: tf.float64.as_datatype_enum}
_NARROW = (tf.float16.as_datatype_enum, tf.bfloat16.as_datatype_enum)
_WRITTEN = 6
"""Digits of a number that was written by hand; one of more digits was computed in float32."""


@contextlib.contextmanager
def noting_numbers(found: dict[str, float]) -> Iterator[None]:
    """While a graph is traced, note each plain number that becomes a float32 of it, by the name of its op."""
    create = ops._create_graph_constant

    def noting(value: Any, *args: Any, **kwargs: Any) -> Any:
        tensor = create(value, *args, **kwargs)
        if isinstance(value, float) and tensor.dtype == tf.float32:  # np.float64 is a float too
            found[tensor.op.name] = float(value)
        return tensor

    ops._create_graph_constant = noting
    try:
        yield
    finally:
        ops._create_graph_constant = create


class WideRunner(Runner):
    """The runner of the same graph in float64.

    `variables` gives the float64 variable that stands for each handle, `numbers` the plain numbers of the code.
    """

    def __init__(self, narrow: Runner, variables: Mapping[int, Any], numbers: Mapping[str, float]) -> None:
        super().__init__(narrow.graph, narrow.inputs)
        self._variables, self._numbers = variables, numbers
        self._parts_of: dict[str, str] = {}  # the op that a node was put in for

    def dtype(self, tensor: Any) -> Any:
        return tf.float64 if tensor.dtype == tf.float32 else tensor.dtype

    def outside(self, capture: Any) -> Any:
        if id(capture) in self._variables:
            return self._variables[id(capture)].handle
        return tf.constant(_exact(capture.numpy()), tf.float64) if capture.dtype == tf.float32 else capture

    def stands_for(self, node: str) -> str:
        return self._parts_of.get(node, node)

    @cached_property
    def definition(self) -> Any:
        narrow = self.graph.as_graph_def()
        wide = tf.compat.v1.GraphDef(versions=narrow.versions)
        for node in narrow.node:
            start = len(wide.node)
            _REWRITTEN.get(node.op, self._same)(node, wide, self._numbers)
            self._parts_of |= {each.name: node.name for each in wide.node[start:]}
        return wide

    def _uncut(self, wanted: Sequence[str]) -> Cut:
        return self._cut_at(wanted, ())  # what stands is the narrow graph

    @staticmethod
    def _same(node: Any, wide: Any, numbers: Mapping[str, float]) -> None:
        copy = wide.node.add()
        copy.CopyFrom(node)
        for name, value in copy.attr.items():
            kind = value.WhichOneof("value")
            if kind == "func" or (kind == "list" and value.list.func):
                raise NoTwin(f"{node.name} runs code of its own, as a loop or a branch does, which is left in float32")
            if kind == "f" and float(plain(value.f)) != value.f:
                raise NoTwin(f"{node.name} ({node.op}) keeps its {name} in float32")
            if kind == "type":
                value.type = _widened(value.type, node)
            elif kind == "list" and value.list.type:
                value.list.type[:] = [_widened(each, node) for each in value.list.type]


def _widened(kind: int, node: Any) -> int:
    if kind in _NARROW:
        raise NoTwin(f"{node.name} computes in {tf.as_dtype(kind).name} even when all it reads is float64")
    return _WIDE.get(kind, kind)


def _exact(value: Any) -> Any:
    """A constant of which only the float32 is known: a single number as it was written, if it was written by hand."""
    array = np.asarray(value, np.float64)
    if array.size != 1 or not np.isfinite(array).all():
        return array
    short = plain(array)
    return np.full(array.shape, short) if len(f"{abs(short):e}".partition("e")[0].rstrip("0")) <= _WRITTEN else array


def _constant(node: Any, wide: Any, numbers: Mapping[str, float]) -> None:
    """A constant, with the number that was written."""
    value = node.attr["value"].tensor
    if value.dtype not in _WIDE:
        WideRunner._same(node, wide, numbers)
        return
    array = tf.make_ndarray(value)
    number = numbers.get(node.name)
    _const(wide, node.name, np.full(array.shape, number) if number is not None else _exact(array))


def _leaky_relu(node: Any, wide: Any, numbers: Mapping[str, float]) -> None:
    """x where x is positive, slope x elsewhere."""
    (data,), name = node.input, node.name
    _const(wide, f"{name}/slope", plain(node.attr["alpha"].f))
    _const(wide, f"{name}/zero", 0.0)
    _op(wide, f"{name}/positive", "Greater", data, f"{name}/zero")
    _op(wide, f"{name}/scaled", "Mul", data, f"{name}/slope")
    _op(wide, name, "SelectV2", f"{name}/positive", data, f"{name}/scaled")


def _batch_norm(node: Any, wide: Any, numbers: Mapping[str, float]) -> None:
    """(x - mean) gamma / sqrt(variance + epsilon) + beta."""
    if node.attr["is_training"].b or node.attr["data_format"].s not in (b"NHWC", b"NDHWC"):
        raise NoTwin(f"{node.name} ({node.op}) is a batch norm in training, or of channels first")
    data, gamma, beta, mean, variance = node.input
    name = node.name
    _const(wide, f"{name}/epsilon", plain(node.attr["epsilon"].f))
    _op(wide, f"{name}/raised", "AddV2", variance, f"{name}/epsilon")
    _op(wide, f"{name}/root", "Rsqrt", f"{name}/raised")
    _op(wide, f"{name}/scale", "Mul", f"{name}/root", gamma)
    _op(wide, f"{name}/centred", "Sub", data, mean)
    _op(wide, f"{name}/scaled", "Mul", f"{name}/centred", f"{name}/scale")
    _op(wide, name, "AddV2", f"{name}/scaled", beta)


def _response_norm(node: Any, wide: Any, numbers: Mapping[str, float]) -> None:
    """x / (bias + alpha · the squares of the channels near by) ** beta."""
    (data,), name = node.input, node.name
    for word in ("alpha", "beta", "bias"):
        _const(wide, f"{name}/{word}", plain(node.attr[word].f))
    _const(wide, f"{name}/one", 1.0)
    for word, whole in (("last", [3, 3]), ("none", 0), ("radius", node.attr["depth_radius"].i)):
        _integers(wide, f"{name}/{word}", whole)
    shape = wide.node.add(name=f"{name}/shape", op="Shape", input=[data])
    shape.attr["T"].type = tf.float64.as_datatype_enum
    square = wide.node.add(name=f"{name}/sides", op="GatherV2", input=[shape.name, f"{name}/last", f"{name}/none"])
    square.attr["Tparams"].type = square.attr["Tindices"].type = square.attr["Taxis"].type = tf.int32.as_datatype_enum
    _op(wide, f"{name}/all", "Fill", square.name, f"{name}/one")
    wide.node[-1].attr["index_type"].type = tf.int32.as_datatype_enum
    _op(wide, f"{name}/near", "MatrixBandPart", f"{name}/all", f"{name}/radius", f"{name}/radius")
    wide.node[-1].attr["Tindex"].type = tf.int32.as_datatype_enum
    _op(wide, f"{name}/squares", "Square", data)
    _op(wide, f"{name}/sums", "BatchMatMulV2", f"{name}/squares", f"{name}/near")
    _op(wide, f"{name}/scaled", "Mul", f"{name}/sums", f"{name}/alpha")
    _op(wide, f"{name}/raised", "AddV2", f"{name}/scaled", f"{name}/bias")
    _op(wide, f"{name}/divisor", "Pow", f"{name}/raised", f"{name}/beta")
    _op(wide, name, "RealDiv", data, f"{name}/divisor")


def _integers(wide: Any, name: str, value: Any) -> None:
    node = wide.node.add(name=name, op="Const")
    node.attr["dtype"].type = tf.int32.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.asarray(value, np.int32)))


def _const(wide: Any, name: str, value: Any) -> None:
    node = wide.node.add(name=name, op="Const")
    node.attr["dtype"].type = tf.float64.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.asarray(value, np.float64)))


def _op(wide: Any, name: str, word: str, *inputs: str) -> None:
    node = wide.node.add(name=name, op=word, input=inputs)
    node.attr["T"].type = tf.float64.as_datatype_enum


_REWRITTEN: dict[str, Callable[[Any, Any, Mapping[str, float]], None]] = {
    "Const": _constant,
    "LeakyRelu": _leaky_relu,
    "FusedBatchNormV3": _batch_norm,
    "LRN": _response_norm,
}
