"""What an amendment does to an array, by name, in NumPy: so that both frameworks do exactly the same.

An activation goes by its kind and takes its canonical settings, but for an axis, which is a position in the
array as its framework holds it (`axis`). All keep the type of what they are given.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from parity.axes import Axes, permuted, reshaped, resized, shape_of
from parity.moves.pooling import adaptive_pool, pool
from parity.moves.resizing import resize
from parity.nouns import Array, Move


def moved(array: Array, moves: Sequence[Move], steps: Mapping[str, Array] | None = None) -> Array:
    """Do one move after the other. A move whose arguments name a `step`, or `sources`, is given their arrays.

    What is an array there already is taken as it is.

    Raises KeyError for a name that is none of MOVES, or a step that is not at hand.
    """
    for move in moves:
        arguments = dict(move.arguments)
        if "step" in arguments:
            arguments["step"] = _at_hand(arguments["step"], steps or {})
        if "sources" in arguments:
            arguments["sources"] = [_at_hand(each, steps or {}) for each in arguments["sources"]]
        array = np.asarray(MOVES[move.name](array, **arguments), dtype=array.dtype, order="C")
    return array


def steps_of(moves: Sequence[Move]) -> list[str]:
    """The steps that moves ask for, each once."""
    one = [move.arguments["step"] for move in moves if "step" in move.arguments]
    several = [name for move in moves for name in move.arguments.get("sources", ())]
    return list(dict.fromkeys(each for each in (*one, *several) if isinstance(each, str)))


def _at_hand(step: str | Array, steps: Mapping[str, Array]) -> Array:
    return steps[step] if isinstance(step, str) else step


def _special() -> Any:
    from scipy import special  # a third of a second, which only an amended run needs

    return special


def followed(axes: Axes, moves: Sequence[Move], shape: Sequence[int] | None = None) -> Axes:
    """The axes behind these moves, of an array that has this shape then, where it is known."""
    for move in moves:
        if move.name in ("reshape", "pad", "take", "glu"):
            after = moved(np.empty(shape_of(axes), np.float32), [move]).shape
            axes = reshaped(axes, after) if move.name == "reshape" else resized(axes, after)
        elif move.name == "transpose":
            axes = permuted(axes, move.arguments["order"])
    return axes if shape is None else resized(axes, shape)


def knows(kind: str) -> bool:
    """Whether there is a move of this name."""
    return kind in MOVES


def _relu(x: Array, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0) -> Array:
    below = negative_slope * (x - threshold) if negative_slope else 0  # a slope of none makes no NaN of infinity
    leaked = np.where(x < threshold, below, x)
    return np.asarray(leaked if max_value is None else np.minimum(leaked, max_value))


def _gelu(x: Array, approximate: bool = False) -> Array:
    if approximate:  # Hendrycks and Gimpel 2016, section 2
        return np.asarray(0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))))
    return np.asarray(x * _special().ndtr(x))


def _softplus(x: Array, beta: float = 1.0, linear_above: float | None = None) -> Array:
    smooth = np.logaddexp(0, beta * x) / beta
    return smooth if linear_above is None else np.where(beta * x > linear_above, x, smooth)


def _elu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _hard_sigmoid(x: Array) -> Array:
    return np.asarray(np.clip(x + 3, 0, 6) / 6)


def _glu(x: Array, axis: int = -1) -> Array:
    value, gate = np.split(x, 2, axis)
    return np.asarray(value * _special().expit(gate))


def _pad(x: Array, amounts: Sequence[Sequence[int]], value: float = 0.0, mode: Any = "constant") -> Array:
    """Negative amounts take away. The modes are NumPy's."""
    kept = tuple(
        slice(max(-start, 0), size - max(-end, 0)) for (start, end), size in zip(amounts, x.shape, strict=True)
    )
    added = [(max(start, 0), max(end, 0)) for start, end in amounts]
    return np.pad(x[kept], added, mode, **({"constant_values": value} if mode == "constant" else {}))


def _attention(x: Array, sources: Sequence[Array], scale: float) -> Array:
    """Queries over keys, values and a mask whose True attends; a mask without an axis of heads is that of all."""
    key, value, mask = sources
    scores = scale * x @ np.swapaxes(key, -1, -2)
    while mask.ndim < scores.ndim:
        mask = np.expand_dims(mask, 1)
    shares = _special().softmax(np.where(mask, scores, -np.inf), -1)
    return np.asarray(np.nan_to_num(shares) @ value)


def _kept(steps: Array, mask_value: float, backwards: bool) -> Array:
    """Which steps a mask lets through, time in the second axis."""
    kept = steps != mask_value
    return np.asarray(kept[:, ::-1] if backwards else kept)


def _packed(x: Array, step: Array, mask_value: float = 0.0, backwards: bool = False) -> Array:
    """The steps that a mask lets through first, in their order, so that those behind them change no state before."""
    order = np.argsort(~_kept(step, mask_value, backwards), axis=1, kind="stable")
    return np.take_along_axis(x, order[..., None], axis=1)


def _unpacked(x: Array, step: Array, mask_value: float = 0.0, backwards: bool = False, zeroed: bool = False) -> Array:
    """What was computed of packed steps, at their places again; at a masked one what was last, and zero at first."""
    kept = _kept(step, mask_value, backwards)
    last = np.cumsum(kept, axis=1) - 1
    given = kept if zeroed else last >= 0
    return np.where(given[..., None], np.take_along_axis(x, np.maximum(last, 0)[..., None], axis=1), 0)


def _masked_mean(x: Array, step: Array, mask_value: float = 0.0, axis: int = 1) -> Array:
    kept = np.moveaxis(np.broadcast_to((step != mask_value)[..., None], np.moveaxis(x, axis, 1).shape), 1, axis)
    return np.asarray((x * kept).sum(axis) / kept.sum(axis))


def _local_response_norm(x: Array, window: Sequence[int], alpha: float, beta: float, bias: float, axis: int) -> Array:
    """Each channel over what the squares of the channels before and behind it, and its own, sum up to."""
    squares = np.moveaxis(x * x, axis, -1)
    places = np.arange(x.shape[axis])
    ahead = places[:, None] - places  # of which channel (a row) which one (a column) is how far in front
    sums = squares @ ((-window[0] <= ahead) & (ahead <= window[1])).astype(squares.dtype)
    return np.asarray(x / (bias + alpha * np.moveaxis(sums, -1, axis)) ** beta)


def _recounted(x: Array, step: Array, corrections: tuple[float, float], root: bool) -> Array:
    """A variance of a step (its root) whose sum was divided by the count less one correction, by that less another."""
    count = step.size / x.size
    with np.errstate(all="ignore"):
        factor = np.divide(count - corrections[0], count - corrections[1])
        return np.asarray(x * (np.sqrt(factor) if root else factor))


def _turned(x: Array, order: Sequence[int]) -> Array:
    """With its axes in this order; as it lies where none is given."""
    return np.transpose(x, order) if order else x


MOVES: Mapping[str, Callable[..., Any]] = {
    # activations, by their kinds
    "celu": lambda x, alpha=1.0: np.maximum(x, 0) + np.minimum(0, alpha * np.expm1(np.minimum(x, 0) / alpha)),
    "clip": lambda x, low, high: np.clip(x, low, high),
    "elu": _elu,
    "exp": np.exp,
    "gelu": _gelu,
    "glu": _glu,
    "hard_shrink": lambda x, threshold=0.5: np.where(np.abs(x) > threshold, x, 0),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": lambda x: x * _hard_sigmoid(x),
    "leaky_relu": lambda x, slope: np.where(x >= 0, x, slope * x),
    "log_sigmoid": lambda x: -np.logaddexp(0, -x),
    "log_softmax": lambda x, axis: _special().log_softmax(x, axis),
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "relu": _relu,
    # The two constants of Klambauer et al. 2017.
    "selu": lambda x: 1.0507009873554805 * _elu(x, 1.6732632423543772),
    "sigmoid": lambda x: _special().expit(x),
    "silu": lambda x: x * _special().expit(x),
    "soft_shrink": lambda x, threshold=0.5: np.sign(x) * np.maximum(np.abs(x) - threshold, 0),
    "softmax": lambda x, axis: _special().softmax(x, axis),
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
    # arithmetic
    "add": lambda x, step, order=(): x + _turned(step, order),
    "copy": lambda x: x,  # so that what is done to it is not done to what it was
    "given": lambda x, step, order=(): _turned(step, order),
    "multiply": lambda x, step, order=(): x * _turned(step, order),
    "not": np.logical_not,
    "product": lambda x, sources, orders: functools.reduce(operator.mul, map(_turned, sources, orders)),
    "recounted": _recounted,
    "scale": lambda x, factor=1.0, offset=0.0: x * factor + offset,
    "sum": lambda x, sources, orders: functools.reduce(operator.add, map(_turned, sources, orders)),
    "masked_mean": _masked_mean,
    "attention": _attention,
    "local_response_norm": _local_response_norm,
    # what runs along the space of a map
    "adaptive_pool": adaptive_pool,
    "pool": pool,
    "resize": resize,
    # what moves numbers
    "beside": lambda x, sources, place, axis: np.concatenate([*sources[:place], x, *sources[place:]], axis),
    "concat": lambda x, sources, axis: np.concatenate(sources, axis),
    "flip": lambda x, axis: np.flip(x, axis),
    "packed": _packed,
    "pad": _pad,
    "reshape": lambda x, shape: np.reshape(x, shape),
    "take": lambda x, indices, axis: np.take(x, indices, axis),
    "unpacked": _unpacked,
    "transpose": lambda x, order: np.transpose(x, order),
}
