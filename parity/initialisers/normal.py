"""Normal, not truncated, of a mean and a deviation that the framework says or the sample shows."""

from parity.fresh.initialiser import Initialiser, Site
from parity.fresh.law import Law, normal
from parity.fresh.numbers import plainest


def _law(site: Site) -> Law | None:
    if "stddev" in site.config:
        return normal(float(site.config["stddev"]), float(site.config["mean"]))
    found = site.measured
    if found is None or found.low == found.high:
        return None
    return normal(plainest(found.deviation, found.errors[1]), plainest(found.mean, found.errors[0]))


INITIALISER = Initialiser(name="normal", law=_law, said="RandomNormal", free=True)
