"""The comparison engine: 64 million pairs of float32, beside a copy of memory and what a user would pick instead."""

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch

from parity.extent import measure

SHAPE = (1000, 1000, 64)
OURS, COPY, POLYGRAPHY = "parity, `measure`", "memcpy, `np.copyto`", "`polygraphy`, `CompareFunc.simple`"
MOST_COPIES, LEAST_GAIN, MOST_MEMORY = 3, 40, 64
"""Bounds: times a copy, times faster than Polygraphy, MiB of working memory."""


def table(rounds: int = 5) -> Iterator[str]:
    """A Markdown table of all contenders, each in this process and in turn, after one warm-up."""
    one, other = pairs()
    spent = in_turn(contenders(one, other), rounds)
    yield "## Comparing 64 million pairs of float32"
    yield ""
    yield f"Arrays of shape {SHAPE}, apart by rounding; one process, contenders in turn, medians of {rounds} rounds."
    yield ""
    yield "| comparison | seconds | × memcpy | × parity | bound |"
    yield "| --- | --- | --- | --- | --- |"
    bounds = {OURS: f"at most {MOST_COPIES} × memcpy", POLYGRAPHY: f"at least {LEAST_GAIN} × parity"}
    for name, times in spent.items():
        copies, ours = ratio(times, spent[COPY]), ratio(times, spent[OURS])
        yield f"| {name} | {statistics.median(times):.3f} | {copies:.1f} | {ours:.2f} | {bounds.get(name, '–')} |"
    if POLYGRAPHY not in spent:
        yield f"| {POLYGRAPHY} | not installed: `pip install 'parity[bench]'` | – | – | {bounds[POLYGRAPHY]} |"
    yield ""
    yield f"Working memory of `measure`: {working_memory(one, other):.1f} MiB (bound: {MOST_MEMORY})."


def pairs() -> tuple[np.ndarray, np.ndarray]:
    """Normal numbers, and the same moved by about a rounding, as two frameworks' activations are."""
    random = np.random.default_rng(0)
    one = random.standard_normal(SHAPE, np.float32)
    other = one * (1 + np.float32(1e-7) * random.standard_normal(SHAPE, np.float32))
    return one, other


def contenders(one: np.ndarray, other: np.ndarray) -> Mapping[str, Callable[[], object]]:
    """What is timed; Polygraphy only where it is installed."""
    touched = np.ones_like(one)
    left, right = torch.from_numpy(one), torch.from_numpy(other)
    found: dict[str, Callable[[], object]] = {
        COPY: lambda: np.copyto(touched, one),
        OURS: lambda: measure(one, other),
        "parity, `measure(extras=True)`": lambda: measure(one, other, extras=True),
        "`numpy.allclose`": lambda: np.allclose(one, other),
        "`torch.testing.assert_close`": lambda: torch.testing.assert_close(left, right),
    }
    try:
        from polygraphy.comparator import CompareFunc, IterationResult
        from polygraphy.logger import G_LOGGER
    except ImportError:
        return found
    G_LOGGER.module_severity = G_LOGGER.CRITICAL  # what it would print costs time too, and is not compared here
    compare = CompareFunc.simple()
    results = [IterationResult({"y": array}, runner_name=name) for name, array in (("one", one), ("other", other))]
    return found | {POLYGRAPHY: lambda: compare(*results)}


def in_turn(contenders: Mapping[str, Callable[[], object]], rounds: int) -> Mapping[str, list[float]]:
    """Wall seconds of each, run alternately after one warm-up."""
    spent: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, compare in contenders.items():
            start = time.perf_counter()
            compare()
            if number:
                spent[name].append(time.perf_counter() - start)
    return spent


def ratio(times: list[float], others: list[float]) -> float:
    """The median of the ratios round by round."""
    return statistics.median(a / b for a, b in zip(times, others, strict=True))


def working_memory(one: np.ndarray, other: np.ndarray) -> float:
    """MiB that one run has at most beside its arguments."""
    tracemalloc.start()
    measure(one, other)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


if __name__ == "__main__":
    print("\n".join(table()))
