"""Who runs a corpus: this process, or several that each keep their references; what they tell comes in order."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence

from benchmarks.faults.bench import Bench
from benchmarks.faults.corpus import Mutant
from benchmarks.faults.outcome import SEEDS, Outcome, called, outcome

Control = tuple[str, int, str]
"""A healthy network, a seed, and what it is called."""
Task = tuple[str, tuple[tuple[int, Mutant], ...]]
"""A network, and some of its mutants with their numbers; without any, its controls are run."""

PATCHED = 4
"""Of every so many mutants one is patched, built afresh and judged again."""
SHARE = 24
"""How many mutants a process takes at a time: enough that it seldom turns to another network."""


def outcomes(planted: Sequence[Mutant], jobs: int) -> Iterator[tuple[list[Outcome], list[Control]]]:
    """What became of the mutants, a share at a time in their order, and of the controls of their networks.

    A mutant's seed and whether it is patched hang on its number alone, so the rows do not hang on `jobs`.
    """
    tasks = list(_tasks(planted))
    if jobs <= 1:
        yield from map(_done, tasks)
        return
    fresh = multiprocessing.get_context("spawn")  # a forked process would inherit the threads of the frameworks
    with fresh.Pool(jobs) as crew:
        yield from crew.imap(_done, tasks)


def _tasks(planted: Sequence[Mutant]) -> Iterator[Task]:
    numbered = list(enumerate(planted))
    for network in dict.fromkeys(each.network for each in planted):
        own = [(number, each) for number, each in numbered if each.network == network]
        yield network, ()
        for at in range(0, len(own), SHARE):
            yield network, tuple(own[at : at + SHARE])


def _done(task: Task) -> tuple[list[Outcome], list[Control]]:
    network, numbered = task
    bench = _bench(network)
    if not numbered:
        return [], [(network, seed, called(bench.carried(network, seed)[2])) for seed in range(SEEDS)]
    return [outcome(bench, each, at % SEEDS, patching=at % PATCHED == 0) for at, each in numbered], []


_kept: dict[str, Bench] = {}
"""This process's bench, by its network."""


def _bench(network: str) -> Bench:
    """A bench for one network. That of the network before is let go: what its reference gave fills the memory."""
    if network not in _kept:
        for each in _kept.values():
            each.close()
        _kept.clear()
        _kept[network] = Bench()
    return _kept[network]
