"""What a Keras model calls while it is traced into a graph.

`Layer.__call__` is watched: the ops that appear during the call of a Keras layer are that layer's. A fused
activation (`Conv1D(activation="relu")`) is a call of its own.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from parity.probes import near
from parity.rulebook import knows, slots_of
from parity.sides._keras_exact import response_norms
from parity.sides._tensorflow_amend import Amender, Graft, Seat
from parity.sides._tensorflow_calls import as_leaf, flat, inside_leaf, leaf_entered, leaf_left, operations

FRAMEWORK = "keras"


@dataclass
class Event:
    """One call seen while tracing: a layer with the ops from `start` to `end`, or an activation fused into `within`.

    `others` are the outputs behind the first one, `number` the same for all events of one call. `args` and
    `kwargs` are what was given to it; `fused`: the activation that it carries in itself is an event of its own.
    """

    start: int
    end: int
    name: str
    word: str
    words: Mapping[str, Any]
    inputs: list[Any]
    output: Any
    layer: Any = None
    within: Any = None
    others: list[Any] = field(default_factory=list)
    number: int = 0
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    fused: bool = False

    @property
    def seat(self) -> Seat:
        """Where a later trace makes the same call."""
        return self.number, self.word


@contextlib.contextmanager
def watching(model: Any, graph: Any, amender: Amender, standing_in: bool) -> Iterator[Watch]:
    """Note each outermost call of a Keras layer, and of its fused activation, while a graph is built.

    With `standing_in`, zeros of the declared shape stand for what a layer gives of another shape.
    """
    watch = Watch(model, graph, amender, standing_in)
    plain = keras.layers.Layer.__call__

    def watched(layer: Any, *args: Any, **kwargs: Any) -> Any:
        return watch.called(layer, functools.partial(plain, layer), args, kwargs)

    keras.layers.Layer.__call__ = watched
    try:
        with watch.functions(), response_norms(watch.noted), operations(graph, amender), _plain_sums():
            yield watch
    finally:
        keras.layers.Layer.__call__ = plain


@dataclass(frozen=True)
class Promise:
    """What a layer declared of its output's shape and does not hold."""

    layer: Any
    declared: tuple[int | None, ...]
    output: Any


class Watch:
    """The events of one tracing, and where in the nest of layers it stands."""

    def __init__(self, model: Any, graph: Any, amender: Amender, standing_in: bool) -> None:
        self.model, self.graph, self.amender, self.standing_in = model, graph, amender, standing_in
        self.calls = 0
        self.events: list[Event] = []
        self.broken: list[Promise] = []
        self.path: list[str] = []

    def count(self) -> int:
        return len(self.graph.get_operations())

    def called(self, layer: Any, plain: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """What a layer gives to those behind it."""
        result = self._called(layer, plain, args, kwargs)
        here = not inside_leaf() and tf.compat.v1.get_default_graph() is self.graph
        declared = _unlike_declared(layer, result) if here and tf.is_tensor(result) else None
        if declared is None:
            return result
        self.broken.append(Promise(layer, declared, result))
        if not self.standing_in:
            return result
        start = self.count()
        zeros = tf.zeros([result.shape[0] if size is None else size for size in declared], result.dtype)
        self.amender.grafts[start].append(Graft(range(start, self.count()), result, zeros))
        return zeros

    def _called(self, layer: Any, plain: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        tensors = [tensor for _, tensor in flat([args, kwargs], "")]
        if not tensors or tf.compat.v1.get_default_graph() is not self.graph:
            return plain(*args, **kwargs)  # Keras is working out shapes on symbols, beside this graph
        word = None if inside_leaf() else _leaf_word(layer)
        if word is not None:
            self.calls += 1
            with self.amender.worded((self.calls, word), layer):
                return self._leaf(layer, word, plain, args, kwargs, tensors)
        if layer is not self.model:
            self.path.append(layer.name)
        try:
            if type(layer) is keras.layers.TimeDistributed and not inside_leaf() and not _masked(args, kwargs):
                return _at_once(layer, args[0])
            return plain(*args, **kwargs)
        finally:
            if layer is not self.model:
                self.path.pop()

    def _leaf(self, layer: Any, word: str, plain: Callable[..., Any], args: Any, kwargs: Any, tensors: Any) -> Any:
        if backwards := _reads_backwards(layer, args, kwargs):
            args = (tf.reverse(args[0], [1]), *args[1:])
        seat = (self.calls, word)
        args, kwargs = self.amender.fed(seat, args, kwargs)
        tensors = [tensor for _, tensor in flat([args, kwargs], "")]
        start = self.count()
        fused: list[tuple[Any, Any, int]] = []
        with (
            leaf_entered(),
            _splitting(self, layer, word, fused, seat),
            _as_written(layer, backwards),
            measured(layer),
        ):
            output = self.amender.made(seat, as_leaf(plain), args, kwargs, layer)
        name = "/".join([*self.path, layer.name])
        first, *others = (tensor for _, tensor in flat(output, ""))
        end, ends = self.count(), first
        if len(fused) == 1 and fused[0][1] is first:
            ends, _, end = fused[0]
        words = {**_words(layer), "go_backwards": False} if backwards else _words(layer)
        pieces = _pieces(word, self.graph.get_operations()[start:end])
        call = Event(start, end, name, word, words, tensors, ends, layer, others=others, number=seat[0])
        call = replace(call, args=args, kwargs=kwargs, fused=ends is not first)
        at = next((place for place, each in enumerate(self.events) if each.number > seat[0]), len(self.events))
        self.events[at:at] = _in_pieces(call, *pieces) if pieces else [call]  # before what its activation calls
        if seat in self.amender.carrying:
            return output
        if ends is not first:
            seat = (seat[0], _function_name(layer))
            fuse = Event(end, self.count(), f"{name}/{seat[1]}", seat[1], {}, [ends], first, within=layer)
            self.events.append(replace(fuse, number=seat[0], args=[ends]))
        output = self.amender.handed_on(seat, output)
        return _last_of(layer, output) if hasattr(layer, "cell") else output

    def noted(
        self, plain: Callable[..., Any], word: str, name: str, words: Mapping[str, Any], args: Any, kwargs: Any
    ) -> Any:
        """What a function gives whose call is one layer."""
        if inside_leaf() or tf.compat.v1.get_default_graph() is not self.graph:
            return plain(*args, **kwargs)
        self.calls += 1
        seat = (self.calls, word)
        args, kwargs = self.amender.fed(seat, args, kwargs)
        operands = [tensor for _, tensor in flat([args, kwargs], "")]
        start = self.count()
        result = self.amender.made(seat, as_leaf(plain), args, kwargs)
        first, *others = (tensor for _, tensor in flat(result, ""))
        call = Event(start, self.count(), "/".join([*self.path, name]), word, words, operands, first, others=others)
        self.events.append(replace(call, number=self.calls, args=args, kwargs=kwargs))
        return self.amender.handed_on(seat, result)

    @contextlib.contextmanager
    def functions(self) -> Iterator[None]:
        """Note each product of queries, keys and values as one call, and each GELU, of many ops both."""
        multi_head, backend = keras.layers.MultiHeadAttention, keras.src.backend.nn
        within_layer, anywhere, plain_gelu = multi_head._compute_attention, backend.dot_product_attention, backend.gelu
        product = "dot_product_attention"

        def in_layer(layer: Any, *args: Any, **kwargs: Any) -> Any:
            words = {"scale": float(layer._inverse_sqrt_key_dim), "is_causal": bool(kwargs.get("use_causal_mask"))}
            return self.noted(functools.partial(within_layer, layer), product, "attention", words, args, kwargs)

        def outside(*args: Any, **kwargs: Any) -> Any:
            given = inspect.signature(anywhere).bind(*args, **kwargs).arguments
            width = int(given["query"].shape[-1])
            words = {"scale": given.get("scale") or width**-0.5, "is_causal": bool(given.get("is_causal"))}
            if given["query"].dtype == tf.float64 and given.get("scale") is None:
                given["scale"] = words["scale"]  # which the function would work out in float32
            return self.noted(anywhere, product, product, words, (), given)

        def gelu(x: Any, approximate: bool = True) -> Any:
            given = functools.partial(plain_gelu, approximate=approximate)
            return self.noted(given, "gelu", "gelu", {"approximate": bool(approximate)}, (x,), {})

        multi_head._compute_attention, backend.dot_product_attention, backend.gelu = in_layer, outside, gelu
        try:
            yield
        finally:
            multi_head._compute_attention, backend.dot_product_attention = within_layer, anywhere
            backend.gelu = plain_gelu


@contextlib.contextmanager
def _plain_sums() -> Iterator[None]:
    """Let Keras add two tensors of one shape by an addition.

    It takes a second operand that could be squeezed to a vector for a bias, and then the graph of a batch of
    one is another than that of a batch of two.
    """
    numpy_like = keras.src.backend.numpy
    plain = numpy_like.add

    def add(x1: Any, x2: Any) -> Any:
        alike = tf.is_tensor(x1) and tf.is_tensor(x2) and x1.dtype == x2.dtype and x1.shape == x2.shape
        return tf.add(x1, x2) if alike else plain(x1, x2)

    numpy_like.add = add
    try:
        yield
    finally:
        numpy_like.add = plain


def _unlike_declared(layer: Any, output: Any) -> tuple[int | None, ...] | None:
    """The shape that a layer of a functional model declared, where it can be none of those that it gives."""
    declared = [tuple(each.shape) for node in layer._inbound_nodes for each in node.output_tensors]
    real = tuple(output.shape)

    def holds(shape: tuple[int | None, ...]) -> bool:
        # The batch is left out: a model that was built for one sample runs on several.
        pairs = zip(shape[1:], real[1:], strict=False)
        return len(shape) == len(real) and all(size in (None, is_) for size, is_ in pairs)

    return None if not declared or any(map(holds, declared)) else declared[0]


def _at_once(layer: Any, data: Any) -> Any:
    """What a TimeDistributed layer gives, with its steps in one batch, which is what a port writes."""
    inner = layer.layer
    if _leaf_word(inner) == "Dense":
        return inner(data)
    batch, time = data.shape[0], data.shape[1]
    result = inner(tf.reshape(data, (batch * time, *data.shape[2:])))
    return tf.reshape(result, (batch, time, *result.shape[1:]))


def _reads_backwards(layer: Any, args: Any, kwargs: Any) -> bool:
    """Whether a recurrent layer turns its sequence round, without a mask that would have to turn with it."""
    return bool(hasattr(layer, "cell") and layer.go_backwards and args and not _masked(args, kwargs))


def _masked(args: Any, kwargs: Any) -> bool:
    """Whether a layer is called with a mask, given to it or carried by what it reads."""
    carried = [getattr(tensor, "_keras_mask", None) for _, tensor in flat([args], "")]
    return not args or kwargs.get("mask") is not None or any(mask is not None for mask in carried)


@contextlib.contextmanager
def _as_written(layer: Any, backwards: bool) -> Iterator[None]:
    """Let a recurrent layer give its whole sequence, and read it as it comes where it was turned round before.

    That is what a port writes, which turns the sequence and takes the last step by calls of its own.
    """
    if not hasattr(layer, "cell"):
        yield
        return
    was = layer.return_sequences, layer.go_backwards
    layer.return_sequences, layer.go_backwards = True, layer.go_backwards and not backwards
    try:
        yield
    finally:
        layer.return_sequences, layer.go_backwards = was


@contextlib.contextmanager
def measured(layer: Any) -> Iterator[None]:
    """Let a Normalization read its variables, not the constants that it made of them when it was adapted."""
    if not isinstance(layer, keras.layers.Normalization) or layer.input_mean is not None:
        yield
        return
    was = layer.mean, layer.variance
    layer.finalize_state()
    try:
        yield
    finally:
        layer.mean, layer.variance = was


def _last_of(layer: Any, output: Any) -> Any:
    """What the caller of a recurrent layer expects of it, made out of its whole sequence."""
    sequence, *states = output if isinstance(output, list | tuple) else [output]
    if not states:
        return sequence if layer.return_sequences else sequence[:, -1]
    # The first state is the last output; taken from the sequence, it is known where it comes from.
    return [sequence if layer.return_sequences else sequence[:, -1], sequence[:, -1], *states[1:]]


def _pieces(word: str, operations: Sequence[Any]) -> tuple[Any, int] | None:
    """Between which ops a separable convolution is cut: the tensor behind the first half, and its op's number."""
    if not word.startswith("SeparableConv"):
        return None
    convolutions = [number for number, each in enumerate(operations) if each.type == "Conv2D"]
    if len(convolutions) != 1 or not any(each.type == "DepthwiseConv2dNative" for each in operations):
        return None
    return operations[convolutions[0]].inputs[0], convolutions[0]


def _in_pieces(call: Event, between: Any, cut: int) -> list[Event]:
    """A separable convolution as the two that it is."""
    depthwise = replace(
        call,
        end=call.start + cut,
        name=f"{call.name}/depthwise",
        word=f"{call.word}.depthwise",
        output=between,
    )
    pointwise = replace(
        call,
        start=call.start + cut,
        name=f"{call.name}/pointwise",
        word=f"{call.word}.pointwise",
        inputs=[between],
    )
    return [depthwise, pointwise]


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
def _splitting(watch: Watch, layer: Any, word: str, fused: list[tuple[Any, Any, int]], seat: Seat) -> Iterator[None]:
    """Note the tensors before and behind the activation that a layer carries in itself, and the op between."""
    activation, amender = getattr(layer, "activation", None), watch.amender
    holds = slots_of(FRAMEWORK, word) or slots_of(FRAMEWORK, f"{word}.pointwise")
    fuses = holds and not hasattr(layer, "state_size")  # those of a recurrent layer act inside its steps
    if not fuses or activation in (None, keras.activations.linear):
        yield
        return

    behind, own = (seat[0], _function_name(layer)), is_own(activation)
    if own:
        amender.carrying.add(seat)

    def noting(tensor: Any, *args: Any, **kwargs: Any) -> Any:
        inner = amender.fuses(seat)
        tensor = amender.ended(seat, tensor) if inner else tensor
        cut = watch.count()
        operand = amender.handed_on(seat, tensor) if inner else tensor
        if own:
            watch.path.append(layer.name)
            with leaf_left():
                result = activation(operand, *args, **kwargs)
            watch.path.pop()
            fused.append((tensor, result, cut))
            return result
        args, kwargs = amender.fed(behind, (operand, *args), kwargs)
        result = amender.made(behind, as_leaf(activation), args, kwargs)
        fused.append((tensor, result, cut))
        return result

    object.__setattr__(layer, "activation", noting)
    try:
        yield
    finally:
        object.__setattr__(layer, "activation", activation)


_SEEN_BY_PARTS = ("Rescaling", "Normalization", "Attention", "Lambda")
"""Layers of Keras's that are a few plain calls, as which a port writes them; one that holds statistics is a norm."""


def _leaf_word(layer: Any) -> str | None:
    """The name of the Keras class whose `call` this layer runs.

    None for models, for the user's own layers and those inside `keras.applications`, and for layers of Keras's
    that are plain calls, or that no rule knows and that are made of others (wrappers): they are seen part by part.
    """
    if isinstance(layer, keras.Model):
        return None
    for base in type(layer).__mro__:
        if base.__module__.startswith("keras."):
            if base is keras.layers.Layer or type(layer).call is not getattr(base, "call", None):
                return None
            if base.__module__.startswith("keras.src.applications."):
                return None
            if base is keras.layers.Activation:
                return None if is_own(layer.activation) else _function_name(layer)
            if base is keras.layers.RNN and type(layer.cell).__module__.startswith("keras."):
                return type(layer.cell).__name__.removesuffix("Cell")
            parts = base.__name__ in _SEEN_BY_PARTS and getattr(layer, "input_mean", ()) is not None
            return None if parts or (layer._layers and not knows(FRAMEWORK, base.__name__)) else base.__name__
    return None


def is_own(activation: Any) -> bool:
    """Whether an activation is the user's own function: what it is, its calls tell and not its name."""
    module = getattr(activation, "__module__", None) or ""
    return module.partition(".")[0] not in ("keras", "tensorflow", "tf_keras")


def _function_name(layer: Any) -> str:
    return getattr(layer.activation, "__name__", type(layer.activation).__name__)


def _words(layer: Any) -> Mapping[str, Any]:
    try:
        words = dict(layer.get_config())
        return words | dict(layer.cell.get_config()) if type(layer) is keras.layers.RNN else words
    except NotImplementedError:
        return {}
