"""A map at another size in NumPy: every kind of interpolation that either framework has, but for antialiasing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from parity.nouns import Array


def resize(x: Array, sizes: Sequence[tuple[int, int]], own: Mapping[str, Any], **changed: Any) -> Array:
    """The axes of `sizes` brought to these sizes, with settings of its `own`, some of them changed.

    The settings are those of the rule: `mode`, `coordinates`, for a cubic `coefficient` and `steps` (0 for no
    table); `factors` gives for an axis how much larger the map is meant to be, where that is not the sizes' ratio.
    """
    settings = {**own, **changed}
    for axis, size in sizes:
        apart = 1 / settings.get("factors", {}).get(axis, size / x.shape[axis])
        x = np.moveaxis(np.tensordot(x, _shares(x.shape[axis], size, apart, settings), (axis, 1)), -1, axis)
    return x


def _shares(before: int, after: int, apart: float, settings: Mapping[str, Any]) -> Array:
    """How much of each element goes into each new one: `[after, before]`."""
    mode, coordinates = settings["mode"], settings.get("coordinates") or "half_pixel"
    new, rows = np.arange(after), np.zeros((after, before))
    if mode == "nearest":
        # 1e-9 of an element: what should be whole must not fall short of it by rounding.
        found = (new if coordinates == "start" else new + 0.5) * apart + 1e-9
        rows[new, np.clip(np.floor(found).astype(int), 0, before - 1)] = 1
        return rows
    if coordinates == "corners":
        at = new * ((before - 1) / (after - 1)) if after > 1 else np.zeros(1)
    else:
        at = new * apart if coordinates == "start" else (new + 0.5) * apart - 0.5
    if mode not in ("linear", "cubic"):
        raise ValueError(f"mode {mode!r}")
    if mode == "linear":
        at = np.maximum(at, 0)
    first = np.floor(at).astype(int)
    part = at - first
    if steps := settings.get("steps"):
        part = np.rint(part * steps) / steps
    # With −0.75 go those who repeat the border, with −0.5 those who leave out what is beyond it.
    leaves_out = mode == "cubic" and settings["coefficient"] == -0.5
    weights = (1 - part, part) if mode == "linear" else _cubic(part, settings["coefficient"])
    for tap, weight in enumerate(weights, 0 if mode == "linear" else -1):
        inside = (first + tap >= 0) & (first + tap < before)
        np.add.at(rows, (new, np.clip(first + tap, 0, before - 1)), weight * (inside if leaves_out else 1))
    return np.asarray(rows / rows.sum(1, keepdims=True) if leaves_out else rows)


def _cubic(part: Array, a: float) -> tuple[Array, ...]:
    """Keys's kernel at 1 + t, t, 1 − t and 2 − t."""

    def near(t: Array) -> Array:
        return np.asarray(((a + 2) * t - (a + 3)) * t * t + 1)

    def far(t: Array) -> Array:
        return np.asarray(((a * t - 5 * a) * t + 8 * a) * t - 4 * a)

    return far(1 + part), near(part), near(1 - part), far(2 - part)
