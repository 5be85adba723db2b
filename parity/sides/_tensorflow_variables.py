"""The variables of a TensorFlow network by names of their own: where its attributes, closures and globals hold them."""

from __future__ import annotations

import contextlib
import functools
import types
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from parity import places
from parity.errors import OutlineError
from parity.nouns import Place

_BUILT = "_parity_built"
_DEEP = 8
"""How many objects deep variables are looked for."""


def variables_of(network: Any) -> dict[str, Any]:
    """What a network holds, each variable once, by its path: `heads.0.kernel`; of a function, what it closes over."""
    found: dict[str, Any] = {}
    known: set[int] = set()
    for path, variable in _held(network, (), set()):
        if id(variable) not in known:
            known.add(id(variable))
            name = ".".join(path) or variable.name.partition(":")[0]
            found[name if name not in found else f"{name}:{len(found)}"] = variable
    return found


def named(network: Any, read: Iterable[Any]) -> dict[str, Any]:
    """The same with what the network reads and does not hold, under the names that TensorFlow has for them."""
    found = variables_of(network)
    known = {id(each) for each in found.values()}
    taken = Counter(found)
    for variable in read:
        if id(variable) not in known:
            name = variable.name.partition(":")[0]
            taken[name] += 1
            found[name if taken[name] == 1 else f"{name}:{taken[name]}"] = variable
            known.add(id(variable))
    return found


def _held(thing: Any, path: tuple[str, ...], seen: set[int]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(thing, tf.Variable):
        yield path, thing
        return
    if id(thing) in seen or len(path) > _DEEP:
        return
    seen.add(id(thing))
    for name, each in _members(thing):
        yield from _held(each, (*path, *([name] if name else [])), seen)


def _members(thing: Any) -> Iterable[tuple[str, Any]]:
    """What a thing holds, by name: nothing for what is no part of a network."""
    if isinstance(thing, Mapping):
        return [(str(key), each) for key, each in thing.items()]
    if isinstance(thing, list | tuple):
        return [(str(number), each) for number, each in enumerate(thing)]
    if isinstance(thing, functools.partial):
        return [("", thing.func), ("", thing.args), ("", thing.keywords)]
    if isinstance(thing, types.MethodType):
        return [("", thing.__self__), ("", thing.__func__)]
    if isinstance(thing, types.FunctionType):
        return _closed_over(thing) if places.is_users(thing.__code__.co_filename) else ()
    if hasattr(thing, "python_function"):
        return [("", thing.python_function)]
    if isinstance(thing, tf.Module) or (callable(thing) and not isinstance(thing, type)):
        own = getattr(thing, "__dict__", {})
        # What begins so is TensorFlow's own record of the same variables.
        kept = [(name, each) for name, each in sorted(own.items()) if not name.startswith("_self_")]
        # A module that reads what is no attribute of its own does not hold it: no checkpoint would have it.
        return kept if isinstance(thing, tf.Module) else [*kept, ("", type(thing).__call__)]
    return ()


def _closed_over(function: types.FunctionType) -> Iterable[tuple[str, Any]]:
    """The cells and the globals that a function names, and the defaults of its arguments."""
    code, cells = function.__code__, []
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # a cell that nothing was put into yet
            cells.append((name, cell.cell_contents))
    shared = [(name, function.__globals__[name]) for name in code.co_names if name in function.__globals__]
    defaults = [("", function.__defaults__ or ()), ("", function.__kwdefaults__ or {})]
    return [*cells, *[(name, each) for name, each in shared if not isinstance(each, types.ModuleType)], *defaults]


@contextlib.contextmanager
def noting_places() -> Iterator[None]:
    """While this lasts, each variable that is made remembers the line of the user's that made it."""

    def noting(create: Any, **kwargs: Any) -> Any:
        variable = create(**kwargs)
        with contextlib.suppress(AttributeError):
            setattr(variable, _BUILT, places.here())
        return variable

    with tf.variable_creator_scope(noting):
        yield


@contextlib.contextmanager
def refusing_new_ones() -> Iterator[None]:
    """While this lasts, making a variable raises OutlineError: each call would then have weights of its own."""

    def refuse(create: Any, **kwargs: Any) -> Any:
        raise OutlineError(made_anew(places.here()))

    with tf.variable_creator_scope(refuse):
        yield


def made_anew(place: Place | None) -> str:
    """The sentence about a network whose weights do not last."""
    where = f" ({place})" if place else ""
    return (
        f"the network makes a variable each time it is called{where}; expected variables that are made once and kept: "
        "outside the function, or as attributes of a tf.Module"
    )


def built(variable: Any) -> Place | None:
    """The line that made a variable; None where nobody was looking."""
    place: Place | None = getattr(variable, _BUILT, None)
    return place
