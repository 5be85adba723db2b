"""A plain number among the operands of a call, as both frameworks mean it."""

from __future__ import annotations

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
    found = [(slot, call.words[slot]) for slot in slots if _is_plain(call.words[slot])]
    if len(found) != 1:
        raise ValueError(f"expected data and one plain number, got {len(found)} numbers")
    return found[0][0], plain(found[0][1])


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float | np.ndarray | np.generic) and np.size(value) == 1


def bounds(call: Call) -> dict[str, float]:
    """The `low` and `high` within which a clip keeps its operand; empty for a call that has two operands.

    Raises ValueError or TypeError where a bound is an array or a parameter.
    """
    if len(call.inputs) != 1:
        return {}
    if call.name.lower() in ("maximum", "minimum"):
        slots = ("x", "y") if "x" in call.words else ("input", "other")
        found = other(call, slots)
        return {} if found is None else {"low" if call.name.lower() == "maximum" else "high": found[1]}
    given = {
        name: call.words.get(slot)
        for name, slots in (
            ("low", ("min_val", "min", "clip_value_min")),
            ("high", ("max_val", "max", "clip_value_max")),
        )
        for slot in slots
        if call.words.get(slot) is not None
    }
    if any(slot in call.held for slot in call.words) or not all(_is_plain(value) for value in given.values()):
        raise ValueError("a bound is not a plain number")
    return {name: plain(value) for name, value in given.items()}
