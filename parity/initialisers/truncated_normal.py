"""Normal, cut at two deviations, of a mean and a deviation that the framework says or the sample shows."""

from parity.fresh.initialiser import Initialiser, Site
from parity.fresh.law import TRUNCATED, TWO_SIGMA, Law, truncated
from parity.fresh.numbers import bound

_DENSITY = 0.113
"""That of a normal cut at ±2, at its end and in units of one over 2: 2 φ(2) / (2 Φ(2) − 1)."""


def _law(site: Site) -> Law | None:
    if "stddev" in site.config:
        return truncated(TWO_SIGMA * float(site.config["stddev"]), float(site.config["mean"]))
    if site.measured is None or site.measured.low == site.measured.high:
        return None
    middle, reach = bound(site.measured, _DENSITY)
    return Law(TRUNCATED, reach / 2, middle, 2.0)


INITIALISER = Initialiser(name="truncated_normal", law=_law, said="TruncatedNormal", free=True)
