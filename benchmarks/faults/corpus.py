"""All mutants: each planting in each network by itself, and seeded pairs of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.code import Code, edited
from benchmarks.faults.planted import Planted
from benchmarks.faults.planters import plantings
from parity.case import Case
from parity.cases import find, shipped

OWN = Path(__file__).parent / "networks"
SHIPPED = ("magnitude", "phase")
PAIRS = 40
"""How many pairs are planted in each network."""


@dataclass(frozen=True)
class Mutant:
    """A network's candidate with one or two things planted, and the lines of its text on which they stand."""

    network: str
    planted: tuple[Planted, ...]
    text: str
    lines: tuple[frozenset[int], ...]

    @property
    def name(self) -> str:
        """What was done, in a line of a table."""
        told = " and ".join(f"{(each.causes or ('harmless',))[0]} ({each.what})" for each in self.planted)
        where = ", ".join(str(max(lines)) for lines in self.lines)
        return f"{self.network}:{where} {told}"


def networks() -> dict[str, Case]:
    """The healthy networks by name: those that ship, and those of the corpus."""
    own = sorted(folder.name for folder in OWN.iterdir() if (folder / "case.toml").is_file())
    named = [*((name, shipped()) for name in SHIPPED), *((name, OWN) for name in own)]
    return {case.name: case for name, folder in named for case in find(name, folder)}


def healthy(case: Case) -> str:
    """The text of a faithful candidate."""
    return (case.candidate.folder / "net_torch.py").read_text()


def mutants(seed: int = 0) -> list[Mutant]:
    """All of them, the pairs drawn by this seed."""
    found: list[Mutant] = []
    for name, case in networks().items():
        text = healthy(case)
        singles = list(plantings(Code(text)))
        found += _made(name, text, [(each,) for each in singles])
        faults = [each for each in singles if each.causes]
        chance = random.Random(f"{seed} {name}")
        found += list(_made(name, text, [tuple(chance.sample(faults, 2)) for _ in range(2 * PAIRS)]))[:PAIRS]
    return found


def _made(network: str, text: str, rows: list[tuple[Planted, ...]]) -> Iterator[Mutant]:
    """Mutants of those plantings that can stand beside one another, each text once."""
    texts = {text}
    for row in rows:
        made = edited(text, [edit for each in row for edit in each.edits])
        if made is None or made[0] in texts or len({each.causes for each in row}) < len(row):
            continue
        texts.add(made[0])
        yield Mutant(network, row, made[0], tuple(_lines(text, row, each) for each in row))


def _lines(text: str, row: tuple[Planted, ...], one: Planted) -> frozenset[int]:
    """The lines of one planting in the text that holds them all."""
    alone = edited(text, one.edits)
    assert alone is not None
    lines = alone[1]
    for other in row:
        if other is not one:
            start = min(each.start for each in one.edits)
            moved = sum(
                each.text.count("\n") - text[each.start : each.end].count("\n")
                for each in other.edits
                if each.start < start
            )
            lines = frozenset(line + moved for line in lines)
    return lines
