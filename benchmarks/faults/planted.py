"""What a planter yields: one fault, or one rewriting that is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.faults.code import Code, Edit


@dataclass(frozen=True)
class Planted:
    """Edits of a candidate's source, and the name of what they do.

    `causes` are the names under which the fault is rightly told, its own first; without any it is no fault: the
    two networks stay the same function, of the weights that are carried. `beside` are names that rightly follow
    from it: who reads one more channel reads another width. All names but its own are given a reason in `accepted`.
    """

    causes: tuple[str, ...]
    what: str
    edits: tuple[Edit, ...]
    beside: tuple[str, ...] = ()


Planter = Callable[[Code], Iterator[Planted]]
