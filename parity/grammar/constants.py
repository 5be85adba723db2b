"""A plain number among the operands of a call, as both frameworks mean it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from parity.rule import Call


def plain(value: Any) -> float:
    """The shortest decimal that float32 rounds to the same number: `0.2` for `0.20000000298023224`.

    A constant is kept in float32 by one framework and in float64 by the other. Raises TypeError or ValueError
    for what is not one number.
    """
    values = np.asarray(value, np.float64)
    if values.size != 1:
        raise ValueError(f"expected one number, got an array of shape {values.shape}")
    with np.errstate(over="ignore"):
        short = np.float32(values.item())
    return float(str(short)) if np.isfinite(short) else values.item()


def other(call: Call, slots: tuple[str, str]) -> tuple[str, float] | None:
    """The slot of a two-operand call that holds a plain number, and that number; None where both hold data.

    Raises ValueError or TypeError where the operand is neither: an array, or a parameter, whose value may change.
    """
    if len(call.inputs) == 2:
        return None
    if held := [slot for slot in slots if slot in call.held]:
        raise ValueError(f"{held[0]} is a parameter")
    found = [(slot, number) for slot in slots if (number := _number(call.words[slot])) is not None]
    if len(found) != 1:
        raise ValueError(f"expected data and one plain number, got {len(found)} numbers")
    return found[0]


def _number(value: Any) -> float | None:
    """A plain number, or a constant tensor that holds one; None for anything else."""
    if isinstance(value, int | float | np.ndarray | np.generic):
        return plain(value) if np.size(value) == 1 else None
    if hasattr(value, "tolist") and math.prod(value.shape) == 1:
        return plain(value.tolist())
    return None


def bounds(call: Call) -> dict[str, float]:
    """The `low` and `high` within which a clip keeps its operand; empty for a call that has two operands.

    Raises ValueError or TypeError where a bound is an array or a parameter.
    """
    if len(call.inputs) != 1:
        return {}
    if call.name.lower() in ("maximum", "minimum"):
        found = other(call, ("x", "y") if "x" in call.words else ("input", "other"))
        return {} if found is None else {"low" if call.name.lower() == "maximum" else "high": found[1]}
    if call.held:
        raise ValueError("a bound is a parameter")
    found_bounds = {}
    for name, slots in (("low", ("min_val", "min", "clip_value_min")), ("high", ("max_val", "max", "clip_value_max"))):
        for slot in slots:
            if (given := call.words.get(slot)) is not None:
                number = _number(given)
                if number is None:
                    raise ValueError(f"{slot} is not one number")
                found_bounds[name] = number
    return found_bounds
