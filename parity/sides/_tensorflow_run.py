"""A traced TensorFlow graph run in parts: any tensor fetched, and any tensor given from outside."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager.wrap_function import VariableHolder, WrappedFunction

from parity.nouns import Array
from parity.spool import Spool

AT_ONCE = 2**25
"""Bytes of the tensors that are fetched in one run of a graph, or the largest of them."""
Cut = tuple[Any, list[int], list[str]]


class Runner:
    """Runs a graph that was traced with these input tensors; the next probe is cut at the same places."""

    def __init__(self, graph: Any, inputs: Sequence[Any]) -> None:
        self.graph, self.inputs = graph, list(inputs)
        self._cut: dict[Any, Cut] = {}

    def run(self, tensors: Sequence[str], inputs: Sequence[Any]) -> dict[str, Array]:
        """These tensors (native, by name), each part of them from what the parts before it gave."""
        found = Spool()
        before: dict[str, Array] = {}
        for part in self._parts(tensors):
            self._fetch(part, inputs, before, found)
            before = found.arrays()
        return before

    def fetch(self, tensors: Sequence[str], inputs: Sequence[Any], cuts: Mapping[str, Any]) -> dict[str, Array]:
        """These tensors (native, by name), where others are given from outside to whatever reads them."""
        found = Spool()
        for part in self._parts(tensors):
            self._fetch(part, inputs, cuts, found)
        return found.arrays()

    def dtype(self, tensor: Any) -> Any:
        """The type in which a tensor of the graph is computed here."""
        return tensor.dtype

    def outside(self, capture: Any) -> Any:
        """What the graph reads from outside itself: a variable's handle, or a constant tensor."""
        return capture

    def stands_for(self, node: str) -> str:
        """The op of the graph to which a node of the definition belongs."""
        return node

    @cached_property
    def definition(self) -> Any:
        """The graph as it is run."""
        return self.graph.as_graph_def()

    @cached_property
    def narrowing(self) -> tuple[str, str] | None:
        """The first op that turns float64 into less, and into what; None where none does."""
        for operation in self.graph.get_operations():
            if any(tensor.dtype == tf.float64 for tensor in operation.inputs):
                for tensor in operation.outputs:
                    if tensor.dtype in (tf.float32, tf.float16, tf.bfloat16):
                        return operation.name, str(tensor.dtype.name)
        return None

    def _parts(self, tensors: Sequence[str]) -> Iterator[list[str]]:
        """The tensors in the order of the graph, in parts that are not large together."""
        part: list[str] = []
        size = 0
        for name in dict.fromkeys(tensors):
            tensor = self.graph.get_tensor_by_name(name)
            own = self.dtype(tensor).size * (tensor.shape.num_elements() or 0)
            if part and size + own > AT_ONCE:
                yield part
                part, size = [], 0
            part.append(name)
            size += own
        if part:
            yield part

    def _fetch(self, wanted: list[str], inputs: Sequence[Any], cuts: Mapping[str, Any], found: Spool) -> None:
        key = tuple(wanted), tuple(cuts)
        if key not in self._cut:
            self._cut[key] = self._cut_at(wanted, cuts) if cuts or self._cut else self._uncut(wanted)
        function, positions, read = self._cut[key]
        dtypes = [self.dtype(self.graph.get_tensor_by_name(name)) for name in read]
        given = [tf.constant(np.asarray(cuts[name]), dtype) for name, dtype in zip(read, dtypes, strict=True)]
        results = list(zip(wanted, function(*(inputs[at] for at in positions), *given), strict=True))
        while results:
            name, result = results.pop(0)  # and is let go of
            found.put(name, np.asarray(result))

    def _uncut(self, wanted: Sequence[str]) -> Cut:
        """The graph as it stands, which runs no op that these tensors do not need: nothing is copied.

        A graph has one list of outputs, so that only the first tensors that are asked for can be had in this way.
        """
        self.graph.outputs = [self.graph.get_tensor_by_name(name) for name in wanted]
        self.graph.structured_outputs = list(self.graph.outputs)
        function = WrappedFunction(self.graph, VariableHolder(), signature=[*map(self._spec, self.inputs)])
        return function, list(range(len(self.inputs))), []

    def _cut_at(self, wanted: Sequence[str], cuts: Collection[str]) -> Cut:
        """The graph up to the wanted tensors, and what it takes: which of the inputs, and which of the cuts.

        A graph is imported at once; `prune` would copy it op by op.
        """
        reached, read = self._reached(wanted, cuts)
        stand_ins = {tensor: f"given_{number}" for number, tensor in enumerate(read)}
        sources = {_reference(tensor): name for tensor, name in stand_ins.items()}
        part = tf.compat.v1.GraphDef(versions=self.definition.versions, library=self.definition.library)
        part.node.extend(node for node in self.definition.node if self.stands_for(node.name) in reached)
        for node in part.node:
            node.attr.pop("_class", None)  # beside which other node it stands, which may be cut away
            for position, source in enumerate(node.input):
                node.input[position] = sources.get(source, source)
        specs = [self._spec(self.graph.get_tensor_by_name(tensor)) for tensor in read]
        for name, spec in zip(stand_ins.values(), specs, strict=True):
            part.node.add(name=name, op="Placeholder").attr["dtype"].type = spec.dtype.as_datatype_enum
        positions = [at for at, tensor in enumerate(self.inputs) if tensor.op.name in reached]
        own = [self.inputs[at] for at in positions]

        def cut(*arguments: Any) -> Any:
            replaced = dict(zip([*(tensor.name for tensor in own), *stand_ins.values()], arguments, strict=True))
            replaced |= {
                inside.name: tf.compat.v1.get_default_graph().capture(self.outside(outside))
                for outside, inside in self.graph.captures
                if inside.op.name in reached
            }
            return tf.import_graph_def(part, input_map=replaced, return_elements=wanted, name="")

        return tf.compat.v1.wrap_function(cut, [*map(self._spec, own), *specs]), positions, read

    def _spec(self, tensor: Any) -> Any:
        return tf.TensorSpec(tensor.shape, self.dtype(tensor))

    def _reached(self, wanted: Sequence[str], cuts: Collection[str]) -> tuple[set[str], list[str]]:
        """The ops that make these tensors where some others are given, and which of those they read."""
        reached: set[str] = set()
        read: dict[str, None] = {}
        waiting = [self.graph.get_tensor_by_name(name).op for name in wanted]
        while waiting:
            operation = waiting.pop()
            if operation.name in reached:
                continue
            reached.add(operation.name)
            waiting += [*operation.control_inputs, *(each.op for each in operation.inputs if each.name not in cuts)]
            read |= dict.fromkeys(each.name for each in operation.inputs if each.name in cuts)
        return reached, list(read)


def _reference(tensor: str) -> str:
    """How a node names this tensor among its inputs: `op` for `op:0`."""
    return tensor.removesuffix(":0")
