"""One number everywhere."""

from parity.fresh import law
from parity.fresh.initialiser import Initialiser, Site


def _law(site: Site) -> law.Law | None:
    if "value" in site.config:
        return law.constant(float(site.config["value"]))
    measured = site.measured
    return law.constant(measured.mean) if measured and measured.low == measured.high else None


INITIALISER = Initialiser(name="constant", law=_law, said="Constant", free=True)
