"""Arrays -> the same arrays, held where there is room for them: few in memory, the rest in a mapped file.

The file has no name from the moment it is made, so nothing has to be cleared away however a process ends, and
its room on the disk is free again with the last array that shows it. What is read of it are pages that the
system takes back when it needs them. Another process gets it by its descriptor, without a copy.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from parity.nouns import Array

ROOM = 2**24
"""Bytes that a spool holds in memory: eight runs of two sides that are held at once then take 128 MiB."""
PIECE = 2**20
"""Bytes that are put in order at a time on their way to the file: the usual second cache of a core."""
_ALIGN = 64

Place = tuple[int, np.dtype[Any], tuple[int, ...]]
"""Where an array begins in a file, its type and its shape; its elements stand in C order."""


class Mapped(mmap.mmap):
    """A whole file, read-only; `descriptor` is the file's, open as long as the map is."""

    descriptor: int

    @classmethod
    def of(cls, descriptor: int) -> Mapped:
        """Map the file; the descriptor that is given stays the caller's."""
        found = cls(descriptor, 0, access=mmap.ACCESS_READ)
        found.descriptor = os.dup(descriptor)
        weakref.finalize(found, os.close, found.descriptor)
        return found


def mapped(array: Array) -> Mapped | None:
    """The map that an array shows a part of; None for any other array."""
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base if isinstance(base, Mapped) else None


class Sheet:
    """A file without a name, to which arrays are added."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="parity-", buffering=0)  # noqa: SIM115 - closed with the last reader
        self._end = 0

    @property
    def descriptor(self) -> int:
        return self._file.fileno()

    def add(self, array: Array) -> Place:
        """Write the elements behind all others, without a copy of them all."""
        self._write(np.zeros(-self._end % _ALIGN, np.uint8))
        place = self._end, array.dtype, array.shape
        for piece in _pieces(array):
            self._write(piece.view(np.uint8))
        return place

    def _write(self, piece: Array) -> None:
        left = piece.data
        while left:
            left = left[self._file.write(left) or 0 :]
        self._end += piece.nbytes


def at(where: Any, place: Place) -> Array:
    """The array that stands at this place of a map."""
    start, dtype, shape = place
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(where, dtype, count, start).reshape(shape) if count else np.empty(shape, dtype)


class Spool:
    """Takes arrays as they come, and gives them all back by name."""

    def __init__(self, room: int | None = None) -> None:
        self._room = ROOM if room is None else room
        self._held: dict[str, Array | Place] = {}
        self._sheet: Sheet | None = None

    def put(self, name: str, array: Array, *, fleeting: bool = False) -> None:
        """Hold an array. `fleeting` is one that may change or whose memory is wanted back: it is copied."""
        if mapped(array) is not None and not fleeting:
            self._held[name] = array
        elif array.nbytes <= self._room or array.dtype.hasobject:
            self._room -= array.nbytes
            self._held[name] = np.array(array) if fleeting else array
        else:
            self._sheet = self._sheet or Sheet()
            self._held[name] = self._sheet.add(array)

    def arrays(self) -> dict[str, Array]:
        """All that was put so far, in that order. What stands in the file cannot be written to."""
        where = None if self._sheet is None else Mapped.of(self._sheet.descriptor)
        return {name: at(where, held) if isinstance(held, tuple) else held for name, held in self._held.items()}


def _pieces(array: Array) -> Iterator[Array]:
    """The elements in C order as flat arrays; only what does not lie in one piece is copied."""
    if array.flags.c_contiguous or array.nbytes <= PIECE:
        flat = np.ascontiguousarray(array).reshape(-1)
        step = max(1, PIECE // max(1, array.itemsize))
        for start in range(0, flat.size, step):
            yield flat[start : start + step]
    elif array[:1].nbytes > PIECE:
        for row in array:
            yield from _pieces(row)
    else:
        rows = PIECE // array[:1].nbytes
        for start in range(0, len(array), rows):
            yield from _pieces(array[start : start + rows])
