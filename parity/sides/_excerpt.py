"""What an excerpt is to both frameworks: which calls are in it, and the lines of code that make them again."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from parity.axes import Axes, canonical, from_canonical, shape_of
from parity.nouns import Array, Excerpt, Layer

LONGEST = 24
"""How many calls are still a layer taken out of its network; more are the network again."""
_WIDTH = 100
_CLOSE = 1e-5
"""As a share of the scale: a kernel that is called on other strides may round elsewhere, no constant is that far."""


class Unwritten(Exception):
    """Why a call cannot be written as code of its framework alone."""


class Body:
    """The body of a function as it is written: its lines, the arrays that they read, what holds the last result."""

    def __init__(self, role: str) -> None:
        self.lines: list[str] = []
        self.arrays: dict[str, Array] = {}
        self._role, self._taken = role, Counter[str]()
        self._known: dict[Any, str] = {}

    def array(self, name: str, value: Any, of: Any = None) -> str:
        """Keep an array under a name like this one; returns the name.

        What is `of` one tensor is kept once, unless a call wrote into it meanwhile.
        """
        known = self._known.get(of, "") if of is not None else ""
        if known and np.array_equal(self.arrays[known], value, equal_nan=np.asarray(value).dtype.kind in "fc"):
            return known
        name = f"{self._role}_{''.join(each if each.isalnum() else '_' for each in name)}"
        self._taken[name] += 1
        name = name if self._taken[name] == 1 else f"{name}_{self._taken[name]}"
        self.arrays[name] = np.array(value)
        self._known[of] = name
        return name

    def variable(self, name: str = "x") -> str:
        """A name that no line has given yet."""
        self._taken[f" {name}"] += 1
        number = self._taken[f" {name}"]
        return name if number == 1 else f"{name}{number}"

    def call(self, function: str, arguments: Sequence[str], variable: str = "", behind: str = "") -> None:
        """A line that calls, broken where it is long; it returns what is called where no variable takes it."""
        begin = f"{variable} = {function}(" if variable else f"return {function}("
        line = f"{begin}{', '.join(arguments)}){behind}"
        if len(line) > _WIDTH:
            self.lines += [begin, *(f"    {each}," for each in arguments), f"){behind}"]
        else:
            self.lines.append(line)

    @property
    def code(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


def stretch(layers: Sequence[Layer], wanted: str, ends: Collection[str]) -> list[str]:
    """The calls between what is given and this one, in their order.

    What only moves data is left out where nothing else lies before it: each side reads the same numbers behind it,
    in its own order. Raises Unwritten where that is half a network.
    """
    known = {layer.name: layer for layer in layers}
    inside: dict[str, bool] = {}

    def computes(name: str) -> bool:
        """Whether something that is not given has a part in what stands here."""
        if name in ends or name not in known:
            return False
        if name not in inside:
            inside[name] = False
            before = [computes(each) for each in known[name].inputs]
            inside[name] = any(before) or not known[name].carries
        return inside[name]

    for name in known[wanted].inputs:
        computes(name)
    found = [layer.name for layer in layers if inside.get(layer.name) or layer.name == wanted]
    if len(found) > LONGEST:
        raise Unwritten(f"{len(found)} calls lie between it and the last layer that has a partner")
    return found


def literal(value: Any, written: Callable[[Any], str | None]) -> str:
    """Plain data as an expression; `written` writes what belongs to a framework. Raises Unwritten for anything else."""
    found = written(value)
    if found is not None:
        return found
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if value is None or value is Ellipsis or isinstance(value, bool | int | float | complex):
        return repr(value)
    if isinstance(value, slice):
        parts = (value.start, value.stop, value.step)
        return f"slice({', '.join(literal(each, written) for each in parts)})"
    if isinstance(value, list):
        return f"[{', '.join(literal(each, written) for each in value)}]"
    if isinstance(value, tuple):
        inner = ", ".join(literal(each, written) for each in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, Mapping):
        pairs = (f"{literal(key, written)}: {literal(each, written)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    raise Unwritten(f"it is called with {type(value).__name__}, which no line of code stands for")


def native(values: Array, axes: Axes) -> Array:
    """What is given for a layer (canonical), as its framework lays it out."""
    return np.ascontiguousarray(from_canonical(np.reshape(values, shape_of(canonical(axes))), axes))


def handed_on(values: Array, axes: Axes, role: str, reads: str, imports: tuple[str, ...] = ()) -> Excerpt:
    """A layer that is given itself; `reads` is how an array is read, with `{}` for its name."""
    body, output = Body(role), native(values, axes)
    body.lines.append(f"return {reads.format(body.array('input', output))}")
    return Excerpt((), body.code, imports, body.arrays, output, axes)


def tried(body: Body, names: Mapping[str, Any], output: Array) -> str:
    """Why this code does not give what the network gave; empty where it does."""
    function = "def made():\n" + "\n".join(f"    {line}" for line in body.lines)
    room = {**names, "np": np, "ARRAYS": {name: np.array(array) for name, array in body.arrays.items()}}
    try:
        exec(function, room)  # parity's own words and the names of a framework, nothing that came from outside
        result = np.asarray(room["made"]())
    except Exception as error:  # noqa: BLE001 - whatever a framework raises
        return f"called by itself it raises {type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}"
    if result.shape != output.shape:
        return f"called by itself it gives {result.shape}, in the network {output.shape}"
    scale = np.max(np.abs(output[np.isfinite(output)]), initial=0) if output.dtype.kind in "fc" else 0
    if not np.allclose(result, output, rtol=0, atol=_CLOSE * scale, equal_nan=True):
        return "called by itself it gives other values than in the network"
    return ""
