"""What a network calls while it is traced into a TensorFlow graph, op by op."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from parity.sides._tensorflow_amend import Amender

_inside_leaf = False


@contextlib.contextmanager
def operations(graph: Any, amender: Amender) -> Iterator[None]:
    """Let each op of a graph that no layer owns be amended while it is made."""
    if not amender.amendments:
        yield
        return
    plain = graph._create_op_internal

    def create(
        word: str,
        inputs: Any,
        dtypes: Any = None,
        input_types: Any = None,
        name: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        def make(inputs: Any, again: bool = False) -> Any:
            return plain(word, inputs, dtypes, input_types, None if again else name, *args, **kwargs)

        if _inside_leaf:
            return make(inputs)
        scoped = name.removesuffix("/") if name and name.endswith("/") else ""
        return amender.operation(word, inputs, scoped or graph.unique_name(name or word, mark_as_used=False), make)

    graph._create_op_internal = create
    try:
        yield
    finally:
        del graph._create_op_internal


@contextlib.contextmanager
def norms_as_one() -> Iterator[None]:
    """Let `tf.nn.batch_normalization` by four variables be one op, which shows each of them.

    It multiplies them with one another before it comes to the data.
    """
    formula = tf.nn.batch_normalization

    def norm(
        x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: float, name: str | None = None
    ) -> Any:
        held = (scale, offset, mean, variance)
        shapes = [tuple(each.shape) for each in held if isinstance(each, tf.Variable)]
        if shapes != [tuple(x.shape[-1:])] * 4 or x.dtype != tf.float32 or not isinstance(variance_epsilon, float):
            return formula(x, mean, variance, offset, scale, variance_epsilon, name)
        rows = tf.reshape(x, (-1, 1, 1, x.shape[-1]))
        read = [tf.convert_to_tensor(each) for each in held]
        whole = tf.raw_ops.FusedBatchNormV3(
            x=rows, scale=read[0], offset=read[1], mean=read[2], variance=read[3],
            epsilon=variance_epsilon, is_training=False,
        )  # fmt: skip
        return tf.reshape(whole.y, x.shape)

    tf.nn.batch_normalization = norm
    try:
        yield
    finally:
        tf.nn.batch_normalization = formula


def inside_leaf() -> bool:
    """Whether what is called now belongs to a layer that is being called."""
    return _inside_leaf


@contextlib.contextmanager
def leaf_entered() -> Iterator[None]:
    """What is called while this lasts belongs to the layer that is being called."""
    global _inside_leaf
    was, _inside_leaf = _inside_leaf, True
    try:
        yield
    finally:
        _inside_leaf = was


@contextlib.contextmanager
def leaf_left() -> Iterator[None]:
    """What is called while this lasts belongs to no layer, although one is being called."""
    global _inside_leaf
    was, _inside_leaf = _inside_leaf, False
    try:
        yield
    finally:
        _inside_leaf = was


def as_leaf(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose calls belong to a layer whenever they are made."""

    def call(*args: Any, **kwargs: Any) -> Any:
        with leaf_entered():
            return function(*args, **kwargs)

    return call


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
