"""How a measured number is told: two digits of what matters, a bound for what is only rounding."""

from __future__ import annotations

_RUNGS = (1e-11, 1e-8, 1e-5, 1e-3, 0.1)
"""Above float64's rounding, float32's at one layer, and float32's through a deep network; few, so that a number
seldom crosses from one to the next on a machine that rounds otherwise."""


def digits(number: float | None) -> str | None:
    """Two digits; None for None."""
    return None if number is None else f"{number:.2g}"


def bound(number: float) -> str:
    """A power of ten that lies at least ten times above a number that is rounding; the number itself above .01."""
    return next((f"{rung:.0e}" for rung in _RUNGS if 10 * number <= rung), f"{number:.1g}")
