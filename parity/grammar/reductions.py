"""Arithmetic of reductions: which axes a mean, sum or maximum runs over, and which are left behind it.

Reduced axes are told by name, sorted, and those of size 1 are left out: to reduce them changes nothing. Whether
a reduced axis stays, at size 1, is told by the shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.axes import Axes, resized
from parity.grammar.windows import spatial
from parity.nouns import Settings
from parity.rule import Call

REDUCING_WORDS = "input dim=None keepdim=False"
"""The words of PyTorch's `max` and `min`, which reduce one operand, or choose between two."""


def torch_reduces(call: Call) -> bool:
    """Whether a `max` or `min` of PyTorch reduces: its second operand names axes, if it has one."""
    dim = call.words.get("axis", call.words["dim"])
    return "other" not in call.words and (dim is None or isinstance(dim, int | tuple | list))


def positions(dim: Any, rank: int) -> tuple[int, ...]:
    """The axes that `dim` names, counted from the front; all of them for None or an empty row."""
    if isinstance(dim, bool):
        raise TypeError("dim: expected axes, got a bool")
    named = [int(each) for each in np.ravel(dim)] if dim is not None else []
    if any(not -rank <= each < rank for each in named):
        raise ValueError(f"dim {dim}: the operand has {rank} axes")
    return tuple(each % rank for each in named) if named else tuple(range(rank))


def over(call: Call, reduced: Sequence[int]) -> Settings:
    """The names of the reduced axes; a flattened axis is all those that it is made of, in whatever order."""
    blocks = [block for at in reduced for block in call.inputs[0][at].blocks]
    return {"over": " ".join(sorted(name for block in blocks for name, size in block if size > 1))}


def left(call: Call, reduced: Sequence[int]) -> Axes:
    """The axes behind the reduction: the reduced ones have gone, or stay at size 1."""
    data = call.inputs[0]
    if len(call.shape) == len(data):
        return resized(data, call.shape)
    return tuple(each for at, each in enumerate(data) if at not in reduced)


def torch_positions(call: Call) -> tuple[int, ...]:
    """What a call such as `mean(x, dim, keepdim)` reduces; `axis` is another word for `dim`."""
    only_operand(call)
    return positions(call.words.get("axis", call.words["dim"]), len(call.inputs[0]))


def tensorflow_positions(call: Call) -> tuple[int, ...]:
    """What a reducing op with a constant `axis` reduces; none is named by an empty row, which then reduces none."""
    only_operand(call)
    axis = np.ravel(call.words["axis"])
    if axis.dtype.kind not in "iu":
        raise TypeError("axis: expected constant numbers")
    return positions(axis, len(call.inputs[0])) if axis.size else ()


def keras_positions(call: Call) -> tuple[int, ...]:
    """What a global pool of Keras reduces."""
    only_operand(call)
    return spatial(call)


def only_operand(call: Call) -> None:
    """Refuse a call with more operands than the data: a mask, say."""
    if len(call.inputs) != 1:
        raise ValueError(f"expected one operand, got {len(call.inputs)}")


def torch_over(call: Call) -> Settings:
    """Settings of a reduction of PyTorch."""
    return over(call, torch_positions(call))


def torch_left(call: Call) -> Axes:
    """Axes behind a reduction of PyTorch."""
    return left(call, torch_positions(call))


SPREAD_WORDS = "input dim=None unbiased=True keepdim=False correction=None"
"""The words of PyTorch's `var` and `std`. Written by position, a bool behind the tensor stands for `unbiased`."""


def torch_spread(call: Call) -> Settings:
    """Settings of a variance of PyTorch: the sum of squares is divided by the count less the correction."""
    given, unbiased = call.words["correction"], call.words["unbiased"]
    return {**over(call, torch_positions(call)), "correction": float(unbiased if given is None else given)}


def tensorflow_over(call: Call) -> Settings:
    """Settings of a reducing op."""
    return over(call, tensorflow_positions(call))


def tensorflow_left(call: Call) -> Axes:
    """Axes behind a reducing op."""
    return left(call, tensorflow_positions(call))


def keras_over(call: Call) -> Settings:
    """Settings of a global pool."""
    return over(call, keras_positions(call))


def keras_left(call: Call) -> Axes:
    """Axes behind a global pool."""
    return left(call, keras_positions(call))
