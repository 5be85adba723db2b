"""How the sides read the rules: which rule a native name belongs to, its words bound, its parameters carried."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import einops
import numpy as np

from parity import shelf
from parity.axes import Axes, Axis, Shape, order, resized, shape_of, unknown
from parity.errors import OutlineError
from parity.nouns import Array, Parameter, Settings
from parity.rule import Call, Rule, Spelling


def rules() -> dict[str, Rule]:
    """All rules by kind."""
    return {rule.kind: rule for rule in shelf.read("parity.rules", "RULE").values()}


@cache
def _names(framework: str) -> dict[str, tuple[Rule, Spelling]]:
    return {
        name: (rule, spelling)
        for rule in rules().values()
        for spelling in getattr(rule, framework)
        for name in spelling.names
    }


def find(framework: str, name: str) -> tuple[Rule, Spelling] | None:
    """The rule that knows this class, function or op type, and how this framework spells it; None for no rule."""
    return _names(framework).get(name)


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


@cache
def _signature(words: str) -> tuple[tuple[str, Any], ...]:
    parts = [word.partition("=") for word in words.split()]
    return tuple((name, ast.literal_eval(default) if default else None) for name, _, default in parts)


@dataclass(frozen=True)
class Stored:
    """Where and how a framework keeps one parameter: its native axes, and the order of the axes it runs along.

    Law: `native(canonical(x))` is x, bit for bit.
    """

    role: str
    name: str
    native_axes: str
    canonical_axes: str
    orders: Mapping[int, Any]

    def canonical(self, array: Array) -> Array:
        """Native -> canonical."""
        array = einops.rearrange(array, f"{self.native_axes} -> {self.canonical_axes}")
        for position, indices in self.orders.items():
            array = np.take(array, indices, axis=position)
        return array

    def native(self, array: Array) -> Array:
        """Canonical -> native."""
        for position, indices in self.orders.items():
            array = np.take(array, np.argsort(indices), axis=position)
        return einops.rearrange(array, f"{self.canonical_axes} -> {self.native_axes}")

    def canonical_shape(self, shape: Shape) -> Shape:
        return self.canonical(np.broadcast_to(np.zeros((), np.bool_), shape)).shape

    def checked(self, array: Array, shape: Shape, dtype: Any) -> Array:
        """The native array of a canonical one. Raises OutlineError where it does not have the native shape."""
        native = np.ascontiguousarray(self.native(array), dtype=dtype)
        if native.shape != tuple(shape):
            raise OutlineError(
                f"{self.name}: got {native.shape} for the role {self.role} ({self.native_axes!r}), "
                f"the layer holds {tuple(shape)}. Are both layers built at the same size?"
            )
        return native


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
    found = find(framework, call.name)
    if found is None:
        return _unknown(call)
    rule, spelling = found
    try:
        reads = spelling.reads(call)
        stored = tuple(
            _stored(role, names[slot], native, rule.roles[role].axes, reads)
            for role, (slot, native) in spelling.holds.items()
            if slot in names
        )
        axes = spelling.axes(call)
        if shape_of(axes) != tuple(call.shape):
            axes = unknown(call.shape)
        slots = {role: slot for role, (slot, _) in spelling.holds.items() if slot in names}
        settings = spelling.settings(call)
        carries = rule.carries and not settings.get("active", False)  # a dropout that drops computes
        return Reading(rule.kind, settings, axes, carries, True, stored, slots)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, StopIteration) as error:
        reading = _unknown(call)
        return Reading(
            rule.kind, {"unread": f"{type(error).__name__}: {error}"}, reading.axes, rule.carries, False, (), {}
        )


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


def _stored(role: str, name: str, native: str, canonical: str, reads: Mapping[str, Axis]) -> Stored:
    words = canonical.split()
    found = {
        words.index(word) - (len(words) if "..." in words else 0): order(reads[word]) for word in words if word in reads
    }
    return Stored(role, name, native, canonical, {at: indices for at, indices in found.items() if indices is not None})


def _unknown(call: Call) -> Reading:
    same = [axes for axes in call.inputs if shape_of(axes) == tuple(call.shape)]
    # A call that keeps the shape is taken to keep the axes; a wrong guess can only show as a divergence.
    guessed = same or [resized(axes, call.shape) for axes in call.inputs] or [unknown(call.shape)]
    return Reading(call.name, {}, guessed[0], False, False, (), {})
