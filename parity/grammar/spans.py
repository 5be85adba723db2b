"""Arrays that lie along some axes of the data: a gamma along the channels, a scale kept as (C, 1, 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from parity.axes import Axes, Axis, Shape, ranking


@dataclass(frozen=True)
class Span:
    """The einops patterns of such an array, native and canonical, and the axis of the data behind each word."""

    native: str
    canonical: str
    reads: dict[str, Axis] = field(default_factory=dict)


def along(data: Axes, shape: Shape) -> Span:
    """How an array of this native shape lies along the data, its last dimension along the data's last.

    A dimension of one element is broadcast, and not part of the canonical array. Raises ValueError where a
    dimension is neither one nor as long as its axis.
    """
    under = data[len(data) - len(shape) :]
    if len(under) != len(shape) or any(size not in (1, each.size) for each, size in zip(under, shape, strict=True)):
        raise ValueError(f"an array of {shape} does not lie along axes of {tuple(each.size for each in data)}")
    words = _words(under)
    native = [word if size != 1 else "1" for word, size in zip(words, shape, strict=True)]
    reads = {word: each for word, each in zip(native, under, strict=True) if word != "1"}
    ordered = [native[at] for at in ranking(under) if native[at] != "1"]
    return Span(" ".join(native), " ".join(ordered), reads)


def _words(axes: Sequence[Axis]) -> list[str]:
    """A word for each axis that einops takes: its name where it has one of its own, else its place."""
    found = []
    for place, each in enumerate(axes):
        word = str(each).replace(".", "_")
        found.append(word if word.isidentifier() and word not in found else f"axis{place}")
    return found
