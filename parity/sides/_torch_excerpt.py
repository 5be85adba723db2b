"""Calls of PyTorch as code: the function under its public name, on tensors that are read from a file."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.overrides import resolve_name

from parity.axes import Axes
from parity.nouns import Array, Excerpt
from parity.rulebook import signature, words_of
from parity.sides._excerpt import Body, Unwritten, literal, tried
from parity.sides._torch_parts import RECURRENT

FRAMEWORK = "torch"
READ = 'torch.from_numpy(ARRAYS["{}"])'


@dataclass(frozen=True)
class Operand:
    """A tensor that a call reads: what another call of the excerpt gives, or else values, in the place of `tensor`."""

    of: str
    values: Any = None
    name: str = ""
    tensor: Any = None

    def kept(self, body: Body, plain: Callable[[Any], Array]) -> str:
        """The name under which its values are kept."""
        return body.array(self.name, plain(self.values), id(self.tensor))


@dataclass
class Kept:
    """A call as it is about to be made, with operands in the place of its tensors; `gave` is what came of it."""

    function: Any
    word: str
    args: Any
    kwargs: Any
    gave: Any = None
    shadow: Any = None


class Keeper:
    """Keeps some calls of one pass, each known by its number before it is made.

    `called` are the words and names of all calls that were layers in an earlier pass, in order.
    """

    def __init__(self, wanted: Collection[str], called: Sequence[tuple[str, str]]) -> None:
        self._names = {number: each for number, each in enumerate(called) if each[1] in wanted}
        self.kept: dict[str, Kept] = {}

    def wants(self, number: int, word: str) -> bool:
        """Whether the call that is about to be layer `number` is to be kept."""
        return self._names.get(number, ("", ""))[0] == word

    def keep(self, number: int, function: Any, word: str, args: Any, kwargs: Any, operand: Callable[..., Any]) -> None:
        """Keep a call; `operand` tells what a tensor is. Values are copied, which a call in place may change."""
        _, name = self._names[number]
        names = {id(value): each for each, value in _bound(function, word, args, kwargs).items()}

        def replaced(value: Any) -> Any:
            if isinstance(value, torch.Tensor):
                layer, values, held = operand(value)
                given = self.kept.get(layer)
                if given is not None and given.gave is value:
                    return Operand(layer)
                return Operand("", values.detach().clone(), held or names.get(id(value)) or "input", value)
            if isinstance(value, Mapping):
                return {key: replaced(each) for key, each in value.items()}
            if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
                return type(value)(replaced(each) for each in value)
            return value

        self.kept[name] = Kept(function, word, replaced(args), replaced(kwargs))

    def gave(self, name: str, result: Any, shadow: Any) -> None:
        """What came of a call: its first tensor in the network, and what the call gives on what is given."""
        if name in self.kept:
            self.kept[name].gave = result
            self.kept[name].shadow = None if shadow is None else [each.detach().clone() for each in shadow]


def excerpt(keeper: Keeper, names: Sequence[str], role: str, axes: Axes, plain: Callable[[Any], Array]) -> Excerpt:
    """The kept calls of these names as code, with their words by name or else by position, whichever runs."""
    last = keeper.kept.get(names[-1])
    if last is None or not last.shadow:
        reason = "it is not called here as it was before" if last is None else "it cannot take the reference's values"
        return Excerpt(tuple(names), "", (), {}, np.zeros(0), axes, reason)
    output, why = plain(last.shadow[0]), ""
    for named in (True, False):
        body = Body(role)
        try:
            _write(body, [(name, keeper.kept[name]) for name in names], named, plain)
            why = tried(body, {"torch": torch}, output)
        except Unwritten as error:
            why = str(error)
        except KeyError:
            why = "it is not called here as it was before"
        if not why:
            return Excerpt(tuple(names), body.code, ("import torch",), body.arrays, output, axes)
    held = Body(role)
    for kept in keeper.kept.values():
        for operand in _operands([kept.args, kept.kwargs]):
            if not operand.of:
                operand.kept(held, plain)
    return Excerpt(tuple(names), "", (), held.arrays, output, axes, why)


def _write(body: Body, calls: Sequence[tuple[str, Kept]], named: bool, plain: Callable[[Any], Array]) -> None:
    variables: dict[str, str] = {}

    def written(value: Any) -> str | None:
        if isinstance(value, Operand):
            return variables[value.of] if value.of else READ.format(value.kept(body, plain))
        if isinstance(value, torch.dtype | torch.memory_format | torch.layout):
            return str(value)
        if isinstance(value, torch.device):
            return f'"{value}"'
        if isinstance(value, torch.Size):
            return literal(tuple(value), written)
        return None

    for name, kept in calls:
        final = name == calls[-1][0]
        variables[name] = "" if final else body.variable()
        first = "[0]" if len(kept.shadow or ()) > 1 or _in_a_row(kept) else ""
        function, arguments = _spelled(kept, named, written)
        if not function:
            body.lines.append(f"{variables[name]} = {arguments[0]}" if not final else f"return {arguments[0]}")
        else:
            body.call(function, arguments, variables[name], first)


def _spelled(kept: Kept, named: bool, written: Callable[[Any], str | None]) -> tuple[str, list[str]]:
    """A function's public name and its arguments; no name where the argument is all there is to write."""
    levels = kept.word.removesuffix("_layer")
    if levels in RECURRENT:
        return f"torch.{levels}", _of_one_level(kept, RECURRENT[levels], written)
    path = resolve_name(kept.function)
    if path is None:
        raise Unwritten(f"{kept.word} is no function that PyTorch exports")
    args = [literal(each, written) for each in kept.args]
    if path.endswith(".__get__"):
        return "", [f"{args[0]}.{path.split('.')[-2]}"]
    if path == "torch.Tensor.__getitem__":
        return "", [f"{args[0]}[{args[1]}]"]
    words = _names_of(kept.function, kept.word) if named else ()
    plain = [not any(True for _ in _operands(each)) for each in kept.args]
    begins = plain.index(True) if True in plain else len(plain)
    if words and len(words) >= len(args) and not any(each.startswith("*") for each in words):
        args = [each if at < begins else f"{words[at]}={each}" for at, each in enumerate(args)]
    args += [f"{key}={literal(each, written)}" for key, each in kept.kwargs.items()]
    if path.startswith("torch.Tensor."):
        return f"{args[0]}.{path.removeprefix('torch.Tensor.')}", args[1:]
    return path, args


def _of_one_level(kept: Kept, states: int, written: Callable[[Any], str | None]) -> list[str]:
    """The arguments of a recurrent function for one level in one direction, as it is called part by part."""
    data, *own = kept.args[: states + 1]
    w_ih, w_hh, b_ih, b_hh, batch_first = kept.args[states + 1 :]
    begun = [f"{literal(each, written)}[None]" for each in own]
    arrays = [w_ih, w_hh] if b_ih is None else [w_ih, w_hh, b_ih, b_hh]
    return [
        literal(data, written),
        f"({begun[0]}, {begun[1]})" if states == 2 else begun[0],
        literal(arrays, written),
        *(repr(each) for each in (b_ih is not None, 1, 0.0, False, False, batch_first)),
    ]


def _in_a_row(kept: Kept) -> bool:
    return kept.word.removesuffix("_layer") in RECURRENT


def _names_of(function: Any, word: str) -> tuple[str, ...]:
    """What the parameters of a function are called, as far as it or a rule says so."""
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return signature(words_of(FRAMEWORK, word))


def _bound(function: Any, word: str, args: Any, kwargs: Any) -> dict[str, Any]:
    """The tensors of a call by the names of its parameters."""
    return dict(zip(_names_of(function, word), args, strict=False)) | dict(kwargs)


def _operands(value: Any) -> Iterator[Operand]:
    if isinstance(value, Operand):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _operands(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _operands(each)
