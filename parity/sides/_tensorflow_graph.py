"""A network as one TensorFlow graph: which op is which layer, and how to run any part of it.

Each op through which data flow is a layer of its own, but for those that belong to a larger call. Any tensor
of the graph can be fetched, so one run gives every layer's output; and where the ops that read a layer's
output are made to read something given instead, one run gives every layer's output on given inputs.
"""

from __future__ import annotations

import contextlib
import inspect
import linecache
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import tensorflow as tf

from parity import places
from parity.axes import Axes, canonical, from_canonical, named, regroups, shape_of, unknown
from parity.errors import OutlineError
from parity.moves import followed
from parity.nouns import Amendment, Array, Claim, Layer, Parameter, Place, Probe
from parity.rule import Call
from parity.rulebook import Stored, beside, bind, gathered, knows, living, parameter, read, words_of
from parity.sides._amend import axes_of, spread
from parity.sides._source import COMPUTED, Owners, Source
from parity.sides._tensorflow_amend import Amender, Graft, Seat, refusing
from parity.sides._tensorflow_calls import flat, operations
from parity.sides._tensorflow_run import Runner

_SHAPE_OPS = ("Shape", "ShapeN", "Size", "Rank")
_SILENT_OPS = ("Placeholder", "Const", "ReadVariableOp", "NoOp")


@dataclass(frozen=True)
class Whole:
    """A call that is one layer, with the ops from `start` to `end`; `note` puts it into the row of layers."""

    start: int
    end: int
    note: Callable[[], None]


@dataclass
class Graph:
    """A network as one traced function: its layers, and which tensor each gives.

    `model` holds the weights, `call` calls it. A framework that is made of layers of its own watches them being
    called (`watching`) and says which ops are theirs.
    """

    model: Any
    call: Callable[[Sequence[Any]], Any]
    probe: Probe
    names: Sequence[tuple[str, str]] = ()
    amender: Amender = field(default_factory=lambda: Amender())
    layers: list[Layer] = field(default_factory=list)
    stored: dict[str, dict[str, tuple[Stored, Any]]] = field(default_factory=dict)
    tensors: dict[str, tuple[str, Axes]] = field(default_factory=dict)
    outputs: dict[str, tuple[str, str, Axes]] = field(default_factory=dict)
    read: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._from: dict[str, tuple[str, Axes]] = {}
        self._shows: dict[str, tuple[Source, ...]] = {}  # tensor made of variables alone -> what it shows of them
        self._variables: dict[str, Any] = {}  # by the placeholder through which the graph reads them
        self._owned: set[int] = set()  # the variables that the model would save
        self._owners = Owners()
        self._taken: Counter[str] = Counter()
        self._alike = True
        self.taken: tuple[tuple[str, str], ...] = ()  # what was called, and the name it got
        self._seats: dict[str, tuple[Seat, tuple[int, ...]]] = {}  # where each layer is called, and reads its data
        self.calls: dict[str, Any] = {}  # what each layer is a call of: a bare op, or a call of the framework's
        specs = [tf.TensorSpec(array.shape, array.dtype, name=name) for name, array in self.probe.arrays.items()]
        seen: dict[str, Any] = {}

        def traced(*inputs: Any) -> Any:
            seen["inputs"] = inputs
            with self.watching(tf.compat.v1.get_default_graph()) as wholes:
                entered = zip(self.probe.arrays, inputs, strict=True)
                seen["result"] = self.call([self.amender.entering(name, tensor) for name, tensor in entered])
            seen["wholes"] = wholes
            return [tensor for _, tensor in flat(seen["result"], "output")]

        self._function = tf.compat.v1.wrap_function(traced, specs)
        self._inputs = list(seen["inputs"])
        self._assemble(seen["wholes"]())
        for name, tensor in flat(seen["result"], "output"):
            layer, axes = self._source(tensor) or ("", unknown(tuple(tensor.shape)))
            self.outputs[name] = (layer, tensor.name, axes)
        self._runner = Runner(self._function.graph, self._inputs)
        self.rows, self.gives = tuple(self.layers), self.tensors  # each call, also where several are one layer
        self.layers = list(living(self.layers, [layer for layer, _, _ in self.outputs.values()]))
        self.stored = gathered(self.stored, self.layers)
        alive = {layer.name for layer in self.layers}
        self.tensors = {name: found for name, found in self.tensors.items() if name in alive}

    @contextlib.contextmanager
    def watching(self, graph: Any) -> Iterator[Callable[[], Sequence[Whole]]]:
        """Watch the network being called into a graph; what is yielded tells afterwards which calls are layers."""
        with operations(graph, self.amender):
            yield lambda: ()

    def owned(self) -> Sequence[Any]:
        """The variables that the model would save."""
        return list(getattr(self.model, "variables", ()))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What it says of its own shapes and does not hold: ops of a graph have the shapes that they give."""
        return ()

    @property
    def unrun(self) -> frozenset[str]:
        """The layers behind a claim that stops the network: what they give is no value of the network's."""
        found = {claim.source for claim in self.claims if claim.stops}
        stopped = set(found)
        for layer in self.rows:
            if found & set(layer.inputs):
                found.add(layer.name)
        return frozenset(found - stopped)

    def name_of(self, operation: Any) -> str:
        """What a layer is called that is this op."""
        return str(operation.name).lower()

    def path_of(self, variable: Any) -> str:
        """What a variable is called."""
        return str(getattr(variable, "path", variable.name))

    def built(self, held: Sequence[Source]) -> Place | None:
        """Where what an op reads was made; None where that is not known."""
        return None

    def amended(self, amendments: Sequence[Amendment]) -> Self:
        """The model traced anew, with its layers amended; raises NoAmendment."""
        alive = {*self.tensors, *(step for layer in self.layers for step in layer.made_of)}
        seats = {name: seat for name, seat in self._seats.items() if name in alive}
        amender = type(self.amender)(spread(amendments, self.layers, self.rows), seats)
        with refusing():
            graph = replace(
                self,
                names=self.taken,
                amender=amender,
                layers=[],
                stored={},
                tensors={},
                outputs={},
                read=set(),
            )
        amender.check()
        return graph

    def run(self, inputs: Sequence[Any]) -> dict[str, Array]:
        """Feed the inputs, fetch every recorded tensor: arrays by tensor name."""
        ends = [tensor for _, tensor, _ in self.outputs.values()]
        return self._runner.run([*(tensor for tensor, _ in self.tensors.values()), *ends], inputs)

    def isolate(self, inputs: Sequence[Any], given: Mapping[str, Array]) -> dict[str, Array]:
        """Run each layer on what is given (canonical, by layer) for those before it: native arrays by layer.

        A layer without a given output passes on what it computes from those that have one. A layer that
        reads one whose given output does not fit is left out: it cannot be seen alone.
        """
        alone, cuts = self._cuts(given)
        arrays = self._runner.fetch([self.tensors[name][0] for name in alone], inputs, cuts)
        return {name: arrays[self.tensors[name][0]] for name in alone}

    def values(self, tensors: Sequence[str], inputs: Sequence[Any], given: Mapping[str, Array]) -> dict[str, Array]:
        """What these tensors are (native, by name) where the layers before them give what is given."""
        cuts = self._cuts(given)[1]
        known = {tensor.name: np.asarray(each) for tensor, each in zip(self._inputs, inputs, strict=True)}
        known |= {name: np.ascontiguousarray(np.asarray(cuts[name])) for name in tensors if name in cuts}
        wanted = [name for name in tensors if name not in known]
        return {**known, **self._runner.fetch(wanted, inputs, cuts)}

    @property
    def narrowing(self) -> tuple[str, str] | None:
        """The first op that turns float64 into less, and into what; None where none does."""
        return self._runner.narrowing

    def shown_name(self, tensor: Any) -> str:
        """What a variable is called of which a tensor shows the whole or a part; nothing for any other tensor."""
        source = self._shown(tensor)
        return "" if source is None else self.path_of(source.array).rpartition("/")[2]

    def _cuts(self, given: Mapping[str, Array]) -> tuple[list[str], dict[str, _Given]]:
        """The layers that can be seen alone, and what stands in the place of which tensor then."""
        fits: dict[str, bool] = {}
        alone: list[str] = []
        for layer in self.layers:
            like = all(fits.get(source, True) for source in layer.inputs)
            wanted = shape_of(canonical(self.tensors[layer.name][1]))
            fits[layer.name] = regroups(given[layer.name].shape, wanted) if layer.name in given else like
            if like:
                alone.append(layer.name)
        cuts: dict[str, _Given] = {}  # tensor -> the native array that its readers shall find in its place
        for name, (tensor, axes) in self.tensors.items():
            if name in given and fits[name] and tensor not in cuts:
                cuts[tensor] = _Given(given[name], axes)
        return alone, cuts

    def _assemble(self, wholes: Sequence[Whole]) -> None:
        """Put calls that are layers and the ops that no layer owns into one row, in the order of the graph."""
        graph = self._function.graph
        weights = self.owned()
        self._variables, self._owned = _captured(graph, weights), {id(variable) for variable in weights}
        for (name, _), tensor in zip(self.probe.arrays.items(), self._inputs, strict=True):
            self._from[tensor.name] = (f"input:{name}", named(self.probe.axes[name], tuple(tensor.shape)))
        operations = graph.get_operations()
        grafts = self.amender.grafts
        inside = {index for whole in wholes for index in range(whole.start, whole.end)}
        inside |= {index for found in grafts.values() for graft in found for index in graft.ops}
        pending = sorted(enumerate(wholes), key=lambda numbered: (numbered[1].start, numbered[0]))
        for index, operation in enumerate([*operations, None]):
            while pending and (operation is None or pending[0][1].start <= index):
                pending.pop(0)[1].note()
            if operation is None:
                continue
            self._follow_variables(operation)
            for graft in grafts.get(index, ()):
                self._pass_on(graft)
            if index not in inside:
                self._operation(operation)

    def _pass_on(self, graft: Graft) -> None:
        """Let what stands behind a layer by an amendment come from that layer."""
        source = self._source(graft.source)
        if source is not None and not self._source(graft.result):
            name, axes = source
            self._from[graft.result.name] = (name, followed(axes, graft.moves, tuple(graft.result.shape)))

    def _follow_variables(self, operation: Any) -> None:
        """Note what an op on variables alone gives: the elements of one in another shape, or something computed."""
        if operation.type == "Placeholder":
            variable = self._variables.get(operation.outputs[0].name)
            if variable is not None:
                self._shows[operation.outputs[0].name] = (Source(variable),)
            return
        if not operation.inputs or any(tensor.name in self._from for tensor in operation.inputs):
            return
        shown = [source for tensor in operation.inputs for source in self._shows.get(tensor.name, ())]
        if not shown:
            return
        for tensor in operation.outputs:
            self._shows[tensor.name] = tuple(Source(each.array, COMPUTED) for each in shown)
        if len(shown) == 1 and shown[0].exact:
            if operation.type in ("ReadVariableOp", "Identity"):
                self._shows[operation.outputs[0].name] = (shown[0],)
            elif operation.type in MOVES and (moved := _moved(operation, shown[0], self._shows)) is not None:
                self._shows[operation.outputs[0].name] = (moved,)

    def _keep(self, name: str, roles: Roles, held: Sequence[Source]) -> tuple[Roles, Roles]:
        """Note where a layer's arrays are; returns those that it owns, and those that another one read before."""
        mine = {role: found for role, found in roles.items() if self._owners.of(found[1]) is None}
        theirs = {role: found for role, found in roles.items() if role not in mine}
        if roles:
            self.stored[name] = {role: (stored, source.array) for role, (stored, source) in roles.items()}
        for source in held:
            self._owners.note(source, name)
        self.read |= {id(source.array) for source in held}
        return mine, theirs

    def _parameters(self, roles: Roles) -> tuple[Parameter, ...]:
        return tuple(
            parameter(
                stored,
                tuple(source.array.shape),
                bool(source.array.trainable),
                registered=self._registered(source.array),
            )
            for stored, source in roles.values()
        )

    def _unruled(self, roles: Roles, fresh: Sequence[Source]) -> list[Parameter]:
        """What a call reads for the first time and no rule speaks of."""
        slotted = {id(source.array) for _, source in roles.values()}
        return [
            plain(source.array, self.path_of(source.array), registered=self._registered(source.array), portable=False)
            for source in fresh
            if id(source.array) not in slotted
        ]

    def _operation(self, operation: Any) -> None:
        """An op that no layer owns, if the network's data flows through it."""
        if operation.type in (*_SILENT_OPS, *_SHAPE_OPS) or not operation.outputs:
            return
        fed = {place: found for place, tensor in enumerate(operation.inputs) if (found := self._source(tensor))}
        operands = list(fed.values())
        if not operands:
            return
        seat = (operation.name, operation.type)
        output = self.amender.results.get(operation.name, operation.outputs[0])
        if output.dtype in (tf.variant, tf.resource):  # a list of tensors on its way through a loop
            self._from |= {tensor.name: operands[0] for tensor in operation.outputs}
            return
        if not output.shape.is_fully_defined():
            place = _called(operation)
            raise OutlineError(
                f"{self.name_of(operation)}{f' ({place})' if place else ''} gives the shape {output.shape}, which the "
                "shapes of the inputs do not tell; expected a network in which no shape depends on the values"
            )
        values = [_constant(tensor) for tensor in operation.inputs]
        words = {name: operation.get_attr(name) for name in operation.node_def.attr}
        words |= bind(words_of("tensorflow", operation.type), values, {}) if knows("tensorflow", operation.type) else {}
        slots = {
            slot: source for slot, tensor in words.items() if tf.is_tensor(tensor) and (source := self._shown(tensor))
        }
        shapes = {slot: source.shape for slot, source in slots.items()}
        shape = tuple(output.shape)
        own = self.amender.shapes.get(seat, shape)
        call = Call(operation.type, words, tuple(axes for _, axes in operands), own, shapes)
        reading = read(
            "tensorflow", call, {slot: self.path_of(source.array) + source.part for slot, source in slots.items()}
        )
        held = [source for tensor in operation.inputs for source in self._shows.get(tensor.name, ())]
        fresh = [source for source in held if self._owners.of(source) is None]
        owner = next((layer for source in held if (layer := self._owners.of(source))), None)
        roles = {
            stored.role: (replace(stored, indices=source.indices), source)
            for stored in reading.stored
            for source in [slots[reading.slots[stored.role]]]
        }
        name = self._unique(operation.type, self.name_of(operation))
        self.calls[name] = operation
        self._seats[name] = seat, tuple(fed)
        mine, theirs = self._keep(name, roles, held)
        self._add(
            Layer(
                name=name,
                kind=reading.kind,
                inputs=tuple(source for source, _ in operands),
                shape=shape,
                axes=axes_of(self.amender.amendment(seat), reading.axes, call.inputs, shape),
                settings=reading.settings,
                parameters=(*self._parameters(mine), *self._unruled(mine, fresh)),
                borrowed=self._parameters(theirs),
                carries=reading.carries,
                known=reading.known,
                shares=owner,
                built=self.built(fresh),
                called=_called(operation),
            ),
            output,
        )
        for other in operation.outputs[1:]:
            if other.shape.is_fully_defined():
                self._from[other.name] = (self.layers[-1].name, beside(reading, tuple(other.shape)))

    def _shown(self, tensor: Any) -> Source | None:
        """The variable of which a tensor is the whole or a part."""
        found = self._shows.get(tensor.name, ())
        return found[0] if len(found) == 1 and found[0].exact else None

    def _registered(self, variable: Any) -> bool:
        return id(variable) in self._owned

    def _add(self, layer: Layer, tensor: Any) -> None:
        self.layers.append(layer)
        self.tensors[layer.name] = (tensor.name, layer.axes)
        self._from[tensor.name] = (layer.name, layer.axes)

    def _source(self, tensor: Any) -> tuple[str, Axes] | None:
        return self._from.get(tensor.name)

    def _unique(self, word: str, name: str) -> str:
        """Layers made anew in each call have new names of their own each time: those of the first trace stand.

        That is as long as this trace calls what the first one called; a branch on the batch ends it.
        """
        at = len(self.layers)
        self.taken = (*self.taken, (word, ""))
        if self._alike and at < len(self.names) and self.names[at][0] == word:
            self.taken = (*self.taken[:-1], self.names[at])
            self._taken[name] += 1
            return self.names[at][1]
        self._alike = False
        self._taken[name] += 1
        name = name if self._taken[name] == 1 else f"{name}:{self._taken[name]}"
        self.taken = (*self.taken[:-1], (word, name))
        return name


@dataclass(frozen=True)
class _Given:
    """A given output (canonical) for the tensor with these axes, brought into its order when it is read."""

    values: Array
    axes: Axes

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return from_canonical(np.reshape(self.values, shape_of(canonical(self.axes))), self.axes)


def _captured(graph: Any, owned: Sequence[Any]) -> dict[str, Any]:
    """Variables by the name of the placeholder through which the graph reads them."""
    by_handle = {id(variable.value.handle): variable for variable in owned if hasattr(variable.value, "handle")}
    by_handle |= {id(variable.handle): variable for variable in graph.variables if id(variable.handle) not in by_handle}
    return {inside.name: by_handle[id(outside)] for outside, inside in graph.captures if id(outside) in by_handle}


MOVES = ("Reshape", "Transpose", "ExpandDims", "Squeeze", "StridedSlice", "Slice", "ReverseV2", "GatherV2")
"""Ops that hand on the numbers of a variable in another order or shape, and compute nothing."""


Roles = Mapping[str, tuple[Stored, Source]]


def plain(variable: Any, name: str, *, registered: bool, portable: bool = True) -> Parameter:
    """A variable that no rule speaks of."""
    return Parameter(
        role=name.rpartition("/")[2].partition(":")[0],
        name=name,
        shape=tuple(variable.shape),
        trainable=bool(variable.trainable),
        registered=registered,
        portable=portable,
    )


def _called(operation: Any) -> Place | None:
    for frame in reversed(operation.traceback or ()):
        if places.is_users(frame.filename):
            return Place(frame.filename, frame.lineno, linecache.getline(frame.filename, frame.lineno).strip())
    return None


def _constant(tensor: Any) -> Any:
    value = tf.get_static_value(tensor)
    return tensor if value is None else value


def _moved(operation: Any, source: Source, shows: Mapping[str, tuple[Source, ...]]) -> Source | None:
    """What the output of this op shows of a variable; None where that cannot be told."""
    function = getattr(tf.raw_ops, operation.type)
    names = list(inspect.signature(function).parameters)  # the inputs stand first
    values = [source.positions() if tensor.name in shows else _constant(tensor) for tensor in operation.inputs]
    if any(tf.is_tensor(value) for value in values):
        return None
    types = {argument.type_attr for argument in operation.op_def.input_arg} | {"T", "Tidx", "Tperm", "Tshape", "Index"}
    attributes = {name: operation.get_attr(name) for name in operation.node_def.attr if name not in types}
    attributes = {name: value for name, value in attributes.items() if not name.startswith("_")}
    if "squeeze_dims" in attributes:
        attributes["axis"] = attributes.pop("squeeze_dims")
    with tf.init_scope():
        result = function(**dict(zip(names, values, strict=False)), **attributes)
    return source.moved(np.asarray(result))
