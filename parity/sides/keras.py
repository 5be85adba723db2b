"""The Keras side, on TensorFlow: a model, a layer or a callable on tensors, as a Side."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.ops.operation import Operation

from parity import places
from parity.axes import to_canonical
from parity.errors import NoAmendment, NoTwin, OutlineError
from parity.nouns import Amendment, Array, Excerpt, Origin, Outline, Probe, Trace, Weights
from parity.rulebook import bookkeeping
from parity.sides._excerpt import handed_on
from parity.sides._fresh import renamed
from parity.sides._keras_amend import refusing
from parity.sides._keras_calls import FRAMEWORK, calibrating, flat
from parity.sides._keras_exact import exact_constants
from parity.sides._keras_excerpt import READ, excerpt
from parity.sides._keras_files import read_weights, write_weights
from parity.sides._keras_fresh import built, origin, standing_in
from parity.sides._keras_graph import BUILT, Graph, plain
from parity.spool import Spool


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


_KEPT = 4


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
        self._graphs: dict[Any, Graph] = {}
        self._twin: _Float64 | None = None
        self._names: tuple[tuple[str, str], ...] = ()

    def outline(self, probe: Probe) -> Outline:
        graph = self._traced(probe)
        return Outline(
            framework=FRAMEWORK,
            versions={"keras": keras.__version__, "tensorflow": tf.__version__},
            inputs=tuple(probe.arrays),
            layers=tuple(graph.layers),
            outputs={name: layer for name, (layer, _, _) in graph.outputs.items()},
            unread=tuple(
                plain(variable, registered=True, portable=not bookkeeping(variable.path))
                for variable in getattr(self._model, "weights", ())
                if id(variable) not in graph.read
            ),
        )

    def part(self, layers: Mapping[str, int]) -> bool:
        return False  # its graph holds one product, and none of its parts could be seen

    def among(self, sides: int) -> None:
        """TensorFlow's threads are as many as they were when it began; those that find no core yield."""

    def weights(self) -> Weights:
        return {
            layer: {role: stored.canonical(np.asarray(variable.numpy())) for role, (stored, variable) in roles.items()}
            for layer, roles in self._outlined().stored.items()
        }

    def origins(self) -> Mapping[str, Mapping[str, Origin]]:
        graph = self._outlined()
        return {
            layer: {
                role: origin(stored, variable, getattr(graph.calls.get(layer), "layer", None))
                for role, (stored, variable) in roles.items()
            }
            for layer, roles in graph.stored.items()
        }

    def again(self, thing: Any, probe: Probe) -> Weights:
        other = KerasSide(thing)
        held = self._outlined().stored
        if not built(thing):
            other._call([tf.constant(array) for array in probe.arrays.values()])
        found = standing_in(self._model, thing, held)
        if found is None:  # variables that no model holds are seen by what reads them
            other.outline(probe)
            return renamed(held, other._outlined().stored, other.weights())
        return {
            layer: {
                role: stored.canonical(np.asarray(found[id(variable)].numpy()))
                for role, (stored, variable) in roles.items()
            }
            for layer, roles in held.items()
        }

    def load(self, weights: Weights) -> None:
        held = self._outlined().stored
        ready = [(*held[layer][role], array) for layer, roles in weights.items() for role, array in roles.items()]
        for stored, variable, array in ready:
            stored.check(array, tuple(variable.shape))
        for stored, variable, array in ready:
            if stored.whole:
                variable.assign(stored.native(array))
            else:
                value = np.array(variable.numpy())
                stored.put(value, array)
                variable.assign(value)
        self._finalize()

    def calibrate(self, probe: Probe, seed: int) -> None:
        with calibrating(np.random.default_rng(seed)):
            self._call([tf.constant(array) for array in probe.arrays.values()])

    def run(
        self,
        probe: Probe,
        *,
        double: bool = False,
        given: Mapping[str, Array] | None = None,
        amendments: Sequence[Amendment] = (),
    ) -> Trace:
        if double:
            return self._doubled().run(probe.doubled(), given=given, amendments=amendments)
        graph = self._ready(probe, amendments)
        with refusing() if amendments else contextlib.nullcontext():
            return self._trace(graph, probe, given)

    def _ready(self, probe: Probe, amendments: Sequence[Amendment]) -> Graph:
        """The graph to run, traced for this run alone where it is amended."""
        graph = self._traced(probe)
        return graph.amended(amendments) if amendments else graph

    def _trace(self, graph: Graph, probe: Probe, given: Mapping[str, Array] | None) -> Trace:
        inputs = [tf.constant(array) for array in probe.arrays.values()]
        arrays = graph.run(inputs)
        alone = {} if given is None else graph.isolate(inputs, given)
        steps, outputs, isolated = Spool(), Spool(), Spool()
        for name, (tensor, axes) in graph.tensors.items():
            steps.put(name, to_canonical(arrays[tensor], axes))
            if name in alone:
                isolated.put(name, to_canonical(alone[name], axes))
        for name, (_, tensor, axes) in graph.outputs.items():
            outputs.put(name, to_canonical(arrays[tensor], axes), fleeting=True)  # they outlive the steps
        return Trace(steps.arrays(), outputs.arrays(), isolated.arrays())

    def excerpt(
        self, layer: str, probe: Probe, *, role: str, given: Mapping[str, Array], double: bool = False
    ) -> Excerpt:
        if double:
            return self._doubled().excerpt(layer, probe.doubled(), role=role, given=given)
        graph = self._ready(probe, ())
        if layer in given:
            return handed_on(given[layer], graph.gives[layer][1], role, READ)
        return excerpt(graph, layer, [tf.constant(array) for array in probe.arrays.values()], given, role)

    def outputs(self, probe: Probe) -> Mapping[str, Array]:
        result = self._call([tf.constant(array) for array in probe.arrays.values()])
        given, axes = dict(flat(result, "output")), self._traced(probe).outputs
        return {name: to_canonical(each.numpy(), axes[name][2]) for name, each in given.items() if name in axes}

    def read(self, file: Path) -> None:
        read_weights(self._model, file)

    def save(self, file: Path) -> None:
        write_weights(self._model, file)

    def export(self, file: Path, probe: Probe) -> None:
        import tf2onnx

        specs = [tf.TensorSpec(array.shape, array.dtype, name=name) for name, array in probe.arrays.items()]
        function = tf.function(
            lambda *inputs: [tensor for _, tensor in flat(self._call(inputs), "")], input_signature=specs
        )
        tf2onnx.convert.from_function(function, input_signature=specs, output_path=str(file))

    def snapshot(self) -> list[tuple[Any, Array]]:
        """Its own weights, copied."""
        return [(variable, np.array(variable.numpy())) for variable in getattr(self._model, "weights", ())]

    def restore(self, snapshot: list[tuple[Any, Array]]) -> None:
        """Put a snapshot back."""
        for variable, value in snapshot:
            variable.assign(value)
        self._finalize()

    def _finalize(self) -> None:
        """Let layers that make constants of their variables make them again."""
        layers = self._model._flatten_layers() if isinstance(self._model, keras.layers.Layer) else ()
        for layer in layers:
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()

    def _doubled(self) -> _Float64:
        """The float64 twin, made once, with the weights that this side has now."""
        if self._twin is None:
            self._twin = _Float64(_twin(self._model))
        self._twin._names = self._outlined().taken
        self._twin.take(self._model)
        return self._twin

    def _call(self, inputs: Sequence[Any]) -> Any:
        given = list(inputs)
        if isinstance(self._model, keras.layers.Layer):
            return self._model(given[0] if len(given) == 1 else given, training=False)
        return self._model(*given)

    def _outlined(self) -> Graph:
        if not self._graphs:
            raise OutlineError("the side has not been outlined yet; expected a call of outline(probe) first")
        return next(iter(self._graphs.values()))

    def _traced(self, probe: Probe) -> Graph:
        """The graph for inputs of these shapes; the last few are kept, since probes come back."""
        shapes = tuple((name, array.shape, str(array.dtype)) for name, array in probe.arrays.items())
        if shapes not in self._graphs:
            if not getattr(self._model, "built", True):
                self._call([tf.constant(array) for array in probe.arrays.values()])  # variables are made eagerly
            while len(self._graphs) >= _KEPT:
                self._graphs.pop(list(self._graphs)[1])  # the first one was outlined
            first = next(iter(self._graphs.values()), None)
            names = self._names if first is None else first.taken
            self._graphs[shapes] = Graph(self._model, self._call, probe, names)
        return self._graphs[shapes]


class _Float64(KerasSide):
    """The twin of a Keras side in which every number is a float64."""

    def take(self, model: Any) -> None:
        """Take the weights of the model whose twin this is."""
        weights = model.get_weights()
        if len(weights) != len(self._model.weights):
            raise NoTwin(f"its float64 twin holds {len(self._model.weights)} weights, not {len(weights)}")
        self._model.set_weights(weights)

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

    def _ready(self, probe: Probe, amendments: Sequence[Amendment]) -> Graph:
        with exact_constants():
            graph = super()._ready(probe, amendments)
        if narrow := graph.narrowing:
            raise NoTwin(f"{narrow[0]} computes in {narrow[1]} even when all it reads is float64")
        return graph


def _twin(model: Any) -> Any:
    """The same model with every float32 of its configuration replaced by float64, not yet with its weights.

    Setting Keras's default float type is not enough: layers keep the policy that they were made with.
    """
    if not isinstance(model, keras.layers.Layer):
        raise NoTwin("only a Keras model or layer has a float64 twin, and the build returned a bare callable")
    layers = model._flatten_layers() if hasattr(model, "_flatten_layers") else [model]
    own = {type(layer).__name__: type(layer) for layer in layers if not type(layer).__module__.startswith("keras.")}
    try:
        config = _widened(keras.saving.serialize_keras_object(model))
        # Safe mode guards against files; this configuration was read from the live model a moment ago.
        policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
        keras.config.set_dtype_policy("float64")
        keras.config.set_floatx("float64")
        try:
            twin = keras.saving.deserialize_keras_object(config, custom_objects=own, safe_mode=False)
        finally:
            keras.config.set_dtype_policy(policy)
            keras.config.set_floatx(floatx)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise NoTwin(f"Keras cannot make a float64 copy of it: {reason}") from error
    return twin


def _widened(config: Any) -> Any:
    if isinstance(config, Mapping):
        return {key: _widened(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(_widened(value) for value in config)
    return "float64" if isinstance(config, str) and config == "float32" else config


SIDE = KerasSide
