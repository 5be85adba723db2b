"""What a PyTorch module owns, and which of it each tensor of a forward pass stands for.

A network may read a parameter in another shape than it keeps it in (`weight.T`, a third of a fused projection):
such a tensor is followed back to the elements of the parameter that it shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from parity.nouns import Parameter
from parity.rulebook import bookkeeping
from parity.sides._source import COMPUTED, Source

_SAME = ("contiguous", "clone", "detach", "data", "to", "float", "double", "type", "type_as", "requires_grad")
_MOVES = (
    *("view", "reshape", "permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "T", "mT", "t"),
    *("squeeze", "unsqueeze", "flatten", "unflatten", "flip"),
    *("chunk", "split", "tensor_split", "unbind", "select", "narrow", "getitem"),
)
"""Functions that hand on the numbers of a parameter in another order or shape, and compute nothing."""


@dataclass
class Held:
    """What a module owns: each parameter and buffer, tied ones under their first name.

    `parts` says of kernels, by name, as how many layers each is to be shown.
    """

    module: Any = field(default_factory=torch.nn.Module)
    parts: dict[str, int] = field(default_factory=dict)
    tensors: dict[str, Any] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, tensor in [*self.module.named_parameters(), *self.module.named_buffers()]:
            self.tensors[name] = tensor
            self.names[id(tensor)] = name
        self.modules = {id(each): name for name, each in self.module.named_modules()}

    def unread(self, read: Sequence[Source]) -> Iterator[tuple[str, Any, int]]:
        """What no call read: each parameter's name, itself, and how many of its elements that are."""
        seen: dict[int, list[Source]] = defaultdict(list)
        for each in read:
            seen[id(each.array)].append(each)
        for name, tensor in self.tensors.items():
            parts = [each.indices for each in seen[id(tensor)] if each.exact and each.indices is not None]
            if not seen[id(tensor)]:
                yield name, tensor, tensor.numel()
            elif len(parts) == len(seen[id(tensor)]):
                covered = np.unique(np.concatenate([part.ravel() for part in parts]))
                if len(covered) < tensor.numel():
                    yield name, tensor, tensor.numel() - len(covered)


class Shown:
    """What the tensors of one forward pass show of what a module owns."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._derived: dict[int, tuple[Source, ...]] = {}
        self._alive: list[Any] = []  # ids are only names while their tensors live

    def sources(self, tensor: Any) -> tuple[Source, ...]:
        """What a tensor shows: one source where it is a parameter or a view of one, several where it was computed."""
        if id(tensor) in self._held.names or isinstance(tensor, torch.nn.Parameter):
            return (Source(tensor),)
        return self._derived.get(id(tensor), ())

    def source(self, tensor: Any) -> Source | None:
        """The parameter of which a tensor is the whole or a part; None for any other tensor."""
        found = self.sources(tensor) if isinstance(tensor, torch.Tensor) else ()
        return found[0] if len(found) == 1 and found[0].exact else None

    def follow(self, word: str, function: Any, args: Any, kwargs: Any, results: Sequence[Any]) -> None:
        """Note what a call on parameters alone gave."""
        read = [source for each in tensors([args, kwargs]) for source in self.sources(each)]
        sources = tuple({source.key: source for source in read}.values())
        for result in results:
            if not self.sources(result):
                self._derived[id(result)] = tuple(Source(each.array, COMPUTED) for each in sources)
                self._alive.append(result)
        if len(read) != 1 or not read[0].exact or word not in (*_SAME, *_MOVES):
            return
        if word in _SAME:
            found = [read[0].positions()] * len(results)
        else:
            known = next(each for each in tensors([args, kwargs]) if self.sources(each))
            moved = function(*_with(args, known, read[0]), **_with(kwargs, known, read[0]))
            found = [each.numpy() for each in tensors([moved])]
        for result, indices in zip(results, found, strict=True):
            source = read[0].moved(indices)
            if id(result) in self._derived and source:
                self._derived[id(result)] = (source,)


def _with(value: Any, tensor: Any, source: Source) -> Any:
    """The arguments of a call with the positions of a parameter's elements in its place."""
    if value is tensor:
        return torch.from_numpy(np.array(source.positions()))
    if isinstance(value, Mapping):
        return {key: _with(each, tensor, source) for key, each in value.items()}
    if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
        return type(value)(_with(each, tensor, source) for each in value)
    return value


def tensors(value: Any) -> Iterator[Any]:
    """The tensors in nested arguments, in order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from tensors(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tensors(each)


def plain(name: str, tensor: Any, held: Held, *, portable: bool, size: int | None = None) -> Parameter:
    """A parameter or buffer that no rule speaks of, or the `size` elements of it that none reads."""
    # Keras on PyTorch keeps the state of its random numbers as a parameter, and does not count it either.
    counted = isinstance(tensor, torch.nn.Parameter) and not bookkeeping(name)
    return Parameter(
        role=name.rpartition(".")[2],
        name=name,
        shape=tuple(tensor.shape) if size in (None, tensor.numel()) else (size or 0,),
        trainable=bool(tensor.requires_grad),
        counted=counted,
        registered=id(tensor) in held.names,
        portable=portable,
    )
