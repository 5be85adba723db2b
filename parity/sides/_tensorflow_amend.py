"""A TensorFlow graph traced with amendments: other operands, something done before, instead, or behind.

The network is traced anew, so that what stands behind a change sees it. What is put into its graph is a graft:
ops that are no layer of the network's own, through which it is still known where a tensor comes from.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from parity.errors import NoAmendment
from parity.moves import moved, steps_of
from parity.nouns import Amendment, Move
from parity.sides._amend import by_layer, in_order

Seat = tuple[int | str, str]
"""Where a layer is called: the number of the call, or for a bare op its name, and the word of what is called."""

_SCOPE = "amendment/"  # of its own, so that no op of the network's gets another name
_HALVES = {".depthwise": ("instead", "after", "then", "behind"), ".pointwise": ("operands", "before", "instead")}
"""What cannot be done to one half of a separable convolution, since the two are one call."""


@dataclass(frozen=True)
class Graft:
    """Ops that stand in a graph by an amendment: `result` is what there is of `source` behind them."""

    ops: range
    source: Any
    result: Any
    moves: tuple[Move, ...] = ()


@dataclass
class Amender:
    """The amendments of one tracing, and what they need of the calls before.

    `seats` tells where each layer was called in the plain trace, and at which places its data stand among all
    tensors that it was given.
    """

    amendments: Sequence[Amendment] = ()
    seats: Mapping[str, tuple[Seat, tuple[int, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.grafts: defaultdict[int, list[Graft]] = defaultdict(list)  # by the number of their first op
        self.results: dict[str, Any] = {}  # what an amended op gives, by its name
        self.shapes: dict[Seat, tuple[int, ...]] = {}  # what the amended layers give before anything is done to it
        self.carrying: set[Seat] = set()  # calls that carry a function of the user's, which is seen by its own calls
        self._names = {seat: name for name, (seat, _) in self.seats.items()}
        self._places = dict(self.seats.values())
        for name, ((number, word), places) in self.seats.items():  # the halves of a separable convolution
            if word.endswith(".depthwise"):
                self._places[number, word.removesuffix(".depthwise")] = places
            elif word.endswith(".pointwise"):
                self._names[number, word.removesuffix(".pointwise")] = name
        self._entering: dict[str, tuple[Move, ...]] = {}
        self._at: dict[Seat, Amendment] = {}
        self._pending = set(by_layer(self.amendments))
        for each in self.amendments:
            self._take(each)
        self._waiting: defaultdict[str, list[Callable[[Any], Any]]] = defaultdict(list)  # by the layer before them
        self._kept: dict[str, Any] = {}  # what the layers give that a move may ask for

    def _take(self, amendment: Amendment) -> None:
        name = amendment.layer
        if name.startswith("input:"):
            self._entering[name] = amendment.then
            return
        if name not in self.seats:
            raise NoAmendment(f"{name}: the network has no layer of this name")
        number, word = self.seats[name][0]
        for half, refused in _HALVES.items():
            if word.endswith(half):
                word = word.removesuffix(half)
                if wrong := [field for field in refused if getattr(amendment, field) not in ((), None, "")]:
                    raise NoAmendment(f"{name}: one half of a separable convolution, with no {wrong[0]} of its own")
        if (number, word) in self._at:
            raise NoAmendment(f"{name}: amended twice")
        if amendment.behind and amendment.behind not in self.seats:
            raise NoAmendment(f"{amendment.behind}: the network has no layer of this name")
        self._at[number, word] = amendment

    def check(self) -> None:
        """Whether each amendment was made; raises NoAmendment."""
        if self._pending:
            raise NoAmendment(f"{', '.join(sorted(self._pending))}: not called as before")
        if waiting := sorted(self._waiting):
            raise NoAmendment(f"{waiting[0]}: not called behind the layer that is to stand behind it")

    # -- calls ---------------------------------------------------------------------------------------------

    def entering(self, name: str, tensor: Any) -> Any:
        """An input of the network, with what is done to it."""
        self._kept[f"input:{name}"] = tensor
        self._pending.discard(f"input:{name}")
        return self._grafted(tensor, self._entering.get(f"input:{name}", ()))

    @contextlib.contextmanager
    def worded(self, seat: Seat, layer: Any) -> Iterator[None]:
        """While this lasts, a layer has other attributes; an op of the graph has none."""
        yield

    def fed(self, seat: Seat, args: Any, kwargs: Any) -> tuple[Any, Any]:
        """The arguments of a call, with what is done to its operands. One that is put off gets them as they are."""
        amendment = self._at.get(seat)
        if amendment is None or amendment.behind:
            return args, kwargs
        return self._fed(amendment, seat, args, kwargs)

    def made(self, seat: Seat, function: Callable[..., Any], args: Any, kwargs: Any, layer: Any = None) -> Any:
        """What a call gives on arguments that are `fed`, up to the activation that `layer` carries in itself."""
        amendment, inner = self._at.get(seat), layer is not None and self.fuses(seat)
        if amendment is None:
            output = function(*args, **kwargs)
            return output if inner else self.ended(seat, output)
        self._pending.discard(amendment.layer)
        if amendment.words and layer is None:
            raise NoAmendment(f"{amendment.layer}: an op of the graph, without attributes to be set")
        if amendment.behind:
            if inner:
                raise NoAmendment(f"{amendment.layer}: it carries an activation in itself, which would go with it")
            self._put_off(amendment, seat, function, args, kwargs, layer)
            return self._grafted(self._first(seat, args, kwargs), copied=True)
        if amendment.instead is None:
            output = function(*args, **kwargs)
        else:
            output = self._grafted(self._first(seat, args, kwargs), amendment.instead, copied=True)
            output = layer.activation(output) if inner else output
        return output if inner else self.ended(seat, output)

    def ended(self, seat: Seat, output: Any) -> Any:
        """What a layer gives, with what is done to it as its own."""
        amendment = self._at.get(seat)
        first, *others = _tensors(output)
        if amendment is not None:
            self.shapes[seat] = tuple(first.shape)
        result = self._grafted(first, amendment.after if amendment and not amendment.behind else ())
        self._kept[self._names.get(seat, "")] = result
        return output if result is first else _refilled(output, iter([result, *others]))

    def handed_on(self, seat: Seat, output: Any) -> Any:
        """What the readers of a layer get: something may be called, or be done, behind it."""
        amendment = self._at.get(seat)
        first, *others = _tensors(output)
        result = first
        for later in self._waiting.pop(self._names.get(seat, ""), ()):
            result = self._graft(result, later)
        result = self._grafted(result, amendment.then if amendment and not amendment.behind else ())
        return output if result is first else _refilled(output, iter([result, *others]))

    def fuses(self, seat: Seat) -> bool:
        """Whether the layer called here carries an activation that is seen by itself in the outline."""
        named = any(number == seat[0] and not word.startswith(seat[1]) for number, word in self._names)
        return named or seat in self.carrying

    def operation(self, word: str, inputs: Sequence[Any], name: str, make: Callable[..., Any]) -> Any:
        """The op that is made of these inputs, or the one whose outputs are to stand for its outputs.

        `make` makes it of inputs, and gives it its name only the first time. Where something is called in its
        place it is made all the same, and read by nobody: it tells what the network's own code calls here.
        """
        seat = (name, word)
        if seat not in self._names:
            return make(inputs)
        (inputs,), _ = self.fed(seat, (inputs,), {})
        operation = make(inputs)
        amendment = self._at.get(seat)
        left_out = amendment is not None and (amendment.behind or amendment.instead is not None)
        first, *others = operation.outputs
        again = (lambda inputs: make(inputs, again=True).outputs[0]) if left_out else (lambda inputs: first)
        result = self.results[name] = self.made(seat, again, (inputs,), {})
        handed = self.handed_on(seat, result)
        if handed is first:
            return operation
        start = self._count()
        with tf.name_scope(_SCOPE):
            stand_ins = tf.raw_ops.IdentityN(input=[handed, *others])
        for source, stand_in in zip([handed, *others], stand_ins, strict=True):
            self.grafts[start].append(Graft(range(start, start + 1), source, stand_in))
        return stand_ins[0].op

    def amendment(self, seat: Seat) -> Amendment | None:
        """What is to be changed of the layer that is called here."""
        return self._at.get((seat[0], seat[1].removesuffix(".pointwise")))

    # -- grafts --------------------------------------------------------------------------------------------

    def _fed(self, amendment: Amendment, seat: Seat, args: Any, kwargs: Any) -> tuple[Any, Any]:
        places, tensors = self._places[seat], list(_tensors([args, kwargs]))
        data = [tensors[place] for place in places]
        data = in_order(amendment, data)
        data[amendment.at] = self._grafted(data[amendment.at], amendment.before)
        for place, tensor in zip(places, data, strict=True):
            tensors[place] = tensor
        args, kwargs = _refilled([args, kwargs], iter(tensors))
        return args, kwargs

    def _first(self, seat: Seat, args: Any, kwargs: Any) -> Any:
        return list(_tensors([args, kwargs]))[self._places[seat][0]]

    def _put_off(
        self, amendment: Amendment, seat: Seat, function: Callable[..., Any], args: Any, kwargs: Any, layer: Any
    ) -> None:
        """Let a call be made on the output of a later layer in the place of its first operand."""

        def later(tensor: Any) -> Any:
            tensors = list(_tensors([args, kwargs]))
            tensors[self._places[seat][0]] = tensor
            given = self._fed(amendment, seat, *_refilled([args, kwargs], iter(tensors)))
            with self.worded(seat, layer):
                if amendment.instead is None:
                    result = next(_tensors(function(*given[0], **given[1])))
                else:
                    result = self._grafted(self._first(seat, *given), amendment.instead)
            return self._grafted(result, (*amendment.after, *amendment.then))

        self._waiting[amendment.behind].append(later)

    def _grafted(self, tensor: Any, moves: tuple[Move, ...] = (), *, copied: bool = False) -> Any:
        """A tensor with these moves made; itself where there are none, unless it must be `copied`."""
        if not moves and not copied:
            return tensor
        return self._graft(tensor, lambda each: self._done(each, moves), moves)

    def _graft(self, source: Any, make: Callable[[Any], Any], moves: tuple[Move, ...] = ()) -> Any:
        start = self._count()
        with tf.name_scope(_SCOPE):
            result = make(source)
        mask = getattr(source, "_keras_mask", None)
        if mask is not None and mask.shape == result.shape[: len(mask.shape)]:
            result._keras_mask = mask
        self.grafts[start].append(Graft(range(start, self._count()), source, result, moves))
        return result

    def _count(self) -> int:
        return len(tf.compat.v1.get_default_graph().get_operations())

    def _done(self, tensor: Any, moves: tuple[Move, ...]) -> Any:
        if not moves:
            return tf.identity(tensor)
        names = steps_of(moves)
        what = f"{', '.join(move.name for move in moves)} on {tuple(tensor.shape)}"
        if missing := [name for name in names if name not in self._kept]:
            raise NoAmendment(f"{what}: {missing[0]} has given nothing yet")
        if tensor.dtype == tf.bfloat16:
            raise NoAmendment(f"{what}: no numbers that NumPy has")

        def run(array: Any, *steps: Any) -> Any:
            return moved(array, moves, dict(zip(names, steps, strict=True)))

        tensors = [tensor, *(self._kept[name] for name in names)]
        result = tf.numpy_function(run, tensors, tensor.dtype, stateful=False)
        if all(each.shape.is_fully_defined() for each in tensors):
            try:  # what stands behind may ask for the shape
                result.set_shape(run(*(np.zeros(each.shape, each.dtype.as_numpy_dtype) for each in tensors)).shape)
            except (ValueError, KeyError, TypeError, IndexError) as error:
                raise NoAmendment(f"{what}: {error}") from error
        return result


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """While this lasts, what the network raises it raises because of an amendment."""
    try:
        yield
    except NoAmendment as error:  # Keras raises it anew with a list of arguments
        raise NoAmendment(_sentence(error)) from error
    except Exception as error:
        raise NoAmendment(f"amended, the network raises {type(error).__name__}: {_sentence(error)}") from error


def _sentence(error: Exception) -> str:
    """What an error says, without the colours and the lists of arguments that Keras puts around it."""
    lines = [re.sub(r"\x1b\[\d+m", "", line).strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith("Exception encountered when calling")]
    return (said or [""])[0]


def _tensors(value: Any) -> Iterator[Any]:
    """The tensors in nested arguments or results, in order."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)
    elif tf.is_tensor(value):
        yield value


def _refilled(value: Any, tensors: Iterator[Any]) -> Any:
    """The same nest with other tensors, in the same order."""
    if isinstance(value, Mapping):
        return {key: _refilled(each, tensors) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_refilled(each, tensors) for each in value)
    return next(tensors) if tf.is_tensor(value) else value
