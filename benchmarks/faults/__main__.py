"""Plant, hold against the references, and print what was told: `python -m benchmarks.faults [N] [-j PROCESSES]`."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from benchmarks.faults.corpus import mutants
from benchmarks.faults.crew import outcomes
from benchmarks.faults.table import table


def main() -> None:
    """Run a corpus and tell of it."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    arguments.add_argument("sample", nargs="?", type=int, help="how many mutants to draw (all)")
    arguments.add_argument("--seed", type=int, default=0, help="by which the sample and the pairs are drawn")
    arguments.add_argument("--network", help="of one network only")
    arguments.add_argument("--cause", help="of one cause only")
    arguments.add_argument("--jobs", "-j", type=int, default=1, help="over how many processes (1)")
    arguments.add_argument("--output", type=Path, help="a file to write the table to")
    given = arguments.parse_args()
    planted = [
        each
        for each in mutants(given.seed)
        if given.network in (None, each.network)
        and (given.cause is None or any(given.cause in one.causes for one in each.planted))
    ]
    if given.sample is not None and given.sample < len(planted):
        planted = random.Random(given.seed).sample(planted, given.sample)
    planted.sort(key=lambda each: each.network)  # the references of one network at a time
    found, controls, page = [], [], ""
    for made, held in outcomes(planted, given.jobs):
        found += made
        controls += held
        for each in made:
            if each.reason:
                done = f"{len(found)} of {len(planted)}"
                print(f"{done}: {each.kind} {each.mutant.name} -> {each.reason}", file=sys.stderr)
        sys.stderr.flush()
        page = "\n".join(table(found, controls, len(planted)))
        if given.output:
            given.output.write_text(page + "\n", encoding="utf-8")  # what an end before the end leaves says so
    print(page)


if __name__ == "__main__":
    main()
