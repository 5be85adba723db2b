"""Many cases in one go: several at once, each side forked from a process that is warm."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from parity import line
from parity.case import Case
from parity.errors import DIVERGENCE, INCONCLUSIVE, PARITY, SIDE_FAILED, ParityError
from parity.line import Options
from parity.verdict import Verdict
from parity.worker.process import Nursery
from parity.zoo.examples import ZOO
from parity.zoo.keeper import Keeper


@dataclass(frozen=True)
class Outcome:
    """What became of one case: its verdict, or the side that failed; and how many seconds it took."""

    case: Case
    seconds: float
    verdict: Verdict | None = None
    failure: ParityError | None = None

    @property
    def code(self) -> int:
        """The exit code of this case by itself."""
        if self.verdict is None:
            return SIDE_FAILED
        if self.verdict.as_expected:
            return PARITY
        return INCONCLUSIVE if self.verdict.verdict == "inconclusive" else DIVERGENCE


def check_several(
    cases: Sequence[Case], options: Options, jobs: int, told: Callable[[str, str], None] = lambda name, stage: None
) -> Iterator[Outcome]:
    """The outcome of each case, in their order, each as soon as it and those before it are done.

    `jobs` of them run at once; `told` hears the name of a case and the stage that it enters, an empty one when it
    is done. A side that fails is an outcome; any other error ends all cases. A single case needs no warm process,
    and starts its own.
    """
    if len(cases) == 1:
        yield _outcome(cases[0], replace(options, progress=partial(told, cases[0].name)), line.check)
        return
    with ExitStack() as last:
        pool = last.enter_context(ThreadPoolExecutor(jobs))
        nursery = last.enter_context(Nursery())  # it closes first, which ends what still runs in the pool
        keeper = last.enter_context(Keeper())
        last.callback(pool.shutdown, wait=False, cancel_futures=True)
        asked = [
            pool.submit(
                _outcome,
                each,
                replace(options, spawner=nursery, progress=partial(told, each.name)),
                keeper.check if each.folder == ZOO else line.check,
            )
            for each in cases
        ]
        for each in asked:
            yield each.result()


def _outcome(case: Case, options: Options, checked: Callable[[Case, Options], Verdict]) -> Outcome:
    start = time.perf_counter()
    try:
        verdict = checked(case, options)
    except ParityError as failure:
        if failure.exit_code != SIDE_FAILED:
            raise
        return Outcome(case, time.perf_counter() - start, failure=failure)
    finally:
        options.progress("")
    return Outcome(case, time.perf_counter() - start, verdict)
