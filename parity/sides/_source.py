"""What a call reads of a parameter: the whole array, or some of its elements in another shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.nouns import Array

COMPUTED = np.zeros(0, np.intp)
"""The indices of what was computed from a parameter: none of its elements as they are."""


@dataclass(frozen=True, eq=False)
class Source:
    """A parameter as a call reads it: whole, or the elements at these flat native positions."""

    array: Any
    indices: Array | None = None

    @property
    def key(self) -> tuple[int, bytes]:
        """Equal for two readings of the same elements in the same shape."""
        return id(self.array), b"" if self.indices is None else self.indices.tobytes()

    @property
    def exact(self) -> bool:
        """Whether the parameter is read as it is, and nothing computed from it."""
        return self.indices is None or self.indices.size > 0

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape) if self.indices is None else self.indices.shape

    @property
    def size(self) -> int:
        """How many elements are read."""
        whole = int(np.prod(tuple(self.array.shape), dtype=np.int64))
        return whole if self.indices is None or not self.exact else self.indices.size

    @property
    def part(self) -> str:
        """Which rows are read, for a name: `[64:128]`; nothing where all of the array is."""
        whole = int(np.prod(tuple(self.array.shape), dtype=np.int64))
        if self.indices is None or self.indices.size in (0, whole):
            return ""
        first, last, row = int(self.indices.min()), int(self.indices.max()) + 1, whole // self.array.shape[0]
        if last - first == self.indices.size and first % row == last % row == 0:
            return f"[{first // row}:{last // row}]"
        return f"[{self.indices.size} of {whole}]"

    def positions(self) -> Array:
        """The flat native position of each element that is read."""
        return np.arange(self.size).reshape(self.shape) if self.indices is None else self.indices

    def moved(self, indices: Array) -> Source | None:
        """The same parameter read through other positions; None where an element would be read twice."""
        unique = len(np.unique(indices)) == indices.size
        return Source(self.array, np.asarray(indices)) if unique and indices.size else None

    def overlaps(self, other: Source) -> bool:
        """Whether two readings have an element in common."""
        if self.array is not other.array:
            return False
        if self.indices is None or other.indices is None or not (self.exact and other.exact):
            return True
        return bool(np.intersect1d(self.indices, other.indices).size)


@dataclass
class Owners:
    """Which layer was the first to read each parameter, or a part of one."""

    first: dict[int, list[tuple[Source, str]]] = field(default_factory=dict)
    """By the id of the array, which its sources hold."""

    def of(self, source: Source) -> str | None:
        """The layer that was the first to read any of these elements."""
        return next((layer for other, layer in self.first.get(id(source.array), ()) if source.overlaps(other)), None)

    def note(self, source: Source, layer: str) -> None:
        """A layer reads this; it owns what nobody read before."""
        if self.of(source) is None:
            self.first.setdefault(id(source.array), []).append((source, layer))
