"""Pools in NumPy: windows that slide, and bins that share a map out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from parity.nouns import Array

Amounts = tuple[tuple[int, int], ...]
"""For each axis of space, what is added before and after."""


def pool(x: Array, space: Sequence[int], own: Mapping[str, Any], **changed: Any) -> Array:
    """A pool with settings of its `own`, some of them changed.

    `space` are the axes it runs along. The settings: `statistic`, "max" or "average"; `kernel`, `stride` and
    `dilation`; `amounts`, all that is padded, and `fill`, what it counts as ("zeros", "silent" for nothing at all,
    or the amounts that are zeros where the rest is silent); `divisor`, the number to divide by in the place of the
    window's size. `there` are the amounts that stand around the map already, and are taken away first.
    """
    window = {**own, **changed}
    zeros, silent = filled(window["amounts"], window["fill"])
    data = around(x, space, tuple((-start, -end) for start, end in window.get("there", ())), 0.0)
    data = around(data, space, zeros, 0.0)
    if window["statistic"] == "max":
        return np.asarray(_over_windows(around(data, space, silent, -np.inf), space, window, np.max))
    sums = _over_windows(around(data, space, silent, 0.0), space, window, np.sum)
    if window.get("divisor") is not None:
        return np.asarray(sums / window["divisor"])
    inside = np.ones([size if at in space else 1 for at, size in enumerate(data.shape)])
    return np.asarray(sums / _over_windows(around(inside, space, silent, 0.0), space, window, np.sum))


def adaptive_pool(x: Array, statistic: str, space: Sequence[int], bins: Sequence[int]) -> Array:
    """Each axis of `space` shared out into so many bins: bin i of n reaches from ⌊i·m/n⌋ to ⌈(i+1)·m/n⌉ of m."""
    reduce = np.max if statistic == "max" else np.mean
    for axis, count in zip(space, bins, strict=True):
        size = x.shape[axis]
        parts = [np.arange(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]
        x = np.concatenate([reduce(np.take(x, part, axis), axis=axis, keepdims=True) for part in parts], axis)
    return x


def filled(amounts: Amounts, fill: str | Amounts) -> tuple[Amounts, Amounts]:
    """Padding as the amounts that count as zeros and those that count as nothing."""
    none = ((0, 0),) * len(amounts)
    if isinstance(fill, str):
        return (amounts, none) if fill == "zeros" else (none, amounts)
    return fill, tuple((start - a, end - b) for (start, end), (a, b) in zip(amounts, fill, strict=True))


def around(x: Array, space: Sequence[int], amounts: Amounts, value: float) -> Array:
    """Padded along some axes; what is less than 0 is taken away."""
    for axis, (start, end) in zip(space, amounts, strict=False):
        x = np.take(x, range(max(-start, 0), x.shape[axis] - max(-end, 0)), axis)
        widths = [(0, 0)] * x.ndim
        widths[axis] = (max(start, 0), max(end, 0))
        x = np.pad(x, widths, constant_values=value)
    return x


def _over_windows(x: Array, space: Sequence[int], window: Mapping[str, Any], reduce: Callable[..., Any]) -> Array:
    """One axis after the other: sums and maxima may be taken so."""
    for axis, kernel, stride, dilation in zip(
        space, window["kernel"], window["stride"], window["dilation"], strict=True
    ):
        views = np.moveaxis(sliding_window_view(x, (kernel - 1) * dilation + 1, axis), axis, 0)[::stride]
        x = reduce(np.moveaxis(views, 0, axis)[..., ::dilation], axis=-1)
    return x
