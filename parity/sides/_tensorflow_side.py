"""What the sides on TensorFlow have in common: a network seen as a graph, its weights in variables."""

from __future__ import annotations

import contextlib
import pickle
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from parity.axes import to_canonical
from parity.errors import OutlineError
from parity.nouns import Amendment, Array, Excerpt, Origin, Outline, Probe, Trace, Weights
from parity.rulebook import Stored, bookkeeping
from parity.sides._excerpt import handed_on
from parity.sides._fresh import renamed
from parity.sides._tensorflow_amend import refusing
from parity.sides._tensorflow_calls import flat
from parity.sides._tensorflow_excerpt import READ, Writer, excerpt
from parity.sides._tensorflow_graph import Graph, plain
from parity.spool import Spool

_KEPT = 4
_TOLD = 2**14
"""Bytes of amendments in words and numbers; longer ones hold values that a single probe gave."""


class GraphSide(ABC):
    """A live network on TensorFlow as a Side; what it is made of, each framework says for itself."""

    framework: ClassVar[str]
    writer: ClassVar[type[Writer]] = Writer

    def __init__(self, model: Any) -> None:
        self._model = model
        self._graphs: dict[Any, Graph] = {}
        self._names: tuple[tuple[str, str], ...] = ()
        self._amended: tuple[bytes, dict[int, tuple[Graph, Graph]]] = b"", {}

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """The packages that it runs on."""

    @abstractmethod
    def call(self, inputs: Sequence[Any]) -> Any:
        """What the network gives, called as its user calls it, in inference mode."""

    @abstractmethod
    def graph(self, probe: Probe, names: Sequence[tuple[str, str]]) -> Graph:
        """The network traced on inputs of these shapes; `names` are those that the first trace gave."""

    @abstractmethod
    def owned(self) -> Sequence[Any]:
        """Its variables."""

    @abstractmethod
    def doubled(
        self, probe: Probe, given: Mapping[str, Array] | None = None, amendments: Sequence[Amendment] = ()
    ) -> Trace:
        """A run of its float64 twin; raises NoTwin."""

    @abstractmethod
    def doubled_excerpt(self, layer: str, probe: Probe, *, role: str, given: Mapping[str, Array]) -> Excerpt:
        """An excerpt of its float64 twin; raises NoTwin."""

    def outline(self, probe: Probe) -> Outline:
        graph = self.traced(probe)
        return Outline(
            framework=self.framework,
            versions=self.versions(),
            inputs=tuple(probe.arrays),
            layers=tuple(graph.layers),
            outputs={name: layer for name, (layer, _, _) in graph.outputs.items()},
            unread=tuple(
                plain(variable, name, registered=True, portable=self.portable(variable, name))
                for variable in self.owned()
                if id(variable) not in graph.read
                for name in [graph.path_of(variable)]
            ),
            claims=graph.claims,
            entering=probe.entering(),
        )

    def portable(self, variable: Any, name: str) -> bool:
        """Whether a variable that nothing reads is a weight all the same."""
        return not bookkeeping(name)

    def part(self, layers: Mapping[str, int]) -> bool:
        return False  # its graph holds one product, and none of its parts could be seen

    def among(self, sides: int) -> None:
        """TensorFlow's threads are as many as they were when it began; those that find no core yield."""
        return

    def weights(self) -> Weights:
        return {
            layer: {role: stored.canonical(np.asarray(variable.numpy())) for role, (stored, variable) in roles.items()}
            for layer, roles in self.outlined().stored.items()
        }

    def origins(self) -> Mapping[str, Mapping[str, Origin]]:
        return {
            layer: {role: self.origin(layer, stored, variable) for role, (stored, variable) in roles.items()}
            for layer, roles in self.outlined().stored.items()
        }

    def origin(self, layer: str, stored: Stored, variable: Any) -> Origin:
        """Where an array of a layer is kept, and how its framework says that it is drawn."""
        shape = tuple(variable.shape)
        return Origin(
            self.outlined().path_of(variable), shape if stored.indices is None else tuple(stored.indices.shape), shape
        )

    def again(self, thing: Any, probe: Probe) -> Weights:
        other = type(self)(thing)
        other.outline(probe)
        return renamed(self.outlined().stored, other.outlined().stored, other.weights())

    def load(self, weights: Weights) -> None:
        held = self.outlined().stored
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
        self.settle()

    def run(
        self,
        probe: Probe,
        *,
        double: bool = False,
        given: Mapping[str, Array] | None = None,
        amendments: Sequence[Amendment] = (),
    ) -> Trace:
        if double:
            return self.doubled(probe, given, amendments)
        with refusing() if amendments else contextlib.nullcontext():
            return self.trace(self.ready(probe, amendments), probe, given)

    def ready(self, probe: Probe, amendments: Sequence[Amendment] = ()) -> Graph:
        """The graph to run. Of the amended ones those of the last amendments are kept: they run on every probe."""
        graph = self.traced(probe)
        if not amendments:
            return graph
        try:
            key = pickle.dumps(tuple(amendments))
        except (pickle.PicklingError, TypeError, AttributeError):  # a value of the user's own, of a live network
            return graph.amended(amendments)
        if len(key) > _TOLD:
            return graph.amended(amendments)
        if key != self._amended[0]:
            self._amended = key, {}
        known = self._amended[1]
        if id(graph) not in known:
            known[id(graph)] = graph, graph.amended(amendments)  # the graph is held, so that its id stays its own
        return known[id(graph)][1]

    def trace(self, graph: Graph, probe: Probe, given: Mapping[str, Array] | None) -> Trace:
        """One run of a graph, every layer's output recorded."""
        inputs = [tf.constant(array) for array in probe.arrays.values()]
        arrays = graph.run(inputs)
        alone = {} if given is None else graph.isolate(inputs, given)
        steps, outputs, isolated = Spool(), Spool(), Spool()
        unrun = graph.unrun
        for name, (tensor, axes) in graph.tensors.items():
            if name in unrun:
                continue
            steps.put(name, to_canonical(arrays[tensor], axes))
            if name in alone:
                isolated.put(name, to_canonical(alone[name], axes))
        for name, (layer, tensor, axes) in graph.outputs.items():
            if layer in unrun:
                continue
            outputs.put(name, to_canonical(arrays[tensor], axes), fleeting=True)  # they outlive the steps
        return Trace(steps.arrays(), outputs.arrays(), isolated.arrays())

    def excerpt(
        self, layer: str, probe: Probe, *, role: str, given: Mapping[str, Array], double: bool = False
    ) -> Excerpt:
        if double:
            return self.doubled_excerpt(layer, probe, role=role, given=given)
        return self.taken_out(self.ready(probe), layer, probe, role, given)

    def taken_out(self, graph: Graph, layer: str, probe: Probe, role: str, given: Mapping[str, Array]) -> Excerpt:
        """A layer of a graph by itself."""
        if layer in graph.unrun:
            reason = "it stands behind a layer that gives another shape than it declares, and cannot run"
            return Excerpt((layer,), "", (), {}, np.zeros(0), graph.gives[layer][1], reason)
        if layer in given:
            return handed_on(given[layer], graph.gives[layer][1], role, READ)
        return excerpt(graph, layer, [tf.constant(array) for array in probe.arrays.values()], given, role, self.writer)

    def outputs(self, probe: Probe) -> Mapping[str, Array]:
        result = self.call([tf.constant(array) for array in probe.arrays.values()])
        given, axes = dict(flat(result, "output")), self.traced(probe).outputs
        return {name: to_canonical(each.numpy(), axes[name][2]) for name, each in given.items() if name in axes}

    def export(self, file: Path, probe: Probe) -> None:
        from parity.sides._tensorflow_large import exported  # it imports the converter, which few runs need

        specs = [tf.TensorSpec(array.shape, array.dtype, name=name) for name, array in probe.arrays.items()]
        model = exported(lambda *inputs: [tensor for _, tensor in flat(self.call(inputs), "")], specs)
        file.write_bytes(model.SerializeToString())

    def snapshot(self) -> list[tuple[Any, Array]]:
        """Its own weights, copied."""
        return [(variable, np.array(variable.numpy())) for variable in self.owned()]

    def restore(self, snapshot: list[tuple[Any, Array]]) -> None:
        """Put a snapshot back."""
        for variable, value in snapshot:
            variable.assign(value)
        self.settle()

    def settle(self) -> None:
        """Whatever has to follow the weights once they were written."""
        return

    def outlined(self) -> Graph:
        """The graph of the first outline, whose weights and names stand."""
        if not self._graphs:
            raise OutlineError("the side has not been outlined yet; expected a call of outline(probe) first")
        return next(iter(self._graphs.values()))

    def traced(self, probe: Probe) -> Graph:
        """The graph for inputs of these shapes; the last few are kept, since probes come back."""
        shapes = tuple((name, array.shape, str(array.dtype)) for name, array in probe.arrays.items())
        if shapes not in self._graphs:
            while len(self._graphs) >= _KEPT:
                self._graphs.pop(list(self._graphs)[1])  # the first one was outlined
            first = next(iter(self._graphs.values()), None)
            self._graphs[shapes] = self.graph(probe, self._names if first is None else first.taken)
        return self._graphs[shapes]
