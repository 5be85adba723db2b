"""From a case to a weight file: carry one side's weights to the other, verify them there, and only then write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from parity.case import Case, swapped
from parity.errors import SideFailed
from parity.files import check_readable, check_writable
from parity.judge import PARITY
from parity.line import Options, batches, examine
from parity.nouns import Entry
from parity.probes import for_candidate
from parity.verdict import Verdict
from parity.worker.client import launched

SCHEMA = "parity-port/1"
CANDIDATE, REFERENCE = "candidate", "reference"
_OTHER = {CANDIDATE: REFERENCE, REFERENCE: CANDIDATE}


@dataclass(frozen=True)
class Carried:
    """What became of a port. `file` is None where nothing was written, `size` the bytes of what was.

    `verdict` is that of both sides on exactly these weights; its reference is the side that they came from.
    `to` names the side that was written, as the case calls it.
    """

    verdict: Verdict
    to: str
    source: Path | None
    file: Path | None
    size: int = 0

    @property
    def ported(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.verdict.ledger.entries if entry.carried)

    @property
    def forced(self) -> bool:
        """Written although the verdict is not parity."""
        return self.file is not None and not self.verdict.ok

    def to_dict(self) -> dict[str, Any]:
        """The document of `parity port --json`, schema `parity-port/1` (docs/report.md)."""
        verdict = self.verdict
        return {
            "schema": SCHEMA,
            "case": verdict.case.name,
            "from": {
                "side": _OTHER[self.to],
                "framework": verdict.reference.framework,
                "weights": None if self.source is None else str(self.source),
            },
            "to": {"side": self.to, "framework": verdict.candidate.framework},
            "arrays": len(self.ported),
            "numbers": sum(entry.size for entry in self.ported),
            "not_carried": [
                {"name": _name(entry), "size": entry.size, "use": entry.use, "reason": entry.reason}
                for entry in verdict.ledger.unported
            ],
            "verdict": verdict.verdict,
            "reasons": list(verdict.reasons),
            "notes": list(verdict.notes),
            "probes": list(verdict.probes),
            "file": None if self.file is None else str(self.file),
            "bytes": self.size if self.file is not None else None,
            "forced": self.forced,
        }


def carry(case: Case, file: Path, to: str, source: Path | None, options: Options, *, force: bool = False) -> Carried:
    """Carry weights within a case and write those of the side `to` into `file`, whole or not at all.

    The weights are those of `source`, or those that the other side was built with. Written is only what both
    sides compute the same with; with `force`, what was carried without a gap. An array that could not be carried
    always forbids a file: it would hold a number that nobody gave it.
    """
    sides = {REFERENCE: case.reference, CANDIDATE: case.candidate}
    check_writable(file, sides[to].framework)
    if source is not None:
        check_readable(source, sides[_OTHER[to]].framework)
    probes = batches(case, options)
    if to == REFERENCE:
        probes = tuple(for_candidate(probe, case.inputs) for probe in probes)
        case = swapped(case)
    options = replace(options, weights="carried", reference_file=source, candidate_file=None, onnx=False)
    options.progress("starting both sides")
    try:
        with launched(case.reference, case.candidate, options.timeout, options.spawner) as (giver, taker, both):
            verdict = examine(case, giver, taker, probes, options, both, None)
            carried = Carried(verdict, to, source, None)
            if not carried.ported or not verdict.ledger.closed or not (force or verdict.verdict == PARITY):
                return carried
            options.progress("writing")
            taker.save(file.absolute())  # it holds what was verified a moment ago
    except SideFailed as error:
        if to == REFERENCE:
            error.side = _OTHER.get(error.side, error.side)  # as the case calls it
        raise
    return replace(carried, file=file, size=file.stat().st_size)


def _name(entry: Entry) -> str:
    return entry.reference or entry.candidate
