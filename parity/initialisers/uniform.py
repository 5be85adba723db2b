"""Uniform between two numbers, which the framework says or the sample shows."""

from parity.fresh.initialiser import Initialiser, Site
from parity.fresh.law import UNIFORM, Law
from parity.fresh.numbers import bound


def _law(site: Site) -> Law | None:
    if "minval" in site.config:
        return _between(float(site.config["minval"]), float(site.config["maxval"]))
    if site.measured is None or site.measured.low == site.measured.high:
        return None
    middle, reach = bound(site.measured, density=0.5)
    return Law(UNIFORM, reach, middle)


def _between(low: float, high: float) -> Law:
    return Law(UNIFORM, (high - low) / 2, (high + low) / 2)


INITIALISER = Initialiser(name="uniform", law=_law, said="RandomUniform", free=True)
