"""Measured numbers in the fewest digits that the measurement bears."""

from __future__ import annotations

from parity.fresh.initialiser import Measured


def plainest(value: float, error: float, *, above: float | None = None) -> float:
    """The number of fewest digits within two standard errors of a measured one, not below `above`.

    0 where that is within. A deviation that was measured as 0.04998 ± 0.0001 is 0.05.
    """
    if above is None and abs(value) <= 2 * error:
        return 0.0
    for digits in range(1, 9):
        found = float(f"{value:.{digits}g}")
        if abs(found - value) <= 2 * error and (above is None or found >= above):
            return found
    return value if above is None else max(value, above)


def bound(measured: Measured, density: float) -> tuple[float, float]:
    """The middle of a symmetrical distribution that ends, and how far it reaches to both sides.

    The farthest of n numbers lies short of the end by about 1 / (n × density), if that is the density at the end in
    units of one over the reach: far nearer than a deviation tells.
    """
    middle = plainest(measured.mean, measured.errors[0])
    reach = max(measured.high - middle, middle - measured.low)
    return middle, plainest(reach, 2 * reach / (measured.count * density), above=reach)
