"""Calls of PyTorch with an amendment: other words, other operands, something done before, instead, or behind."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from parity.errors import NoAmendment
from parity.moves import moved
from parity.nouns import Amendment, Move
from parity.rulebook import bind, knows, signature, words_of
from parity.sides._torch_held import tensors

FRAMEWORK = "torch"


class Amender:
    """The amendments of one pass, by layer, and what they need of the calls before.

    `called` are the words and names of all calls that were layers in an earlier pass, in order: so the name that
    a call is about to get is known before it is made.
    """

    def __init__(self, amendments: Iterable[Amendment], called: Sequence[tuple[str, str]]) -> None:
        self._by_layer = {each.layer: each for each in amendments}
        self._called = called
        self.given = bool(self._by_layer)
        self._waiting: dict[str, Callable[[Any], Any]] = {}  # by the layer behind which it is to be called
        self._kept: dict[str, Any] = {}  # what the layers gave whose steps a move asks for
        self.pending = set(self._by_layer)
        self.wanted = {
            move.arguments["step"]
            for each in self._by_layer.values()
            for move in (*each.before, *(each.instead or ()), *each.after, *each.then)
            if "step" in move.arguments
        }

    def at(self, number: int, word: str) -> Amendment | None:
        """What is to be changed of the call that is about to be layer `number`, if it is called as it was before."""
        if not self._by_layer or number >= len(self._called) or self._called[number][0] != word:
            return None
        return self._by_layer.get(self._called[number][1])

    def entering(self, name: str, tensor: Any) -> Any:
        """An input of the network, with what is done to it."""
        amendment = self._by_layer.get(f"input:{name}")
        if amendment is None:
            return tensor
        self.pending.discard(amendment.layer)
        return self.done(tensor, amendment.then)

    def amended(self, function: Any, word: str, amendment: Amendment, places: Sequence[int]) -> Any:
        """The function that is called in the place of this one, under its name; `places` are those of the data."""
        self.pending.discard(amendment.layer)

        @functools.wraps(function, updated=())
        def call(*args: Any, **kwargs: Any) -> Any:
            operands = list(tensors([args, kwargs]))
            data = [operands[place] for place in places]
            args, kwargs = _worded(word, args, kwargs, amendment)
            in_place = changes(function, word, args, kwargs)
            if amendment.operands:
                args, kwargs = _replaced((args, kwargs), data, [data[number] for number in amendment.operands])
            elif amendment.before:
                args, kwargs = _replaced((args, kwargs), data[:1], [self.done(data[0], amendment.before)])
            first = next(each for each in tensors([args, kwargs]))
            if amendment.behind:
                self._waiting[amendment.behind] = functools.partial(_on_another, function, args, kwargs, first)
                return first if in_place else first.clone()
            result = function(*args, **kwargs) if amendment.instead is None else self.done(first, amendment.instead)
            if amendment.after and isinstance(result, tuple):  # a recurrent layer also gives its last state
                result = (self.done(result[0], amendment.after), *result[1:])
            elif amendment.after:
                result = self.done(result, amendment.after)
            return first.copy_(result) if in_place and result is not first else result

        return call

    def handed_on(self, layer: str, tensors: Sequence[Any], amendment: Amendment | None) -> list[Any]:
        """What the readers of a layer get in the place of each of these: something is to stand behind it."""
        later = self._waiting.pop(layer, None)
        results = [each if later is None else later(each) for each in tensors]
        return [self.done(each, amendment.then if amendment else ()) for each in results]

    def inserts(self, layer: str, amendment: Amendment | None) -> bool:
        """Whether something stands behind this layer that its own code does not call there."""
        return layer in self._waiting or bool(amendment and amendment.then)

    def keep(self, layer: str, tensor: Any) -> None:
        """Note what a layer gave, for a move that asks for it."""
        if layer in self.wanted:
            self._kept[layer] = tensor.clone()

    def done(self, tensor: Any, moves: Sequence[Move]) -> Any:
        """A tensor of its own with these moves made."""
        if not moves:
            return tensor.clone() if isinstance(tensor, torch.Tensor) else tensor
        if not isinstance(tensor, torch.Tensor) or tensor.dtype is torch.bfloat16:
            raise NoAmendment(f"a layer gives {type(tensor).__name__}; only one array of numbers can be amended")
        try:
            kept = {name: each.detach().cpu().numpy() for name, each in self._kept.items()}
            return torch.from_numpy(np.array(moved(tensor.detach().cpu().numpy(), moves, kept)))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            names = ", ".join(move.name for move in moves)
            raise NoAmendment(f"{names} on {tuple(tensor.shape)}: {error}") from error


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
    if amender is not None and amender.pending:
        raise NoAmendment(f"{', '.join(sorted(amender.pending))}: not called as before")


def changes(function: Any, word: str, args: Any, kwargs: Any) -> bool:
    """Whether a call may write into its first operand."""
    name = function.__name__
    if knows(FRAMEWORK, word):
        flagged = bind(words_of(FRAMEWORK, word), args, kwargs).get("inplace") is True
    else:
        flagged = any(each is True for each in (*args, *kwargs.values()))
    return flagged or (name.endswith("_") and not name.endswith("__"))


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


def _replaced(value: Any, olds: Sequence[Any], news: Sequence[Any]) -> Any:
    """Nested arguments with some tensors exchanged for others."""
    if isinstance(value, torch.Tensor):
        return next((new for old, new in zip(olds, news, strict=True) if old is value), value)
    if isinstance(value, dict):
        return {key: _replaced(each, olds, news) for key, each in value.items()}
    if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
        return type(value)(_replaced(each, olds, news) for each in value)
    return value


def _on_another(function: Any, args: Any, kwargs: Any, first: Any, tensor: Any) -> Any:
    """A call that was put off, on another first operand."""
    args, kwargs = _replaced((args, kwargs), [first], [tensor])
    return function(*args, **kwargs)
