"""The TensorFlow side: a tf.Module, a tf.function or a plain callable on tensors, as a Side. It is seen by its ops."""

from __future__ import annotations

import contextlib
import random
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from parity import places
from parity.errors import NoAmendment, NoTwin, OutlineError
from parity.nouns import Amendment, Array, Excerpt, Intake, Place, Probe, Trace
from parity.sides._source import Source
from parity.sides._tensorflow_calls import flat, norms_as_one
from parity.sides._tensorflow_files import read_weights, write_weights
from parity.sides._tensorflow_graph import Graph, Whole
from parity.sides._tensorflow_side import GraphSide
from parity.sides._tensorflow_variables import (
    built,
    made_anew,
    named,
    noting_places,
    refusing_new_ones,
    variables_of,
)
from parity.sides._tensorflow_wide import WideRunner, noting_numbers

FRAMEWORK = "tensorflow"
_OTHERS = {"keras": "keras", "torch": "torch"}


def sow(seed: int) -> None:
    """Seed whatever fresh weights are drawn from."""
    random.seed(seed)
    np.random.seed(seed)
    tf.random.set_seed(seed)


@dataclass
class OpGraph(Graph):
    """A network as one traced function, with what a float64 twin of it needs."""

    numbers: dict[str, float] = field(default_factory=dict)
    wide: OpGraph | None = field(default=None, init=False)
    """The same in float64, once it was asked for."""

    @contextlib.contextmanager
    def watching(self, graph: Any) -> Iterator[Callable[[], Sequence[Whole]]]:
        self.numbers = {}
        with (
            super().watching(graph) as wholes,
            noting_numbers(self.numbers),
            refusing_new_ones(),
            _inlined(),
            norms_as_one(),
        ):
            yield wholes

    def owned(self) -> Sequence[Any]:
        held = list(variables_of(self.model).values())
        if isinstance(self.model, tf.Module):
            return held  # what it reads besides is in no file of its
        known = {id(each) for each in held}
        return [*held, *(each for each in self._function.graph.variables if id(each) not in known)]

    def path_of(self, variable: Any) -> str:
        return self._paths[id(variable)]

    @cached_property
    def _paths(self) -> dict[int, str]:
        return {id(each): name for name, each in named(self.model, self._function.graph.variables).items()}

    def built(self, held: Sequence[Source]) -> Place | None:
        return next((place for source in held if (place := built(source.array))), None)

    def widened(self, twins: Callable[[Any], Any]) -> OpGraph:
        """The same graph run in float64; `twins` gives the float64 variable that stands for each."""
        wide = copy(self)
        variables = {id(each.handle): twins(each) for each in self._variables.values() if each.dtype == tf.float32}
        wide._runner = WideRunner(self._runner, variables, self.numbers)
        return wide


class TensorFlowSide(GraphSide):
    """A live tf.Module, tf.function or callable on TensorFlow tensors, as a Side."""

    framework = FRAMEWORK

    def __init__(self, model: Any) -> None:
        other = next(
            (_OTHERS[top] for base in type(model).__mro__ if (top := base.__module__.split(".")[0]) in _OTHERS), ""
        )
        if other:
            raise OutlineError(
                f"the build returned {type(model).__name__}, a network of {other}; expected a tf.Module or a callable "
                f'on TensorFlow tensors. Is framework = "{other}" meant?'
            )
        if not callable(model) or isinstance(model, type):
            call = " that can be called: it has no __call__" if isinstance(model, tf.Module) else ""
            raise OutlineError(
                f"the build returned {type(model).__name__}; expected a tf.Module{call or ' or a callable on tensors'}"
            )
        super().__init__(model)
        self._twins: dict[int, tuple[Any, Any]] = {}  # by the id of a variable: itself, and its float64 twin
        self._ran = False

    def versions(self) -> dict[str, str]:
        return {"tensorflow": tf.__version__}

    def intakes(self) -> tuple[Intake, ...]:
        call = (
            self._model if isinstance(self._model, tf.types.experimental.PolymorphicFunction) else self._model.__call__
        )
        declared = getattr(call, "input_signature", None) or ()  # only a tf.function may have one
        return tuple(
            Intake(each.name or f"input_{number}", tuple(each.shape[1:]), each.dtype.name)
            for number, each in enumerate(tf.nest.flatten(declared), start=1)
        )

    def call(self, inputs: Sequence[Any]) -> Any:
        return self._model(*inputs)

    def graph(self, probe: Probe, names: Sequence[tuple[str, str]]) -> OpGraph:
        if not self._ran:
            self._first_run(probe)
        try:
            return OpGraph(self._model, self.call, probe, names)
        except OutlineError:
            raise
        except Exception as error:
            raise OutlineError(_untraced(error)) from error

    def owned(self) -> Sequence[Any]:
        if not self._graphs:
            return list(variables_of(self._model).values())
        return self.outlined().owned()

    def portable(self, variable: Any, name: str) -> bool:
        return bool(variable.dtype.is_floating)  # a counter of steps is none

    def calibrate(self, probe: Probe, seed: int) -> None:
        """Its normalisations are formulas, whose statistics are variables like any other."""
        return

    def doubled(
        self, probe: Probe, given: Mapping[str, Array] | None = None, amendments: Sequence[Amendment] = ()
    ) -> Trace:
        try:
            return self.trace(self._wide(probe, amendments), probe.doubled(), given)
        except (NoTwin, NoAmendment):
            raise
        except Exception as error:
            raise NoTwin(f"its graph does not run in float64: {str(error).strip().partition(chr(10))[0]}") from error

    def doubled_excerpt(self, layer: str, probe: Probe, *, role: str, given: Mapping[str, Array]) -> Excerpt:
        return self.taken_out(self._wide(probe), layer, probe.doubled(), role, given)

    def read(self, file: Path) -> None:
        read_weights(self._arrays(), file)

    def save(self, file: Path) -> None:
        write_weights(self._arrays(), file)

    def _arrays(self) -> dict[str, Any]:
        """Its variables by name."""
        return named(self._model, self.owned())

    def _wide(self, probe: Probe, amendments: Sequence[Amendment] = ()) -> OpGraph:
        graph = self.ready(probe, amendments)
        assert isinstance(graph, OpGraph)
        if graph.wide is None:
            graph.wide = graph.widened(self._twin)
        wide = graph.wide
        for variable, twin in self._twins.values():
            twin.assign(np.asarray(variable.numpy(), np.float64))
        return wide

    def _twin(self, variable: Any) -> Any:
        if id(variable) not in self._twins:
            twin = tf.Variable(np.asarray(variable.numpy(), np.float64), trainable=False)
            self._twins[id(variable)] = (variable, twin)
        return self._twins[id(variable)][1]

    def _first_run(self, probe: Probe) -> None:
        """Call it once as its user does: variables that are made at the first call are made now."""
        try:
            with noting_places():
                result = self.call([tf.constant(array) for array in probe.arrays.values()])
        except ValueError as error:
            if "singleton tf.Variable" in str(error):
                raise OutlineError(made_anew(_place(error))) from error
            raise
        if not list(flat(result, "")):
            raise OutlineError(
                f"the network gave {type(result).__module__}.{type(result).__name__}; expected TensorFlow tensors"
            )
        self._ran = True


@contextlib.contextmanager
def _inlined() -> Iterator[None]:
    """Let the bodies of tf.functions be traced where they are called, op by op."""
    was = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(was)


def _untraced(error: Exception) -> str:
    said = str(error).strip().partition("\n")[0]
    place = _place(error)
    where = f" ({place})" if place else ""
    return (
        f"the network runs, but not as a graph: {type(error).__name__}: {said}{where}. Expected TensorFlow's own ops "
        "all the way, without .numpy(), NumPy or Python's `if` on tensors"
    )


def _place(error: BaseException) -> Place | None:
    """The user's innermost line in a traceback."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if places.is_users(each.filename)]
    return Place(frames[-1].filename, frames[-1].lineno or 0, frames[-1].line or "") if frames else None


SIDE = TensorFlowSide
