"""How a value is written in code."""

from __future__ import annotations

import math
from typing import Any

from parity.mending.nouns import NoMend


def written(value: Any) -> str:
    """The shortest usual code that gives the value: `1e-3`, `0.1`, `(1, 2)`, `"relu"`; raises NoMend for others."""
    if value.__class__.__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        value = value.item()  # what a framework keeps as a setting is often NumPy's own scalar
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _real(float(value))
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, tuple):
        inside = ", ".join(written(each) for each in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, list):
        return f"[{', '.join(written(each) for each in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)}: {written(each)}" for key, each in value.items()) + "}"
    raise NoMend(f"a {type(value).__name__} cannot be written into code")


def _real(value: float) -> str:
    if not math.isfinite(value):
        return f'float("{value}")'
    plain = float.__repr__(value)
    if "e" not in plain and (abs(value) >= 1 or value == 0):
        return plain
    digits, _, power = next(text for places in range(17) if float(text := f"{value:.{places}e}") == value).partition(
        "e"
    )
    short = f"{digits}e{int(power)}"
    return short if "e" in plain or len(short) < len(plain) else plain


def _quoted(value: str) -> str:
    text = str.__repr__(value)
    return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text and "\\'" not in text else text
