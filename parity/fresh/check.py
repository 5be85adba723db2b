"""From a case to what its two sides draw their fresh weights from: `parity check CASE --init`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from parity.case import Case
from parity.errors import UsageError
from parity.fresh.drawing import Drawn, Wanted, joined
from parity.fresh.judging import held
from parity.fresh.meetings import Meeting, meetings
from parity.fresh.result import Initialisation, judged
from parity.fresh.rows import Kept, row, unopposed
from parity.fresh.telling_apart import LEVEL
from parity.line import Clock, Options, batches, met
from parity.nouns import Probe, Side
from parity.probes import for_candidate
from parity.run import Both
from parity.worker.client import launched

BUILDS = 64
"""How often each side is built, unless told otherwise."""
LEAST = 8
_AT_ONCE = 8
"""Builds in one request, so that a side is late only if these take too long."""
Draw = Callable[[Sequence[Wanted], Sequence[int], Probe], list[Drawn]]
"""Builds a side again under each seed, and tells what was drawn for each array that is wanted."""


def check_init(case: Case, options: Options, builds: int = BUILDS) -> Initialisation:
    """Hold the distributions of fresh weights of both sides against each other, each side in a process of its own.

    Raises UsageError for fewer than `LEAST` builds, SideFailed as `parity.line.check` does.
    """
    check_builds(builds)
    options.progress("starting both sides")
    probe = batches(case, options)[0]
    with launched(case.reference, case.candidate, options.timeout) as (reference, candidate, both):
        draws = reference.fresh, candidate.fresh
        return drawn_alike(case, (reference, candidate), draws, probe, options, both, builds)


def check_builds(builds: int) -> None:
    """Raise UsageError for a number of builds that shows no distribution."""
    if builds < LEAST:
        raise UsageError(f"builds = {builds}; expected at least {LEAST}, or no distribution shows")


def drawn_alike(
    case: Case,
    sides: tuple[Side, Side],
    draws: tuple[Draw, Draw],
    probe: Probe,
    options: Options,
    both: Both,
    builds: int,
) -> Initialisation:
    """The line itself, on two sides wherever they live."""
    clock = Clock(options.progress)
    probes = probe, for_candidate(probe, case.inputs)
    outlines, matches = met(case, sides, probes, options, both, clock)
    origins = sides[0].origins(), sides[1].origins()
    found = meetings(matches, origins)
    with clock("draw"):
        few = _several(draws, (_wanted(found, 0), _wanted(found, 1)), probes, options, both, builds)
    with clock("compare"):
        pairs = [held(each, few[0].get(each.reference), few[1].get(each.candidate)) for each in found]
        questions = max(1, sum(each.asked for each in pairs))
        kept = Kept.of(outlines[0], origins[0], few[0]), Kept.of(outlines[1], origins[1], few[1])
        rows = unopposed([row(each, questions, kept) for each in pairs])
    verdict, reasons = judged(rows)
    return Initialisation(
        case=case,
        verdict=verdict,
        reasons=reasons,
        frameworks=(outlines[0].framework, outlines[1].framework),
        rows=rows,
        builds=builds,
        level=LEVEL,
        questions=questions,
        timings=dict(clock.spent),
    )


def _wanted(found: Sequence[Meeting], side: int) -> tuple[Wanted, ...]:
    """What a side is to show: each array that meets another, and of a sum each term by itself, to name it."""
    whole = [wanted for each in found if (wanted := (each.reference, each.candidate)[side])]
    return tuple(dict.fromkeys([*whole, *(term for each in whole for term in each.apart())]))


def _several(
    draws: tuple[Draw, Draw],
    wanted: tuple[tuple[Wanted, ...], tuple[Wanted, ...]],
    probes: tuple[Probe, Probe],
    options: Options,
    both: Both,
    builds: int,
) -> tuple[dict[Wanted | None, Drawn], dict[Wanted | None, Drawn]]:
    """What each side draws, a few builds at a time. No seed is given to both: they may be of one framework."""
    parts: tuple[list[list[Drawn]], list[list[Drawn]]] = [], []
    for start in range(0, builds, _AT_ONCE):
        options.progress(f"build {start + 1} of {builds}")
        few = [_seeds(options.seed, side, builds)[start : start + _AT_ONCE] for side in (0, 1)]

        def one(seeds: Sequence[int] = few[0]) -> list[Drawn]:
            return draws[0](wanted[0], seeds, probes[0])

        def other(seeds: Sequence[int] = few[1]) -> list[Drawn]:
            return draws[1](wanted[1], seeds, probes[1])

        for all_, each in zip(parts, both(one, other), strict=True):
            all_.append(each)
    mine, yours = ([joined(each) for each in zip(*all_, strict=True)] for all_ in parts)
    return dict(zip(wanted[0], mine, strict=True)), dict(zip(wanted[1], yours, strict=True))


def _seeds(seed: int, side: int, builds: int) -> list[int]:
    return [int(each) for each in np.random.SeedSequence([seed, side]).generate_state(builds)]
