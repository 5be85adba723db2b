"""How the sides read the rules: which rule a native name belongs to, its words bound, its parameters carried."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeVar

import einops
import numpy as np

from parity import shelf
from parity.axes import Axes, Axis, Shape, order, resized, shape_of, unknown
from parity.errors import OutlineError
from parity.grammar import biases, idioms
from parity.nouns import Array, Layer, Parameter, Settings
from parity.rule import Call, Hold, Rule, Spelling, always
from parity.turning import LARGE, turn_into, turned


def rules() -> dict[str, Rule]:
    """All rules by kind."""
    return {rule.kind: rule for rule in shelf.read("parity.rules", "RULE").values()}


@cache
def _names(framework: str) -> dict[str, tuple[tuple[Rule, Spelling], ...]]:
    found: dict[str, tuple[tuple[Rule, Spelling], ...]] = {}
    for rule in rules().values():
        for spelling in getattr(rule, framework):
            for name in spelling.names:
                found[name] = (*found.get(name, ()), (rule, spelling))
    return {name: tuple(sorted(each, key=lambda one: one[1].when is always)) for name, each in found.items()}


def knows(framework: str, name: str) -> bool:
    """Whether some rule reads calls of this class, function or op type."""
    return name in _names(framework)


def words_of(framework: str, name: str) -> str:
    """The words of a function, as `bind` takes them; none for a name that no rule knows."""
    return next((spelling.words for _, spelling in _names(framework).get(name, ())), "")


def slots_of(framework: str, name: str) -> tuple[str, ...]:
    """Every attribute or argument in which a call of this name may hold an array."""
    return tuple(dict.fromkeys(slot for _, each in _names(framework).get(name, ()) for slot in each.all_slots))


def find(framework: str, call: Call) -> tuple[Rule, Spelling] | None:
    """The rule that reads this call, and how this framework spells it; None where there is none."""
    return next((found for found in _names(framework).get(call.name, ()) if found[1].when(call)), None)


def with_roles(framework: str, name: str, roles: set[str]) -> tuple[Rule, Spelling] | None:
    """The rule of this name whose kind holds all these roles."""
    return next((found for found in _names(framework).get(name, ()) if roles <= found[0].roles.keys()), None)


def beside(reading: Reading, shape: Shape) -> Axes:
    """The axes of what a call gives besides the first: its operand's, where it takes that apart; else none is known."""
    return resized(reading.axes, shape) if reading.kind == "split" else unknown(shape)


def is_activation(kind: str) -> bool:
    """Whether a kind is an activation function."""
    rule = rules().get(kind)
    return rule is not None and rule.activation


def bookkeeping(name: str) -> bool:
    """Whether a buffer of this native name is one that inference never reads, by some rule's word."""
    return any(name.endswith(end) for rule in rules().values() for end in rule.bookkeeping)


def bind(words: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Bind a call to the words of a spelling: `bind("x axis=0", [t], {})` is `{"x": t, "axis": 0}`.

    `*name` takes all the positional arguments that are left, less one for each plain word behind it.
    """
    bound: dict[str, Any] = {}
    rest = list(args)
    names = _signature(words)
    for position, (name, default) in enumerate(names):
        if name.startswith("*"):
            behind = len(names) - position - 1
            take = max(len(rest) - behind, 0)
            bound[name[1:]], rest = rest[:take] or kwargs.get(name[1:], []), rest[take:]
        elif rest:
            bound[name] = rest.pop(0)
        else:
            bound[name] = kwargs.get(name, default)
    return bound | {name: value for name, value in kwargs.items() if name not in bound}


def signature(words: str) -> tuple[str, ...]:
    """The names in the words of a spelling, in order."""
    return tuple(name for name, _ in _signature(words))


@cache
def _signature(words: str) -> tuple[tuple[str, Any], ...]:
    parts = [word.partition("=") for word in words.split()]
    return tuple((name, ast.literal_eval(default) if default else None) for name, _, default in parts)


@dataclass(frozen=True)
class Stored:
    """Where and how a framework keeps one parameter: its native axes, and the order of the axes it runs along.

    `indices` are the flat native positions of the elements that the network reads, where it reads them in
    another shape than it keeps them in. Law: `put(x, canonical(x))` leaves x as it is, bit for bit.
    """

    role: str
    name: str
    native_axes: str
    canonical_axes: str
    orders: Mapping[int, Any]
    sizes: Mapping[str, int] = field(default_factory=dict)
    part: tuple[int | slice, ...] = ()
    indices: Any = None

    @property
    def whole(self) -> bool:
        """Whether the native array plays this role alone."""
        return self.indices is None and not self.part

    def canonical(self, array: Array) -> Array:
        """Native -> canonical; a view where that is possible."""
        if self._turns(array):
            return turned(array, self.orders.get(0))
        if self.indices is not None:
            array = np.take(array, self.indices)
        part = array[self.part] if self.part else array
        array = einops.rearrange(part, f"{self.native_axes} -> {self.canonical_axes}", **self.sizes)
        for position, indices in self.orders.items():
            array = np.take(array, indices, axis=position)
        return array

    def native(self, array: Array) -> Array:
        """Canonical -> native, of the part that plays this role; a view where that is possible."""
        array = np.asarray(array)  # not a NumPy scalar
        for position, indices in self.orders.items():
            array = np.take(array, np.argsort(indices), axis=position)
        return einops.rearrange(array, f"{self.canonical_axes} -> {self.native_axes}", **self.sizes)

    def _turns(self, native: Array) -> bool:
        """Whether a large native array is the canonical one turned over, its rows in an order at most."""
        words = self.native_axes.split(), self.canonical_axes.split()
        plain = self.whole and len(words[0]) == 2 and words[0] == words[1][::-1] and "..." not in words[0]
        large = native.ndim == 2 and native.size >= LARGE and 0 not in native.strides
        return plain and large and set(self.orders) <= {0}

    def canonical_shape(self, shape: Shape) -> Shape:
        return self.canonical(np.broadcast_to(np.zeros((), np.bool_), shape)).shape

    def check(self, array: Array, shape: Shape) -> None:
        """Raise OutlineError where a canonical array does not fit a native one of this shape."""
        expected = self.canonical_shape(shape)
        if np.shape(array) != expected:
            raise OutlineError(
                f"{self.name}: got {np.shape(array)} for the role {self.role} ({self.canonical_axes}), "
                f"the layer holds {expected}. Are both layers built at the same size?"
            )

    def put(self, native: Array, array: Array) -> None:
        """Write a canonical array into the native one, in place."""
        if self._turns(native):
            order = self.orders.get(0)
            turn_into(native, np.asarray(array), None if order is None else np.argsort(order))
        elif self.indices is None:
            native[self.part] = self.native(array)
        else:
            part = np.array(np.take(native, self.indices))
            part[self.part] = self.native(array)
            native.put(self.indices, part)


_PUZZLED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, StopIteration)
"""What a rule raises on a call that it does not foresee."""


@dataclass(frozen=True)
class Reading:
    """What a rule makes of one call; for a name that no rule knows, `known` is False and `kind` is that name."""

    kind: str
    settings: Settings
    axes: Axes
    carries: bool
    known: bool
    stored: tuple[Stored, ...]
    slots: Mapping[str, str]
    """The attribute or argument that holds each role."""


def read(framework: str, call: Call, names: Mapping[str, str]) -> Reading:
    """Read a call by its rule.

    `names` gives the native name of the array in each slot (attribute or argument) that holds one. A rule
    that cannot make sense of the call (odd ranks, arguments it does not foresee) leaves it unknown, with
    `settings["unread"]` saying why, and never guesses.
    """
    try:
        found = find(framework, call)
    except _PUZZLED:
        found = None
    if found is None:
        return _unknown(call)
    rule, spelling = found
    try:
        reads = spelling.reads(call)
        holds = {role: hold for role, hold in spelling.held(call).items() if hold.slot in names}
        stored = tuple(
            _stored(role, names[hold.slot], hold, rule.roles[role].axes, reads) for role, hold in holds.items()
        )
        axes = spelling.axes(call)
        if shape_of(axes) != tuple(call.shape):
            axes = unknown(call.shape)
        slots = {role: hold.slot for role, hold in holds.items()}
        settings = spelling.settings(call)
        carries = rule.carries and not settings.get("active", False)  # a dropout that drops computes
        return Reading(rule.kind, settings, axes, carries, True, stored, slots)
    except _PUZZLED as error:
        reading = _unknown(call)
        return Reading(
            rule.kind, {"unread": f"{type(error).__name__}: {error}"}, reading.axes, rule.carries, False, (), {}
        )


T = TypeVar("T")
Kept = dict[str, dict[str, tuple[Stored, T]]]
"""Where each role of each layer is kept, and in which of the framework's arrays."""


def living(layers: Sequence[Layer], outputs: Collection[str]) -> Iterator[Layer]:
    """The layers that lead to an output or hold something; the rest is computed and thrown away."""
    ends = set(outputs)
    needed = set(ends)
    for layer in reversed(layers):
        if layer.name in needed or layer.parameters:
            needed |= {layer.name, *layer.inputs}
    return iter(idioms.read(biases.joined([layer for layer in layers if layer.name in needed], outputs), outputs))


def gathered(stored: Kept[T], layers: Iterable[Layer]) -> Kept[T]:
    """Where the arrays of layers are kept, those of calls that are one layer together under its name."""
    found = {name: dict(roles) for name, roles in stored.items()}
    for layer in layers:
        for step in layer.made_of:
            own = {biases.ROLES.get(role, role): each for role, each in found.get(layer.name, {}).items()}
            if roles := {**found.pop(step, {}), **own}:
                found[layer.name] = {role: (replace(kept, role=role), array) for role, (kept, array) in roles.items()}
    return found


def parameter(stored: Stored, shape: Shape, trainable: bool, **flags: bool) -> Parameter:
    """The canonical face of a stored array of this native shape."""
    return Parameter(
        role=stored.role,
        name=stored.name,
        shape=stored.canonical_shape(shape),
        axes=stored.canonical_axes,
        trainable=trainable,
        **flags,
    )


def _stored(role: str, name: str, hold: Hold, canonical: str, reads: Mapping[str, Axis]) -> Stored:
    pattern = canonical if hold.canonical is None else hold.canonical
    words = (canonical if "(" in pattern else pattern).split()
    places = {word: at - (len(words) if "..." in words else 0) for at, word in enumerate(words)}
    found = {places[word]: order(each) for word, each in reads.items() if word in places}
    found |= {places[word]: np.array(each) for word, each in hold.order.items()}
    orders = {at: indices for at, indices in found.items() if indices is not None}
    name += f"[{', '.join(map(_told, hold.part))}]" if hold.part else ""
    return Stored(role, name, hold.axes, pattern, orders, hold.sizes, hold.part)


def _told(part: int | slice) -> str:
    return str(part) if isinstance(part, int) else f"{part.start or ''}:{part.stop or ''}"


def _unknown(call: Call) -> Reading:
    same = [axes for axes in call.inputs if shape_of(axes) == tuple(call.shape)]
    # A call that keeps the shape is taken to keep the axes; a wrong guess can only show as a divergence.
    guessed = same or [resized(axes, call.shape) for axes in call.inputs] or [unknown(call.shape)]
    return Reading(call.name, {}, guessed[0], False, False, (), {})
