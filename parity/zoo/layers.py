"""docs/layers.md: every layer of both frameworks, with how far apart a ported one computes, and why some are absent."""

from __future__ import annotations

import math
import re
import runpy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from parity.rule import Example, Rule
from parity.verdict import Verdict
from parity.zoo.absent import ABSENT
from parity.zoo.examples import case_of, examined, module, pieces

_CLASSES = {"keras": r"\bkeras\.layers\.(\w+)", "torch": r"\bnn\.(\w+)"}
_TITLES = {"keras": "keras.layers", "torch": "torch.nn"}
_MODULES = {"keras": "Keras", "torch": "PyTorch"}
PORTED, COMPARED = "ported", "compared"


@dataclass(frozen=True)
class Row:
    """One example, carried both ways: the verdicts, and the largest float64 deviation in shares of the scale.

    A deviation is None where a framework has no float64 kernel, and `float32` says what float32 gave instead.
    """

    rule: Rule
    example: Example
    verdicts: tuple[str, str]
    deviations: tuple[float | None, float | None]
    float32: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether both directions are parity, to 1e-12 or better."""
        exact = all(each <= 1e-12 for each in self.deviations if each is not None)
        return self.verdicts == ("parity", "parity") and exact and (None not in self.deviations or self.float32 == 0)


def rows(kinds: Sequence[str] = ()) -> Iterator[Row]:
    """Every example of these kinds, or of all, examined in both directions with both frameworks in this process."""
    for name, rule, example in pieces():
        if not kinds or rule.kind in kinds:
            pair = [examined(case_of(name, example, turned=turned), probes=("noise",)) for turned in (False, True)]
            found = [_deviation(verdict) for verdict in pair]
            narrow = max((each.relative or 0.0 for verdict in pair for each in verdict.outputs), default=0.0)
            yield Row(rule, example, (pair[0].verdict, pair[1].verdict), (found[0], found[1]), narrow)


def classes(framework: str) -> dict[str, str]:
    """Each class that a framework exports -> "ported", "compared", or why it is absent; aliases under each name."""
    exported: dict[str, Any] = runpy.run_path(str(module(framework)))["exported"]()
    shown: dict[int, str] = {}
    for _, rule, example in pieces():
        text = example.keras if framework == "keras" else example.torch
        for name in re.findall(_CLASSES[framework], text):
            if name in exported:
                known = shown.get(id(exported[name]))
                shown[id(exported[name])] = PORTED if rule.roles or known == PORTED else COMPARED
    reasons = ABSENT[framework]
    return {name: shown.get(id(each)) or reasons.get(name, "") for name, each in sorted(exported.items())}


def page(found: Sequence[Row]) -> str:
    """The page as Markdown."""
    lines = [
        "# Every layer, ported both ways",
        "",
        "Made by `parity layers -o docs/layers.md` from the rules and their examples. Each line is one layer with one",
        "choice of options, built in both frameworks on random weights in which nothing stands at a default, its",
        "weights carried from Keras to PyTorch (→) and from PyTorch to Keras (←), and both run in float64 on noise.",
        "The figure bounds the largest difference in shares of the output's scale.",
        "",
        f"{len(found)} examples, {sum(not row.holds for row in found)} of them above 1e-12.",
        "",
        "| kind | Keras | PyTorch | → | ← |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in found:
        cells = [_code(row.example.keras), _code(row.example.torch), *map(_bound, row.verdicts, row.deviations)]
        lines.append(f"| {row.rule.kind} | {' | '.join(cells)} |")
    for framework, title in _TITLES.items():
        told = classes(framework)
        lines += ["", f"## What {title} exports", "", f"| {title} | here |", "| --- | --- |"]
        lines += [f"| `{name}` | {what} |" for name, what in told.items()]
    return "\n".join(lines) + "\n"


def _deviation(verdict: Verdict) -> float | None:
    """The largest gap of the outputs in shares of their scale; None where a side has no float64 twin."""
    if any("its floor estimated" in note for note in verdict.notes):
        return None
    return max(((each.gap or 0.0) / (each.scale or 1.0) for each in verdict.outputs), default=0.0)


def _bound(verdict: str, deviation: float | None) -> str:
    """The next power of ten, so that a run on another machine gives the same page."""
    if verdict != "parity":
        return verdict.upper()
    if deviation is None:
        return "float32"
    return "0" if deviation == 0 else f"< 1e{math.floor(math.log10(max(deviation, 1e-15))) + 1}"


def _code(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`"
