"""Calls that hold several layers in one, made part by part, so that each part is a layer of its own.

A stacked or bidirectional recurrent call is one layer for each level and direction, as Keras writes them;
attention is its projections and the product between them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

Call = Callable[..., Any]
RECURRENT = {"lstm": 2, "gru": 1, "rnn_tanh": 1, "rnn_relu": 1}
"""The recurrent functions, and how many states each keeps."""


def parts_of(word: str, args: Any, kwargs: Any, call: Call, count: int) -> Callable[[], Any] | None:
    """How to make this call part by part; None for a call that is one layer, or that has no such parts.

    `call(function, *args)` makes a call of one of the layers below; `count` is the number of layers as which a
    product is wanted.
    """
    if word == "linear" and count > 1:
        return lambda: _linear(count, *args, **kwargs)
    if word in RECURRENT and not kwargs:
        return _recurrent(word, args, call)
    if word == "multi_head_attention_forward":
        return _attention(args, kwargs)
    return None


def _linear(count: int, data: Any, weight: Any, bias: Any = None) -> Any:
    biases = [None] * count if bias is None else bias.chunk(count)
    parts = [F.linear(data, *each) for each in zip(weight.chunk(count), biases, strict=True)]
    return torch.cat(parts, -1)


def _recurrent(word: str, args: Any, call: Call) -> Callable[[], Any] | None:
    if len(args) != 9 or isinstance(args[3], list | tuple):  # a packed sequence carries its lengths beside it
        return None
    data, state, arrays, has_biases, levels, _, training, both_ways, batch_first = args
    states = list(state) if isinstance(state, list | tuple) else [state]
    width = 4 if has_biases else 2
    directions = 2 if both_ways else 1
    if len(arrays) != width * levels * directions or training or data.ndim != 3:  # a projection has more arrays
        return None
    layer = _LAYERS[word]
    time = 1 if batch_first else 0

    def run() -> Any:
        flowing, lasts = data, []
        for level in range(levels):
            outputs = []
            for backwards in (False, True)[:directions]:
                at = level * directions + backwards
                own = [each.select(0, at) for each in states]
                held = arrays[at * width : (at + 1) * width]
                weights = [*held, *[None] * (4 - width)]
                data_read = flowing.flip(time) if backwards else flowing
                result = call(layer, data_read, *own, *weights, bool(batch_first))
                output, *rest = result
                lasts.append((output.select(time, output.shape[time] - 1), *rest))
                outputs.append(output.flip(time) if backwards else output)
            flowing = torch.cat(outputs, -1) if both_ways else outputs[0]
        final = [torch.stack(list(each), 0) for each in zip(*lasts, strict=True)]
        return flowing, *final

    return run


def _one(function: Callable[..., Any], states: int) -> Callable[..., Any]:
    """One level in one direction, from the first step it is given to the last."""

    def layer(data: Any, *rest: Any) -> Any:
        own, (w_ih, w_hh, b_ih, b_hh, batch_first) = rest[:states], rest[states:]
        arrays = [w_ih, w_hh] if b_ih is None else [w_ih, w_hh, b_ih, b_hh]
        batch = data.shape[0 if batch_first else 1]
        begun = [_begun(each, batch).unsqueeze(0).contiguous() for each in own]
        held = begun if states == 2 else begun[0]
        output, *last = function(data, held, arrays, b_ih is not None, 1, 0.0, False, False, batch_first)
        return (output, last[1].squeeze(0)) if states == 2 else (output,)

    return layer


def _begun(state: Any, batch: int) -> Any:
    """A state of nothing but zeros begins as many samples as are read: another axis may be amended to be the batch."""
    return state.new_zeros(batch, state.shape[1]) if len(state) != batch and not state.any() else state


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = name
    return function


_LAYERS = {word: _named(f"{word}_layer", _one(getattr(torch, word), states)) for word, states in RECURRENT.items()}


def _attention(args: Any, kwargs: Any) -> Callable[[], Any] | None:
    given = dict(zip(_ATTENTION_WORDS, args, strict=False)) | dict(kwargs)
    plain = given["bias_k"] is None and given["bias_v"] is None and not given["add_zero_attn"]
    static = given.get("static_k") is not None or given.get("static_v") is not None
    training = given.get("training", True) and given["dropout_p"] > 0
    if not plain or static or training or given["query"].ndim != 3:
        return None
    return lambda: _attend(given)


_ATTENTION_WORDS = (
    "query",
    "key",
    "value",
    "embed_dim_to_check",
    "num_heads",
    "in_proj_weight",
    "in_proj_bias",
    "bias_k",
    "bias_v",
    "add_zero_attn",
    "dropout_p",
    "out_proj_weight",
    "out_proj_bias",
)


def _attend(given: Mapping[str, Any]) -> tuple[Any, Any]:
    """Attention with time first, as `multi_head_attention_forward` takes and gives it."""
    heads = given["num_heads"]
    apart = given.get("use_separate_proj_weight", False)
    kernels: Sequence[Any] = (
        [given[f"{each}_proj_weight"] for each in "qkv"] if apart else given["in_proj_weight"].chunk(3)
    )
    biases = [None] * 3 if given["in_proj_bias"] is None else given["in_proj_bias"].chunk(3)
    split = []
    for each, kernel, bias in zip(("query", "key", "value"), kernels, biases, strict=True):
        projected = F.linear(given[each], kernel, bias)
        length, batch, width = projected.shape
        split.append(projected.view(length, batch, heads, width // heads).permute(1, 2, 0, 3))
    query, key, value = split
    mask = _mask(given, query, key)
    attended = F.scaled_dot_product_attention(query, key, value, mask)
    joined = attended.permute(2, 0, 1, 3).flatten(2)
    result = F.linear(joined, given["out_proj_weight"], given["out_proj_bias"])
    if not given.get("need_weights", True):
        return result, None
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    shares = (scores if mask is None else scores + mask).softmax(-1)
    return result, shares.mean(1) if given.get("average_attn_weights", True) else shares


def _mask(given: Mapping[str, Any], query: Any, key: Any) -> Any:
    """Both masks as one that is added to the scores; True forbids in PyTorch's own masks."""
    total = None
    whole, padded = given.get("attn_mask"), given.get("key_padding_mask")
    if whole is not None:
        whole = _added(whole, query.dtype)
        total = whole if whole.ndim == 2 else whole.view(query.shape[0], -1, *whole.shape[1:])
    elif given.get("is_causal"):
        length = query.shape[2], key.shape[2]
        total = torch.full(length, -math.inf, dtype=query.dtype).triu(1)
    if padded is not None:
        columns = _added(padded, query.dtype)[:, None, None, :]
        total = columns if total is None else total + columns
    return total


def _added(mask: Any, dtype: Any) -> Any:
    return torch.zeros_like(mask, dtype=dtype).masked_fill(mask, -math.inf) if mask.dtype is torch.bool else mask


def joined(word: str, args: Any, kwargs: Any, result: Any) -> Joined:
    """What a call of `stack` or `cat` put together."""
    parts = kwargs.get("tensors", args[0] if args else ())
    axis = kwargs.get("dim", kwargs.get("axis", args[1] if len(args) > 1 else 0))
    return Joined(list(parts), axis % result.ndim, word == "stack")


TAKING = ("getitem", "select", "unbind", "chunk", "split", "tensor_split")
"""Functions that may take what was put together apart again."""


class Joined:
    """What was put together, so that what is taken out of it again is known as what it was.

    PyTorch gives the last states of all levels and directions in one tensor, and most networks use one of them.
    """

    def __init__(self, parts: list[Any], axis: int, stacked: bool) -> None:
        self.parts, self.axis, self.stacked = parts, axis, stacked
        ends = np.cumsum([1 if stacked else each.shape[axis] for each in parts]).tolist()
        self.spans = list(zip([0, *ends], ends, strict=False))

    def moved(self, word: str, args: Any, kwargs: Any, result: Any) -> Joined | None:
        """The same behind a reshape or a turn of the axes; None where that mixes the parts."""
        if word in ("view", "reshape", "unflatten"):
            return self._reshaped(tuple(result.shape))
        if word in ("permute", "transpose") and not kwargs:
            rank = result.ndim
            if word == "permute":
                given = args[1] if isinstance(args[1], tuple | list) else args[1:]
                order = [each % rank for each in given]
            else:
                order = list(range(rank))
                first, second = args[1] % rank, args[2] % rank
                order[first], order[second] = second, first
            inner = [at - (at > self.axis) for at in order if at != self.axis] if self.stacked else order
            return Joined([each.permute(inner) for each in self.parts], order.index(self.axis), self.stacked)
        return None

    def _reshaped(self, shape: tuple[int, ...]) -> Joined | None:
        """The axis of a row of equal parts, cut into the number of parts and what each is made of."""
        own = tuple(self.parts[0].shape)
        if self.stacked or any(tuple(each.shape) != own for each in self.parts):
            return None
        before = int(np.prod(own[: self.axis], dtype=np.int64))
        for at, size in enumerate(shape):
            if size == len(self.parts) and int(np.prod(shape[:at], dtype=np.int64)) == before:
                inner = (*shape[:at], *shape[at + 1 :])
                return Joined([each.reshape(inner) for each in self.parts], at, True)
        return None

    def taken_apart(self, word: str, args: Any, kwargs: Any, results: Sequence[Any]) -> list[Any] | None:
        """The parts that this call takes out; None where it does something else, or takes other pieces."""
        size = args[0].shape[self.axis]
        if word == "getitem":
            spans = self._indexed(args[1], args[0].ndim, size)
        elif word == "select" and not kwargs and self.stacked and args[1] % args[0].ndim == self.axis:
            spans = [(args[2] % size, args[2] % size + 1)]
        elif word == "unbind":
            spans = self._spans(word, kwargs.get("dim", args[1] if len(args) > 1 else 0), results)
        elif word in ("chunk", "split", "tensor_split"):
            spans = self._spans(word, kwargs.get("dim", args[2] if len(args) > 2 else 0), results)
        else:
            spans = None
        if spans is None or any(span not in self.spans for span in spans):
            return None
        return [self.parts[self.spans.index(span)] for span in spans]

    def _spans(self, word: str, axis: int, results: Sequence[Any]) -> list[tuple[int, int]] | None:
        """What each result covers of the axis, where they were taken along it."""
        if axis % (self.parts[0].ndim + self.stacked) != self.axis or (word == "unbind") != self.stacked:
            return None
        ends = np.cumsum([1 if self.stacked else each.shape[self.axis] for each in results]).tolist()
        return list(zip([0, *ends], ends, strict=False))

    def _indexed(self, index: Any, rank: int, size: int) -> list[tuple[int, int]] | None:
        places = list(index) if isinstance(index, tuple) else [index]
        if any(each is None or isinstance(each, torch.Tensor | list) for each in places):
            return None
        if Ellipsis in places:
            at = places.index(Ellipsis)
            places[at : at + 1] = [slice(None)] * (rank - len(places) + 1)
        places += [slice(None)] * (rank - len(places))
        own = places.pop(self.axis)
        if any(each != slice(None) for each in places):
            return None
        if self.stacked:
            return [(own % size, own % size + 1)] if type(own) is int else None
        if not isinstance(own, slice):
            return None
        start, stop, step = own.indices(size)
        return [(start, stop)] if step == 1 else None
