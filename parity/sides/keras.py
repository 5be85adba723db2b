"""The Keras side, on TensorFlow: the model is traced once into a graph, and each call owns a range of its ops.

While the graph is built, `Layer.__call__` is watched: the ops that appear during the call of a Keras layer
are that layer's, and what is left over are calls of bare functions (`keras.ops.relu`, `+`), each a layer of
its own. A fused activation (`Conv1D(activation="relu")`) is one too. Any tensor of the graph can be
fetched, so one run gives every layer's output.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.ops.operation import Operation

from parity import places
from parity.axes import Axes, named, to_canonical, unknown
from parity.errors import OutlineError
from parity.nouns import Array, Layer, Outline, Parameter, Place, Probe, Trace, Weights
from parity.rule import Call
from parity.rulebook import Stored, bind, find, parameter, read

FRAMEWORK = "keras"
_BUILT = "_parity_built"
_SHAPE_OPS = ("Shape", "ShapeN", "Size", "Rank")
_SILENT_OPS = ("Placeholder", "Const", "ReadVariableOp", "NoOp")


@contextlib.contextmanager
def noting_places() -> Iterator[None]:
    """While this lasts, each layer that is built remembers the line of the user's that built it."""
    plain = Operation.__init__

    def noting(operation: Any, *args: Any, **kwargs: Any) -> None:
        plain(operation, *args, **kwargs)
        object.__setattr__(operation, _BUILT, places.here())

    Operation.__init__ = noting
    try:
        yield
    finally:
        Operation.__init__ = plain


def sow(seed: int) -> None:
    """Seed whatever fresh weights are drawn from."""
    keras.utils.set_random_seed(seed)


class KerasSide:
    """A live Keras model or layer, or a callable on TensorFlow tensors, as a Side."""

    def __init__(self, model: Any) -> None:
        if keras.config.backend() != "tensorflow":
            raise OutlineError(
                f"Keras runs on {keras.config.backend()!r} here; expected 'tensorflow'. Set KERAS_BACKEND=tensorflow."
            )
        if not callable(model):
            raise OutlineError(f"the build returned {type(model).__name__}; expected a Keras model")
        self._model = model
        self._graph: _Graph | None = None

    def outline(self, probe: Probe) -> Outline:
        graph = self._traced(probe)
        return Outline(
            framework=FRAMEWORK,
            versions={"keras": keras.__version__, "tensorflow": tf.__version__},
            inputs=tuple(probe.arrays),
            layers=tuple(graph.layers),
            outputs={name: layer for name, (layer, _, _) in graph.outputs.items()},
            unread=tuple(
                _plain(variable, registered=True)
                for variable in getattr(self._model, "weights", ())
                if id(variable) not in graph.read
            ),
        )

    def weights(self) -> Weights:
        return {
            layer: {role: stored.canonical(np.asarray(variable.numpy())) for role, (stored, variable) in roles.items()}
            for layer, roles in self._outlined().stored.items()
        }

    def load(self, weights: Weights) -> None:
        held = self._outlined().stored
        ready = [
            (variable, stored.checked(array, tuple(variable.shape), variable.dtype))
            for layer, roles in weights.items()
            for role, array in roles.items()
            for stored, variable in [held[layer][role]]
        ]
        for variable, value in ready:
            variable.assign(value)

    def run(self, probe: Probe) -> Trace:
        graph = self._traced(probe)
        arrays = graph.run([tf.constant(array) for array in probe.arrays.values()])
        return Trace(
            steps={name: to_canonical(arrays[tensor], axes) for name, (tensor, axes) in graph.tensors.items()},
            outputs={name: to_canonical(arrays[tensor], axes) for name, (_, tensor, axes) in graph.outputs.items()},
        )

    def export(self, file: Path, probe: Probe) -> None:
        import tf2onnx

        specs = [tf.TensorSpec(array.shape, array.dtype, name=name) for name, array in probe.arrays.items()]
        function = tf.function(
            lambda *inputs: [tensor for _, tensor in _flat(self._call(inputs), "")], input_signature=specs
        )
        tf2onnx.convert.from_function(function, input_signature=specs, output_path=str(file))

    def snapshot(self) -> list[tuple[Any, Array]]:
        """Its own weights, copied."""
        return [(variable, np.array(variable.numpy())) for variable in getattr(self._model, "weights", ())]

    def restore(self, snapshot: list[tuple[Any, Array]]) -> None:
        """Put a snapshot back."""
        for variable, value in snapshot:
            variable.assign(value)

    def _call(self, inputs: Sequence[Any]) -> Any:
        given = list(inputs)
        if isinstance(self._model, keras.layers.Layer):
            return self._model(given[0] if len(given) == 1 else given, training=False)
        return self._model(*given)

    def _outlined(self) -> _Graph:
        if self._graph is None:
            raise OutlineError("the side has not been outlined yet; expected a call of outline(probe) first")
        return self._graph

    def _traced(self, probe: Probe) -> _Graph:
        shapes = {name: (array.shape, str(array.dtype)) for name, array in probe.arrays.items()}
        if self._graph is None or self._graph.shapes != shapes:
            if not getattr(self._model, "built", True):
                self._call([tf.constant(array) for array in probe.arrays.values()])  # variables are made eagerly
            self._graph = _Graph(self._model, self._call, probe, shapes)
        return self._graph


@dataclass
class _Event:
    """One call seen while tracing: a layer with the ops from `start` to `end`, or its fused activation."""

    start: int
    end: int
    name: str
    word: str
    words: Mapping[str, Any]
    inputs: list[Any]
    output: Any
    layer: Any = None


@dataclass
class _Graph:
    """The model as one traced function: its layers, and which tensor each gives."""

    model: Any
    call: Callable[[Sequence[Any]], Any]
    probe: Probe
    shapes: Mapping[str, Any]
    layers: list[Layer] = field(default_factory=list)
    stored: dict[str, dict[str, tuple[Stored, Any]]] = field(default_factory=dict)
    tensors: dict[str, tuple[str, Axes]] = field(default_factory=dict)
    outputs: dict[str, tuple[str, str, Axes]] = field(default_factory=dict)
    read: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._from: dict[str, tuple[str, Axes]] = {}
        self._holding: dict[str, set[int]] = {}  # tensor computed from variables alone -> those variables
        self._variables: dict[str, Any] = {}  # by the placeholder through which the graph reads them
        self._owners: dict[int, str] = {}
        self._taken: Counter[str] = Counter()
        specs = [tf.TensorSpec(array.shape, array.dtype, name=name) for name, array in self.probe.arrays.items()]
        seen: dict[str, Any] = {}

        def traced(*inputs: Any) -> Any:
            seen["inputs"] = inputs
            with _watching(self.model, tf.compat.v1.get_default_graph()) as events:
                seen["result"] = self.call(inputs)
            seen["events"] = events
            return [tensor for _, tensor in _flat(seen["result"], "output")]

        self._function = tf.compat.v1.wrap_function(traced, specs)
        self._inputs = list(seen["inputs"])
        self._assemble(seen["events"])
        for name, tensor in _flat(seen["result"], "output"):
            layer, axes = self._source(tensor) or ("", unknown(tuple(tensor.shape)))
            self.outputs[name] = (layer, tensor.name, axes)
        self._pruned: Any = None

    def run(self, inputs: Sequence[Any]) -> dict[str, Array]:
        """Feed the inputs, fetch every recorded tensor: arrays by tensor name."""
        wanted = {tensor for tensor, _ in self.tensors.values()} | {tensor for _, tensor, _ in self.outputs.values()}
        names = sorted(wanted)
        if self._pruned is None:
            fetches = [self._function.graph.get_tensor_by_name(name) for name in names]
            self._pruned = self._function.prune(self._inputs, fetches)
        return {name: value.numpy() for name, value in zip(names, self._pruned(*inputs), strict=True)}

    def _assemble(self, events: list[_Event]) -> None:
        """Put layer calls and the ops that no layer owns into one row, in the order of the graph."""
        graph = self._function.graph
        self._variables = _captured(graph, getattr(self.model, "weights", ()))
        for (name, _), tensor in zip(self.probe.arrays.items(), self._inputs, strict=True):
            self._from[tensor.name] = (f"input:{name}", named(self.probe.axes[name], tuple(tensor.shape)))
        operations = graph.get_operations()
        owned = {index for event in events for index in range(event.start, event.end)}
        pending = sorted(enumerate(events), key=lambda numbered: (numbered[1].start, numbered[0]))
        for index, operation in enumerate([*operations, None]):
            while pending and (operation is None or pending[0][1].start <= index):
                self._layer(pending.pop(0)[1])
            if operation is None:
                continue
            self._follow_variables(operation)
            if index not in owned:
                self._operation(operation)

    def _follow_variables(self, operation: Any) -> None:
        variables: set[int] = set()
        if operation.type == "Placeholder":
            variables = {
                id(variable) for variable in [self._variables.get(operation.outputs[0].name)] if variable is not None
            }
        elif operation.inputs and not any(tensor.name in self._from for tensor in operation.inputs):
            variables = {each for tensor in operation.inputs for each in self._holding.get(tensor.name, ())}
        for tensor in operation.outputs:
            if variables:
                self._holding[tensor.name] = variables

    def _layer(self, event: _Event) -> None:
        operands = [source for tensor in event.inputs if (source := self._source(tensor))]
        shape = tuple(event.output.shape)
        held = {} if event.layer is None else {id(variable): variable for variable in event.layer.weights}
        call = Call(event.word, event.words, tuple(axes for _, axes in operands), shape)
        found = find(FRAMEWORK, event.word)
        slots = {slot for slot, _ in found[1].holds.values()} if found and event.layer is not None else set()
        variables = {slot: variable for slot in slots if (variable := getattr(event.layer, slot, None)) is not None}
        reading = read(FRAMEWORK, call, {slot: variable.path for slot, variable in variables.items()})
        owner = self._owners.get(id(event.layer)) if event.layer is not None and held else None
        name = self._unique(event.name)
        ported = {stored.role: (stored, variables[reading.slots[stored.role]]) for stored in reading.stored}
        if held and owner is None:
            self._owners[id(event.layer)] = name
            self.stored[name] = ported
        self.read |= set(held)
        known = {id(variable) for _, variable in ported.values()}
        parameters = (
            *(
                parameter(stored, tuple(variable.shape), bool(variable.trainable))
                for stored, variable in ported.values()
            ),
            *(_plain(variable, registered=True, portable=False) for key, variable in held.items() if key not in known),
        )
        self._add(
            Layer(
                name=name,
                kind=reading.kind,
                inputs=tuple(source for source, _ in operands),
                shape=shape,
                axes=reading.axes,
                settings=reading.settings,
                parameters=() if owner else parameters,
                carries=reading.carries,
                known=reading.known,
                shares=owner,
                built=_built(event.layer),
            ),
            event.output,
        )

    def _operation(self, operation: Any) -> None:
        """An op that no layer owns, if the network's data flows through it."""
        if operation.type in (*_SILENT_OPS, *_SHAPE_OPS) or not operation.outputs:
            return
        operands = [source for tensor in operation.inputs if (source := self._source(tensor))]
        if not operands:
            return
        output = operation.outputs[0]
        found = find("tensorflow", operation.type)
        values = [_constant(tensor) for tensor in operation.inputs]
        words = bind(found[1].words, values, {}) if found else {}
        words |= {name: operation.get_attr(name) for name in ("alpha", "data_format") if _has(operation, name)}
        call = Call(operation.type, words, tuple(axes for _, axes in operands), tuple(output.shape))
        reading = read("tensorflow", call, {})
        held = {key for tensor in operation.inputs for key in self._holding.get(tensor.name, ())} - self.read
        variables = {id(variable): variable for variable in self._variables.values()}
        self.read |= held
        self._add(
            Layer(
                name=self._unique("/".join(operation.name.split("/")[1:]).lower() or operation.name.lower()),
                kind=reading.kind,
                inputs=tuple(source for source, _ in operands),
                shape=call.shape,
                axes=reading.axes,
                settings=reading.settings,
                parameters=tuple(
                    _plain(variables[key], registered=self._registered(variables[key]), portable=False) for key in held
                ),
                carries=reading.carries,
                known=reading.known,
                called=_called(operation),
            ),
            output,
        )
        for other in operation.outputs[1:]:
            self._from[other.name] = (self.layers[-1].name, unknown(tuple(other.shape)))

    def _registered(self, variable: Any) -> bool:
        return any(variable is each for each in getattr(self.model, "weights", ()))

    def _add(self, layer: Layer, tensor: Any) -> None:
        self.layers.append(layer)
        self.tensors[layer.name] = (tensor.name, layer.axes)
        self._from[tensor.name] = (layer.name, layer.axes)

    def _source(self, tensor: Any) -> tuple[str, Axes] | None:
        return self._from.get(tensor.name)

    def _unique(self, name: str) -> str:
        self._taken[name] += 1
        return name if self._taken[name] == 1 else f"{name}:{self._taken[name]}"


@contextlib.contextmanager
def _watching(model: Any, graph: Any) -> Iterator[list[_Event]]:
    """Note each outermost call of a Keras layer, and of its fused activation, while a graph is built."""
    events: list[_Event] = []
    path: list[str] = []
    inside_leaf = False
    plain = keras.layers.Layer.__call__

    def count() -> int:
        return len(graph.get_operations())

    def watched(layer: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal inside_leaf
        tensors = [tensor for _, tensor in _flat([args, kwargs], "")]
        if not tensors or tf.compat.v1.get_default_graph() is not graph:
            return plain(layer, *args, **kwargs)  # Keras is working out shapes on symbols, beside this graph
        word = None if inside_leaf else _leaf_word(layer)
        if word is None:
            if layer is not model:
                path.append(layer.name)
            try:
                return plain(layer, *args, **kwargs)
            finally:
                if layer is not model:
                    path.pop()
        inside_leaf, start = True, count()
        fused: list[tuple[Any, Any, int]] = []
        try:
            with _splitting(layer, word, fused, count):
                output = plain(layer, *args, **kwargs)
        finally:
            inside_leaf = False
        name = "/".join([*path, layer.name])
        first = next(tensor for _, tensor in _flat(output, ""))
        if len(fused) == 1 and fused[0][1] is first:
            before, after, cut = fused[0]
            activation = getattr(layer.activation, "__name__", type(layer.activation).__name__)
            events.append(_Event(start, cut, name, word, _words(layer), tensors, before, layer))
            events.append(_Event(cut, count(), f"{name}/{activation}", activation, {}, [before], after))
        else:
            events.append(_Event(start, count(), name, word, _words(layer), tensors, first, layer))
        return output

    keras.layers.Layer.__call__ = watched
    try:
        yield events
    finally:
        keras.layers.Layer.__call__ = plain


@contextlib.contextmanager
def _splitting(layer: Any, word: str, fused: list[tuple[Any, Any, int]], count: Callable[[], int]) -> Iterator[None]:
    """Note the tensors before and behind the activation that a layer carries in itself, and the op between."""
    activation = getattr(layer, "activation", None)
    found = find(FRAMEWORK, word)
    if found is None or found[0].activation or activation in (None, keras.activations.linear):
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


def _captured(graph: Any, owned: Sequence[Any]) -> dict[str, Any]:
    """Variables by the name of the placeholder through which the graph reads them."""
    by_handle = {id(variable.value.handle): variable for variable in owned if hasattr(variable.value, "handle")}
    by_handle |= {id(variable.handle): variable for variable in graph.variables if id(variable.handle) not in by_handle}
    return {inside.name: by_handle[id(outside)] for outside, inside in graph.captures if id(outside) in by_handle}


def _plain(variable: Any, *, registered: bool, portable: bool = True) -> Parameter:
    path = getattr(variable, "path", variable.name)
    return Parameter(
        role=path.rpartition("/")[2].partition(":")[0],
        name=path,
        shape=tuple(variable.shape),
        trainable=bool(variable.trainable),
        registered=registered,
        portable=portable,
    )


def _built(layer: Any) -> Place | None:
    place: Place | None = getattr(layer, _BUILT, None)
    return place


def _called(operation: Any) -> Place | None:
    for frame in reversed(operation.traceback or ()):
        if places.is_users(frame.filename):
            return Place(frame.filename, frame.lineno, (frame.line or "").strip())
    return None


def _constant(tensor: Any) -> Any:
    value = tf.get_static_value(tensor)
    return tensor if value is None else value


def _has(operation: Any, attribute: str) -> bool:
    return attribute in operation.node_def.attr


def _flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The tensors in nested results, named by their path: `output`, `output.0`, `output.logits`."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flat(each, f"{name}.{key}")
    elif isinstance(value, list | tuple):
        for position, each in enumerate(value):
            yield from _flat(each, f"{name}.{position}" if len(value) > 1 else name)
    elif tf.is_tensor(value):
        yield name, value


SIDE = KerasSide
