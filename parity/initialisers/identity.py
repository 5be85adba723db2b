"""The identity matrix, times a gain."""

from parity.fresh.initialiser import Initialiser, Site
from parity.fresh.law import IDENTITY, Law


def _law(site: Site) -> Law | None:
    return Law(IDENTITY, float(site.config.get("gain", 1.0))) if len(site.shape) == 2 else None


INITIALISER = Initialiser(name="identity", law=_law, said="Identity")
