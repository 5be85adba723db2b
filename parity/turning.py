"""Large matrices turned over and reordered in blocks that fit a cache, with no copy beside the result.

NumPy walks a transposed copy element by element through memory, which for the dense layer behind a flattened
map costs more than all else in a port.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from parity.nouns import Array

LARGE = 2**18
"""Elements from which it pays."""
_ROWS, _COLUMNS, _THREADS = 256, 64, 2


def turned(matrix: Array, order: Array | None) -> Array:
    """`result[i, j] = matrix[j, order[i]]`, or `matrix[j, i]` without an order."""
    result = np.empty((matrix.shape[1], matrix.shape[0]), matrix.dtype)

    back = None if order is None else np.argsort(order)

    def block(start: int) -> None:
        stop = min(start + _ROWS, len(result))
        rows = result[start:stop] if back is None else np.empty((stop - start, result.shape[1]), matrix.dtype)
        for at in range(0, result.shape[1], _COLUMNS):
            rows[:, at : at + _COLUMNS] = matrix[at : at + _COLUMNS, start:stop].T
        if back is not None:
            result[back[start:stop]] = rows  # whole rows are scattered, single elements would be slow

    _each(block, len(result))
    return result


def turn_into(result: Array, matrix: Array, order: Array | None) -> None:
    """`result[j, i] = matrix[order[i], j]`, or `matrix[i, j]` without an order, written in place."""

    def block(start: int) -> None:
        stop = min(start + _ROWS, len(matrix))
        picked = matrix[start:stop] if order is None else matrix[order[start:stop]]
        for at in range(0, result.shape[0], _COLUMNS):
            result[at : at + _COLUMNS, start:stop] = picked[:, at : at + _COLUMNS].T

    _each(block, len(matrix))


def _each(block: Callable[[int], None], size: int) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(block, range(0, size, _ROWS)))
