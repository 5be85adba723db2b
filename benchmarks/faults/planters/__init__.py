"""The shelf of planters: each file holds `PLANTERS`, functions from a source to what can be planted in it."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.faults.code import Code
from benchmarks.faults.planted import Planted
from parity import shelf


def plantings(code: Code) -> Iterator[Planted]:
    """All that can be planted in a source, one at a time."""
    for planters in shelf.read("benchmarks.faults.planters", "PLANTERS").values():
        for planter in planters:
            yield from planter(code)
