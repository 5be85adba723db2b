"""Cold start: what a command costs from the shell, beside the least that the frameworks cost."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

PARITY = str(Path(sys.executable).with_name("parity"))
QUIET = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}

PAIRS = [
    # what is measured, against what, and the ratio that it should keep
    ([PARITY, "check", "magnitude", "--no-onnx"], [sys.executable, "-c", "import keras"], 1.6),
    ([PARITY, "check", "magnitude"], [sys.executable, "-c", "import keras"], None),
    ([PARITY, "list"], [sys.executable, "-c", "pass"], None),
    ([PARITY, "--help"], [sys.executable, "-c", "pass"], None),
]


def table(runs: int = 5) -> Iterator[str]:
    """A Markdown table of all pairs."""
    yield "## Cold start"
    yield ""
    yield "| command | seconds | against | seconds | ratio | bound |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for command, other, bound in PAIRS:
        ours, theirs = in_turn(command, other, runs)
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        seconds = [statistics.median(each) for each in (ours, theirs)]
        words = [" ".join([Path(words[0]).name, *words[1:]]) for words in (command, other)]
        yield (
            f"| `{words[0]}` | {seconds[0]:.2f} | `{words[1]}` | {seconds[1]:.2f} "
            f"| {ratio:.2f} | {f'{bound:.1f}' if bound else '–'} |"
        )


def in_turn(command: Sequence[str], other: Sequence[str], runs: int) -> tuple[list[float], list[float]]:
    """Wall seconds of both commands, run alternately after one warm-up each."""
    spent: tuple[list[float], list[float]] = ([], [])
    for number in range(runs + 1):
        for times, words in zip(spent, (command, other), strict=True):
            start = time.perf_counter()
            subprocess.run(words, check=True, capture_output=True, env=QUIET)
            if number:
                times.append(time.perf_counter() - start)
    return spent
