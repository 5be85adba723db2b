"""Calls of PyTorch with an amendment: other words, other operands, something done before, instead, or behind."""

from __future__ import annotations

import contextlib
import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from parity.errors import NoAmendment
from parity.moves import moved, steps_of
from parity.nouns import Amendment, Move
from parity.rulebook import signature, words_of
from parity.sides._amend import by_layer, in_order
from parity.sides._torch_held import tensors

FRAMEWORK = "torch"


@dataclass
class _PutOff:
    """A call that is made later, on another tensor at this place among those that it was given."""

    make: Callable[[Any, Any], Any]
    place: int
    then: tuple[Move, ...]
    calls: list[tuple[Any, Any]]
    """What it was given, on shadows and then in the network's own run."""


class Amender:
    """The amendments of one pass, by layer, and what they need of the calls before.

    `called` are the words and names of all calls that were layers in an earlier pass, in order: so the name that
    a call is about to get is known before it is made.
    """

    def __init__(self, amendments: Iterable[Amendment], called: Sequence[tuple[str, str]]) -> None:
        self._by_layer = by_layer(amendments)
        self._called = called
        self.given = bool(self._by_layer)
        self._waiting: defaultdict[str, list[_PutOff]] = defaultdict(list)  # by the layer behind which they are called
        self._kept: dict[str, tuple[Any, Any]] = {}  # what the layers gave whose steps a move asks for, and its shadow
        self._shadowing = False
        self.shape: tuple[int, ...] = ()  # what the last amended call gave before anything was done to it
        self.pending = set(self._by_layer)
        moves = [(*each.before, *(each.instead or ()), *each.after, *each.then) for each in self._by_layer.values()]
        self.wanted = {name for each in moves for name in steps_of(each)}

    def at(self, number: int, word: str) -> Amendment | None:
        """What is to be changed of the call that is about to be layer `number`, if it is called as it was before."""
        if not self._by_layer or number >= len(self._called) or self._called[number][0] != word:
            return None
        return self._by_layer.get(self._called[number][1])

    def entering(self, name: str, tensor: Any) -> Any:
        """An input of the network, with what is done to it."""
        if f"input:{name}" in self.wanted:
            self.keep(f"input:{name}", tensor, tensor)
        amendment = self._by_layer.get(f"input:{name}")
        if amendment is None:
            return tensor
        self.pending.discard(amendment.layer)
        return self.done(tensor, amendment.then)

    def then(self, name: str) -> tuple[Move, ...]:
        """What is done to an input of the network."""
        amendment = self._by_layer.get(f"input:{name}")
        return amendment.then if amendment else ()

    def amended(self, function: Any, word: str, amendment: Amendment, places: Sequence[int]) -> Any:
        """The function that is called in the place of this one, under its name; `places` are those of the data."""
        self.pending.discard(amendment.layer)
        make = functools.partial(self._made, function, word, amendment, places)
        calls: list[tuple[Any, Any]] = []
        if amendment.behind:
            self._waiting[amendment.behind].append(_PutOff(make, places[0], amendment.then, calls))

        @functools.wraps(function, updated=())
        def call(*args: Any, **kwargs: Any) -> Any:
            first = list(tensors([args, kwargs]))[places[0]]
            copied = any(move.name == "copy" for move in amendment.before)  # then it keeps what it was given
            itself = in_place(function, word, args, kwargs) and not copied
            if amendment.behind:
                calls.append((args, kwargs))
                self.shape = tuple(first.shape)
                return first if itself else first.clone()
            result = make(args, kwargs)
            return written(first, result) if itself else result

        return call

    def _made(
        self, function: Any, word: str, amendment: Amendment, places: Sequence[int], args: Any, kwargs: Any
    ) -> Any:
        given = list(tensors([args, kwargs]))
        data = in_order(amendment, [given[place] for place in places])
        if amendment.before:
            data[amendment.at] = self.done(data[amendment.at], amendment.before)
        for place, tensor in zip(places, data, strict=True):
            given[place] = tensor
        args, kwargs = refilled((args, kwargs), iter(given))
        args, kwargs = _worded(word, args, kwargs, amendment)
        result = function(*args, **kwargs) if amendment.instead is None else self.done(data[0], amendment.instead)
        first, *others = tensors(result)
        self.shape = tuple(first.shape)
        if not amendment.after:
            return result
        return refilled(result, iter([self.done(first, amendment.after), *others]))

    def handed_on(self, layer: str, tensor: Any, amendment: Amendment | None) -> Any:
        """What the readers of a layer get in its place: something is to stand behind it."""
        waiting = self._waiting.get(layer, []) if self._shadowing else self._waiting.pop(layer, [])
        for later in waiting:
            # The shadow was called first, where there is one.
            call = later.calls[0 if self._shadowing else -1]
            given = list(tensors(call))
            given[later.place] = tensor.clone()
            tensor = next(tensors(later.make(*refilled(call, iter(given)))))
            tensor = self.done(tensor, later.then)
        return self.done(tensor, amendment.then if amendment and not amendment.behind else ())

    def inserts(self, layer: str, amendment: Amendment | None) -> bool:
        """Whether something stands behind this layer that its own code does not call there."""
        return layer in self._waiting or bool(amendment and amendment.then and not amendment.behind)

    @contextlib.contextmanager
    def on_shadows(self) -> Iterator[None]:
        """While this lasts, what is called is called on shadows."""
        self._shadowing = True
        try:
            yield
        finally:
            self._shadowing = False

    def keep(self, layer: str, tensor: Any, shadow: Any) -> None:
        """Note what a layer gave, for a move that asks for it."""
        self._kept[layer] = tensor.clone(), shadow.clone()

    def done(self, tensor: Any, moves: Sequence[Move]) -> Any:
        """A tensor of its own with these moves made."""
        if not moves:
            return tensor.clone()
        if tensor.dtype is torch.bfloat16:
            raise NoAmendment("a layer computes in bfloat16, and NumPy has no such numbers")
        names = ", ".join(move.name for move in moves)
        try:
            kept = {name: pair[self._shadowing].detach().cpu().numpy() for name, pair in self._kept.items()}
            result = moved(tensor.detach().cpu().numpy(), moves, kept)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise NoAmendment(f"{names} on {tuple(tensor.shape)}: {error}") from error
        return torch.from_numpy(np.array(result)).to(tensor.device)

    def check(self) -> None:
        """Whether each amendment was made; raises NoAmendment."""
        if self.pending:
            raise NoAmendment(f"{', '.join(sorted(self.pending))}: not called as before")
        if waiting := sorted(self._waiting):
            raise NoAmendment(f"{waiting[0]}: not called behind the layer that is to stand behind it")


@contextlib.contextmanager
def amending(amender: Amender | None) -> Iterator[None]:
    """While this lasts, what the network raises it may raise because of an amendment; and each must have been made."""
    try:
        yield
    except NoAmendment:
        raise
    except Exception as error:
        if amender is None or not amender.given:
            raise
        raise NoAmendment(f"amended, the network raises {type(error).__name__}: {error}") from error
    if amender is not None:
        amender.check()


def in_place(function: Any, word: str, args: Any, kwargs: Any) -> bool:
    """Whether a call writes what it gives into its first operand."""
    name, names = function.__name__, signature(words_of(FRAMEWORK, word))
    if name.startswith("__"):
        return name.startswith("__i") and name != "__invert__"
    return name.endswith("_") or dict(zip(names, args, strict=False)).get("inplace", kwargs.get("inplace")) is True


def written(operand: Any, result: Any) -> Any:
    """An operand that now holds what a call in place gives."""
    if result is operand:
        return operand
    if result.shape != operand.shape:
        raise NoAmendment(f"{tuple(result.shape)} is to be written into {tuple(operand.shape)}, in place")
    return operand.copy_(result)


def _worded(word: str, args: Any, kwargs: Any, amendment: Amendment) -> tuple[Any, Any]:
    """The call with some words changed, each where it stands."""
    args, kwargs = list(args), dict(kwargs)
    places = {name: position for position, name in enumerate(signature(words_of(FRAMEWORK, word)))}
    for name, value in amendment.words.items():
        if any(each.startswith("*") for each in places) or (name not in places and name not in kwargs):
            raise NoAmendment(f"{word} takes no {name}")
        if places.get(name, len(args)) < len(args):
            args[places[name]] = value
        else:
            kwargs[name] = value
    return tuple(args), kwargs


def refilled(value: Any, news: Iterator[Any]) -> Any:
    """The same nest of arguments or results with other tensors, in the same order."""
    if isinstance(value, torch.Tensor):
        return next(news)
    if isinstance(value, Mapping):
        return {key: refilled(each, news) for key, each in value.items()}
    if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
        each = [refilled(each, news) for each in value]
        return type(value)(*each) if hasattr(value, "_fields") else type(value)(each)
    return value
