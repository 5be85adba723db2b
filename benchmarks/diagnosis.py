"""What naming and proving the causes adds to a check: the residual network of fifty layers with three faults."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.replay import ENTRY
from parity.case import Case, SideSpec
from parity.line import Options, check

HERE = Path(__file__).parent.parent
BOUND = 2
"""How many times as long as the check itself the diagnosis may take."""


def table(rounds: int = 3) -> Iterator[str]:
    """Seconds of the check without its diagnosis, and of the diagnosis, each side in a process of its own."""
    verdicts = [check(_case(), Options(onnx=False)) for _ in range(rounds)]
    spent = [(sum(each.timings.values()) - each.timings["diagnose"], each.timings["diagnose"]) for each in verdicts]
    ratio = statistics.median(diagnosis / rest for rest, diagnosis in spent)
    rest, diagnosis = (statistics.median(each) for each in zip(*spent, strict=True))
    found = ", ".join(f"{each.cause} ({each.status})" for each in verdicts[0].findings)
    yield "## Diagnosis"
    yield ""
    yield "The residual network with three faults: an epsilon, a tanh for a relu, a relu that is missing."
    yield ""
    yield "| the check itself, s | the diagnosis, s | ratio | bound |"
    yield "| --- | --- | --- | --- |"
    yield f"| {rest:.1f} | {diagnosis:.1f} | {ratio:.2f} | {BOUND} |"
    yield ""
    yield f"Found: {found}; together they {'explain all' if verdicts[0].explained else 'do not explain all'}."


def _case() -> Case:
    sides = [
        SideSpec(name, f"benchmarks.residual.in_{name}:{build}", HERE)
        for name, build in (("keras", "network"), ("torch", "faulty"))
    ]
    return Case("residual", "", HERE, *sides, (ENTRY,))


if __name__ == "__main__":
    print("\n".join(table()))
