"""The Keras side, on TensorFlow: a model, a layer or a callable on tensors, as a Side."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.ops.operation import Operation

from parity import places
from parity.errors import NoAmendment, NoTwin, OutlineError
from parity.nouns import Amendment, Array, Excerpt, Intake, Origin, Probe, Trace, Weights
from parity.rulebook import Stored
from parity.sides._keras_calls import FRAMEWORK, calibrating, is_own
from parity.sides._keras_exact import exact_constants, response_norms
from parity.sides._keras_excerpt import KerasWriter
from parity.sides._keras_files import read_weights, write_weights
from parity.sides._keras_fresh import built, origin, standing_in
from parity.sides._keras_graph import BUILT, KerasGraph
from parity.sides._tensorflow_graph import Graph
from parity.sides._tensorflow_side import GraphSide


@contextlib.contextmanager
def noting_places() -> Iterator[None]:
    """While this lasts, each layer that is built remembers the line of the user's that built it."""
    plain = Operation.__init__

    def noting(operation: Any, *args: Any, **kwargs: Any) -> None:
        plain(operation, *args, **kwargs)
        object.__setattr__(operation, BUILT, places.here())

    Operation.__init__ = noting
    try:
        yield
    finally:
        Operation.__init__ = plain


def sow(seed: int) -> None:
    """Seed whatever fresh weights are drawn from."""
    keras.utils.set_random_seed(seed)


class KerasSide(GraphSide):
    """A live Keras model or layer, or a callable on TensorFlow tensors, as a Side."""

    framework = FRAMEWORK
    writer = KerasWriter

    def __init__(self, model: Any) -> None:
        if keras.config.backend() != "tensorflow":
            raise OutlineError(
                f"Keras runs on {keras.config.backend()!r} here; expected 'tensorflow'. Set KERAS_BACKEND=tensorflow."
            )
        if not callable(model):
            raise OutlineError(f"the build returned {type(model).__name__}; expected a Keras model")
        super().__init__(model)
        self._twin: _Float64 | None = None

    def intakes(self) -> tuple[Intake, ...]:
        declared = getattr(self._model, "inputs", None) or ()  # none before a subclassed model was called
        return tuple(Intake(each.name, tuple(each.shape[1:]), each.dtype) for each in keras.tree.flatten(declared))

    def versions(self) -> dict[str, str]:
        return {"keras": keras.__version__, "tensorflow": tf.__version__}

    def call(self, inputs: Sequence[Any]) -> Any:
        given = list(inputs)
        if isinstance(self._model, keras.layers.Layer):
            return self._model(given[0] if len(given) == 1 else given, training=False)
        return self._model(*given)

    def graph(self, probe: Probe, names: Sequence[tuple[str, str]]) -> KerasGraph:
        if not getattr(self._model, "built", True):
            self.call([tf.constant(array) for array in probe.arrays.values()])  # variables are made eagerly
        try:
            return KerasGraph(self._model, self.call, probe, names)
        except Exception:
            # It may be outlined all the same, where a layer does not give the shape that those behind it were told of.
            with contextlib.suppress(Exception):
                graph = KerasGraph(self._model, self.call, probe, names, standing_in=True)
                if graph.claims and self._fits(probe):
                    return graph
            raise

    def _fits(self, probe: Probe) -> bool:
        """Whether the inputs have the shapes that the model declares."""
        given = [array.shape[1:] for array in probe.arrays.values()]
        declared = [each.shape for each in self.intakes()]
        return not declared or all(
            len(mine) == len(yours) and all(want in (None, size) for want, size in zip(mine, yours, strict=True))
            for mine, yours in zip(declared, given, strict=False)
        )

    def again(self, thing: Any, probe: Probe) -> Weights:
        other = KerasSide(thing)
        held = self.outlined().stored
        if not built(thing):
            other.call([tf.constant(array) for array in probe.arrays.values()])
        found = standing_in(self._model, thing, held)
        if found is None:  # variables that no model holds are seen by what reads them
            return super().again(thing, probe)
        return {
            layer: {
                role: stored.canonical(np.asarray(found[id(variable)].numpy()))
                for role, (stored, variable) in roles.items()
            }
            for layer, roles in held.items()
        }

    def origin(self, layer: str, stored: Stored, variable: Any) -> Origin:
        return origin(stored, variable, getattr(self.outlined().calls.get(layer), "layer", None))

    def outputs(self, probe: Probe) -> Mapping[str, Array]:
        graph = self.traced(probe)
        return {} if any(each.stops for each in graph.claims) else super().outputs(probe)

    def owned(self) -> Sequence[Any]:
        return list(getattr(self._model, "weights", ()))

    def doubled(
        self, probe: Probe, given: Mapping[str, Array] | None = None, amendments: Sequence[Amendment] = ()
    ) -> Trace:
        return self._doubled().run(probe.doubled(), given=given, amendments=amendments)

    def doubled_excerpt(self, layer: str, probe: Probe, *, role: str, given: Mapping[str, Array]) -> Excerpt:
        return self._doubled().excerpt(layer, probe.doubled(), role=role, given=given)

    def calibrate(self, probe: Probe, seed: int) -> None:
        if any(each.stops for each in self.traced(probe).claims):
            return  # it does not run
        with calibrating(np.random.default_rng(seed)):
            self.call([tf.constant(array) for array in probe.arrays.values()])

    def read(self, file: Path) -> None:
        read_weights(self._model, file)

    def save(self, file: Path) -> None:
        write_weights(self._model, file)

    def settle(self) -> None:
        """Let layers that make constants of their variables make them again."""
        layers = self._model._flatten_layers() if isinstance(self._model, keras.layers.Layer) else ()
        for layer in layers:
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()

    def _doubled(self) -> _Float64:
        """The float64 twin, made once, with the weights that this side has now."""
        if self._twin is None:
            self._twin = _Float64(_twin(self._model))
        self._twin._names = self.outlined().taken
        self._twin.take(self._model)
        return self._twin


class _Float64(KerasSide):
    """The twin of a Keras side in which every number is a float64."""

    def take(self, model: Any) -> None:
        """Take the weights of the model whose twin this is."""
        theirs, mine = model.weights, self._model.weights
        if len(theirs) != len(mine):
            raise NoTwin(f"its float64 twin holds {len(mine)} weights, not {len(theirs)}")
        for source, variable in zip(theirs, mine, strict=True):
            held = np.asarray(variable.numpy())
            value = np.asarray(source.numpy(), held.dtype)
            if value.shape != held.shape or value.tobytes() != held.tobytes():  # to assign costs more than to look
                variable.assign(value)

    def run(
        self,
        probe: Probe,
        *,
        double: bool = False,
        given: Mapping[str, Array] | None = None,
        amendments: Sequence[Amendment] = (),
    ) -> Trace:
        try:
            return super().run(probe, given=given, amendments=amendments)
        except (NoTwin, NoAmendment):
            raise
        except Exception as error:
            raise NoTwin(f"its network does not run in float64: {str(error).strip().partition(chr(10))[0]}") from error

    def ready(self, probe: Probe, amendments: Sequence[Amendment] = ()) -> Graph:
        with exact_constants():
            graph = super().ready(probe, amendments)
        if narrow := graph.narrowing:
            raise NoTwin(f"{narrow[0]} computes in {narrow[1]} even when all it reads is float64")
        return graph


def _twin(model: Any) -> Any:
    """The same model with every float32 of its configuration replaced by float64, not yet with its weights.

    Setting Keras's default float type is not enough: layers keep the policy that they were made with.
    """
    if not isinstance(model, keras.layers.Layer):
        raise NoTwin("only a Keras model or layer has a float64 twin, and the build returned a bare callable")
    layers = _layers(model)
    own = {type(layer).__name__: type(layer) for layer in layers if not type(layer).__module__.startswith("keras.")}
    functions = [layer.function for layer in layers if isinstance(layer, keras.layers.Lambda)]
    own |= {each.__name__: each for each in functions if hasattr(each, "__name__")}
    activations = [_own_activations(layer) for layer in layers]
    stand_ins = [dict.fromkeys(held, keras.activations.linear) for held in activations]
    for number, (layer, held) in enumerate(zip(layers, stand_ins, strict=True)):
        if isinstance(layer, keras.layers.Lambda):  # a copied lambda would not know the names that it reads
            held["function"] = _renamed(layer.function, f"function_{number}")
            own[held["function"].__name__] = held["function"]
    try:
        with _held(layers, stand_ins):
            config = _widened(keras.saving.serialize_keras_object(model))  # which knows no functions of the user's
        # Safe mode guards against files; this configuration was read from the live model a moment ago.
        policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
        keras.config.set_dtype_policy("float64")
        keras.config.set_floatx("float64")
        try:
            with response_norms(lambda plain, word, name, words, args, kwargs: plain(*args, **kwargs)):
                twin = keras.saving.deserialize_keras_object(config, custom_objects=own, safe_mode=False)
            copies = [each for each in _layers(twin) if isinstance(each, keras.layers.Lambda)]
            for each, function in zip(copies, functions, strict=True):
                each.function = function
            _hold(_layers(twin), activations)
        finally:
            keras.config.set_dtype_policy(policy)
            keras.config.set_floatx(floatx)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise NoTwin(f"Keras cannot make a float64 copy of it: {reason}") from error
    return twin


def _renamed(function: Any, name: str) -> Any:
    """The same function under a name of its own."""

    @functools.wraps(function)  # Keras asks for its parameters
    def renamed(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    renamed.__name__ = renamed.__qualname__ = name
    renamed.__module__ = __name__
    return renamed


def _own_activations(layer: Any) -> dict[str, Any]:
    """The functions of the user's that a layer, or a recurrent one's cell, carries in itself, by attribute."""
    held = {name: vars(layer).get(name) for name in ("activation", "recurrent_activation")}
    return {name: each for name, each in held.items() if inspect.isfunction(each) and is_own(each)}


def _hold(layers: Sequence[Any], functions: Sequence[Mapping[str, Any]]) -> None:
    for layer, held in zip(layers, functions, strict=True):
        for name, function in held.items():
            object.__setattr__(layer, name, function)  # around Keras, which would refuse or track it


@contextlib.contextmanager
def _held(layers: Sequence[Any], functions: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """While this lasts, each layer carries these functions in itself."""
    was = [{name: vars(layer)[name] for name in held} for layer, held in zip(layers, functions, strict=True)]
    _hold(layers, functions)
    try:
        yield
    finally:
        _hold(layers, was)


def _layers(model: Any) -> list[Any]:
    return list(model._flatten_layers()) if hasattr(model, "_flatten_layers") else [model]


def _widened(config: Any) -> Any:
    if isinstance(config, Mapping):
        return {key: _widened(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(_widened(value) for value in config)
    return "float64" if isinstance(config, str) and config == "float32" else config


LATE = ("tf2onnx",)
"""What is imported where it is first needed, and by a warm process before."""
SIDE = KerasSide
