"""The outcomes of a corpus as Markdown: a row for each cause, the controls, and every miss with its reason."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from benchmarks.faults.accepted import accepted
from benchmarks.faults.outcome import STATUSES, Outcome

PAIRS = "*pairs*"


def table(
    outcomes: Sequence[Outcome], controls: Sequence[tuple[str, int, str]], drawn: int | None = None
) -> Iterator[str]:
    """The whole page; `drawn` is how many mutants there are to run, where that may be more than have run."""
    faults = [each for each in outcomes if each.kind == "fault"]
    wrong = [each for each in controls if each[2] != "same"]
    alike = [each for each in outcomes if each.kind == "equivalent"]
    told = [each for each in alike if each.called != "same"]
    dead = sum(each.kind == "stillborn" for each in outcomes)
    yield "# Faults, planted and found"
    yield ""
    yield "Made by `python -m benchmarks.faults --output reports/faults.md`: each planting changes the source text of a"
    yield "candidate, as a tired engineer would have written it, one at a time and in pairs."
    yield ""
    if drawn is not None and len(outcomes) < drawn:
        yield f"- Not finished: {len(outcomes)} of {drawn} have run."
    else:
        yield f"- {len(outcomes)} mutants were drawn."
    yield f"- {len(faults)} faulty candidates; {sum(len(each.mutant.planted) == 2 for each in faults)} hold two faults."
    yield f"- {len(alike)} more are the same function in float64, on the probes and beyond: {len(told)} of them are not"
    yield "  called the same."
    yield f"- {len(controls)} healthy pairs, each network under several seeds: {len(wrong)} are not called the same."
    yield f"- {dead} texts that do not run in PyTorch at all are left out."
    if faults:
        shares = {each: sum(getattr(one, each) for one in faults) / len(faults) for each in ("seen", "layer", "named")}
        yield "- Of the faults {seen:.1%} are seen, of {layer:.1%} the layer is told, of {named:.1%} the cause.".format(
            **shares
        )
    yield ""
    yield "*Seen*: a divergence, or a note or a doubt that names the layer where float32 hides it. *Layer*: a finding,"
    yield "or a layer at which a difference begins, stands on the planted line. *Cause*: the planted one is named"
    yield "first, of two each by its name (but one that does nothing beside the other need not be); *alone*: and"
    yield "nothing beside. *Confirmed*: proved by running the amended candidate; *stated*: arrays or settings of both"
    yield "say it, and nothing is left to run. *Patch*: of those tried, the candidate built from the patched text is"
    yield "parity. Seconds are medians."
    yield ""
    yield "| cause | faults | seen | layer | cause | alone | confirmed | stated | patch | seconds |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    groups: dict[str, list[Outcome]] = {}
    for each in faults:
        groups.setdefault(_group(each), []).append(each)
    for name in sorted(groups):
        yield _row(name, groups[name])
    if faults:
        yield _row("**all**", faults)
    yield ""
    yield "## Misses"
    yield ""
    missed = [*_misses(faults), *(f"- called {each[2]}, healthy: {each[0]}, seed {each[1]}" for each in wrong)]
    missed += [f"- the same function, told otherwise: {each.mutant.name} → {each.reason}" for each in told]
    yield "\n".join(missed) or "None."
    yield ""
    yield from accepted()


def _group(each: Outcome) -> str:
    if len(each.mutant.planted) > 1:
        return PAIRS
    return next(iter(each.mutant.planted[0].causes), "(harmless, it was thought)")


def _row(name: str, rows: Sequence[Outcome]) -> str:
    tried = [each.patch for each in rows if each.patch is not None]
    counts = [
        str(len(rows)),
        *(_share(getattr(each, field) for each in rows) for field in ("seen", "layer", "named", "alone")),
        *(_share(each.proof == status for each in rows) for status in ("confirmed", "stated")),
        f"{sum(tried)} of {len(tried)}" if tried else "–",
        f"{statistics.median(each.seconds for each in rows):.2f}",
    ]
    return f"| {name} | {' | '.join(counts)} |"


def _share(values: Iterator[bool]) -> str:
    row = list(values)
    return str(sum(row)) if sum(row) < len(row) else "all"


def _misses(faults: Sequence[Outcome]) -> Iterator[str]:
    for title, missed in (
        ("not seen", lambda each: not each.seen),
        ("seen, its cause not named first", lambda each: each.seen and each.called == "divergence" and not each.named),
        ("named, elsewhere", lambda each: each.named and not each.layer),
        ("named, not proved", lambda each: each.named and each.proof not in STATUSES[:2]),
        ("named, not alone", lambda each: each.named and not each.alone),
        ("the patch does not mend it", lambda each: each.patch is False),
    ):
        for each in faults:
            if missed(each):
                yield f"- {title}: {each.mutant.name} → {each.reason}"
