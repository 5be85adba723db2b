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
