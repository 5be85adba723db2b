"""What an index picks of each axis, in any spelling: by name, as (first, stop, step), whole axes left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from parity.axes import Axes, Axis, resized
from parity.nouns import Settings
from parity.rule import Call

Picks = Mapping[int, range]
"""For each axis, the positions that are picked, in order."""


def walk(axes: Axes, items: Sequence[Any]) -> tuple[Picks, Axes]:
    """The picks of a basic index (`x[1:, ..., None, -1]`), and the axes behind it.

    Raises TypeError for an index that is an array, a list or a mask, IndexError for one out of reach.
    """
    pending, consumed = list(axes), sum(item is not None and item is not Ellipsis for item in items)
    if consumed > len(axes):
        raise IndexError(f"{consumed} indices for {len(axes)} axes")
    items = items if Ellipsis in [each for each in items if each is Ellipsis] else [*items, Ellipsis]
    picks: dict[int, range] = {}
    left: list[Axis] = []
    for item in items:
        at = len(axes) - len(pending)
        if item is Ellipsis:
            whole = len(pending) - sum(each is not None for each in items[items.index(Ellipsis) + 1 :])
            left += pending[:whole]
            del pending[:whole]
        elif item is None:
            left.append(Axis(((),)))
        elif isinstance(item, slice):
            each = pending.pop(0)
            picks[at] = range(each.size)[item]
            left += taken((each,), {0: picks[at]})
        elif isinstance(item, int | np.integer) and not isinstance(item, bool):
            index = range(pending.pop(0).size)[int(item)]
            picks[at] = range(index, index + 1)
        else:
            raise TypeError(f"an index of type {type(item).__name__}")
    return picks, tuple(left)


def taken(axes: Axes, picks: Picks) -> Axes:
    """The axes behind picks that keep every axis."""
    return resized(axes, [len(picks[at]) if at in picks else each.size for at, each in enumerate(axes)])


def told(axes: Axes, picks: Picks) -> Settings:
    """The picks by the names of their axes, sorted: (name, first, stop, step)."""
    found = []
    for at, picked in picks.items():
        if not picked:
            raise ValueError("nothing is picked")
        step = picked.step if len(picked) > 1 else 1
        entry = (str(axes[at]), picked[0], picked[-1] + (1 if step > 0 else -1), step)
        if entry[1:] != (0, axes[at].size, 1):
            found.append(entry)
    return {"picks": tuple(sorted(found))}


def turned(axes: Axes, picks: Picks) -> tuple[int, ...]:
    """The axes that are picked whole and backwards; empty where anything else is done as well."""
    backwards = tuple(at for at, picked in picks.items() if picked == range(axes[at].size)[::-1])
    rest = [at for at, picked in picks.items() if at not in backwards and picked != range(axes[at].size)]
    return () if rest else tuple(at for at in backwards if axes[at].size > 1)


def getitem(call: Call) -> tuple[Picks, Axes]:
    """What `x[index]` picks in PyTorch, and the axes behind it."""
    if len(call.inputs) != 1:
        raise ValueError("the index is computed")
    index = call.words["index"]
    return walk(call.inputs[0], list(index) if isinstance(index, tuple) else [index])


def strided(call: Call) -> tuple[Picks, Axes]:
    """What TensorFlow's StridedSlice picks, and the axes behind it."""
    return walk(call.inputs[0], strided_items(call.words))


def strided_items(words: Mapping[str, Any]) -> list[Any]:
    """The items of TensorFlow's StridedSlice: its masks tell which numbers count, and how."""
    items: list[Any] = []
    for at, (begin, end, stride) in enumerate(zip(words["begin"], words["end"], words["strides"], strict=True)):

        def masked(name: str, bit: int = 1 << at) -> bool:
            return bool(words[name] & bit)

        if masked("ellipsis_mask"):
            items.append(Ellipsis)
        elif masked("new_axis_mask"):
            items.append(None)
        elif masked("shrink_axis_mask"):
            items.append(int(begin))
        else:
            first = None if masked("begin_mask") else int(begin)
            items.append(slice(first, None if masked("end_mask") else int(end), int(stride)))
    return items
