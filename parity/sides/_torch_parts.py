"""Calls that hold several layers in one, made part by part, so that each part is a layer of its own.

A stacked or bidirectional recurrent call is one layer for each level and direction, as Keras writes them;
attention is its projections and the product between them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional as F

Call = Callable[..., Any]
RECURRENT = {"lstm": 2, "gru": 1, "rnn_tanh": 1, "rnn_relu": 1}
"""The recurrent functions, and how many states each keeps."""


def parts_of(word: str, args: Any, kwargs: Any, call: Call) -> Callable[[], Any] | None:
    """How to make this call part by part; None for a call that is one layer, or that has no such parts.

    `call(function, *args)` makes a call of one of the layers below.
    """
    if word in RECURRENT and not kwargs:
        return _recurrent(word, args, call)
    if word == "multi_head_attention_forward":
        return _attention(args, kwargs)
    return None


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
                result = call(layer, flowing, *own, *weights, bool(batch_first), backwards)
                output, *rest = result
                lasts.append((output.select(time, output.shape[time] - 1), *rest))
                outputs.append(output.flip(time) if backwards else output)
            flowing = torch.cat(outputs, -1) if both_ways else outputs[0]
        final = [torch.stack(list(each), 0) for each in zip(*lasts, strict=True)]
        return flowing, *final

    return run


def _one(function: Callable[..., Any], states: int) -> Callable[..., Any]:
    """One level in one direction. Backwards, its output stays in the order in which it was computed."""

    def layer(data: Any, *rest: Any) -> Any:
        own, (w_ih, w_hh, b_ih, b_hh, batch_first, backwards) = rest[:states], rest[states:]
        arrays = [w_ih, w_hh] if b_ih is None else [w_ih, w_hh, b_ih, b_hh]
        flowing = data.flip(1 if batch_first else 0) if backwards else data
        begun = [each.unsqueeze(0).contiguous() for each in own]
        held = begun if states == 2 else begun[0]
        output, *last = function(flowing, held, arrays, b_ih is not None, 1, 0.0, False, False, batch_first)
        return (output, last[1].squeeze(0)) if states == 2 else (output,)

    return layer


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
