"""What a check came to: the Verdict, and the document (schema `parity/1`) that every report is written from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity import report
from parity.axes import canonical, text
from parity.balance import summed
from parity.case import Case
from parity.errors import NotParity
from parity.judge import PARITY, Judgement
from parity.mending.mend import Mend
from parity.nouns import Difference, Finding, Layer, Ledger, Outline, Place
from parity.third import Third

SCHEMA = "parity/1"
Document = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """Whether the two sides of a case compute the same function, with all that this rests on.

    `reasons` are why it is not parity, `notes` what should be known all the same.

    `verdict` is "parity", "divergence" or "inconclusive", the plain truth whatever the case expected.
    `explained`: with all confirmed findings mended at once, in memory, the two networks were the same; else
    `left` names the layers where they still part; `lent` are those that gave the reference's values meanwhile, since
    what is wrong with them is stated and not to be run. `mends` are the changes of code that this takes, if each is one
    call or argument; `parity.mending.patching` makes a patch of them.
    """

    case: Case
    verdict: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    reference: Outline
    candidate: Outline
    layers: tuple[Judgement, ...]
    outputs: tuple[Difference, ...]
    ledger: Ledger
    findings: tuple[Finding, ...]
    onnx: Third | None
    probes: tuple[str, ...]
    timings: Mapping[str, float]
    explained: bool = False
    left: tuple[str, ...] = ()
    lent: tuple[str, ...] = ()
    mends: tuple[Mend, ...] = ()

    @property
    def ok(self) -> bool:
        """Parity."""
        return self.verdict == PARITY

    @property
    def as_expected(self) -> bool:
        """The case came out as its `[expect]` says: the verdict, and where it names causes, these and no others."""
        found, causes = {finding.cause for finding in self.findings}, set(self.case.expect.causes)
        return self.verdict == self.case.expect.verdict and (not causes or found == causes)

    def raise_for_divergence(self) -> None:
        """Raise NotParity, with the summary as its text, unless the verdict is parity."""
        if not self.ok:
            raise NotParity(str(self))

    def to_dict(self) -> Document:
        """The report document, schema `parity/1` (docs/report.md): plain data, ready for JSON."""
        return _document(self)

    def save(self, path: str | Path) -> None:
        """Write a report, whole or not at all; the suffix decides its format. Raises UsageError for another suffix."""
        report.save(self.to_dict(), Path(path))

    def __str__(self) -> str:
        return report.render(self.to_dict(), "text")


def _document(verdict: Verdict) -> Document:
    third = verdict.onnx
    return {
        "schema": SCHEMA,
        "case": verdict.case.name,
        "title": verdict.case.title,
        "verdict": verdict.verdict,
        "expected": {
            "verdict": verdict.case.expect.verdict,
            "causes": list(verdict.case.expect.causes),
            "met": verdict.as_expected,
        },
        "reasons": list(verdict.reasons),
        "notes": list(verdict.notes),
        "probes": list(verdict.probes),
        "reference": _side(verdict.reference),
        "candidate": _side(verdict.candidate),
        "layers": [_layer(row) for row in verdict.layers],
        "outputs": [{"name": each.name, "agrees": each.agrees, **_numbers(each)} for each in verdict.outputs],
        "ledger": _ledger(verdict.ledger),
        "onnx": None if third is None else _third(third),
        "findings": [_finding(each) for each in verdict.findings],
        "explained": verdict.explained,
        "left": list(verdict.left),
        "lent": list(verdict.lent),
        "timings": {stage: round(seconds, 3) for stage, seconds in verdict.timings.items()},
    }


def _side(outline: Outline) -> Document:
    return {
        "framework": outline.framework,
        "versions": dict(outline.versions),
        "parameters": {
            "total": outline.count(),
            "trainable": outline.count(trainable=True),
            "non_trainable": outline.count(trainable=False),
            "buffers": sum(each.size for each in outline.parameters() if not each.counted),
        },
    }


def _layer(row: Judgement) -> Document:
    reference, candidate = row.match.reference, row.match.candidate
    return {
        "reference": reference.name if reference else None,
        "candidate": candidate.name if candidate else None,
        "kind": row.match.kind,
        "carries": row.match.carries,
        "status": row.status,
        "faulty": row.faulty,
        "source": row.source,
        "ambiguous": row.match.ambiguous,
        "axes": text(canonical((reference or candidate).axes)),  # type: ignore[union-attr]
        "reference_shape": _shape(reference),
        "candidate_shape": _shape(candidate),
        "reference_parameters": reference.counted if reference else None,
        "candidate_parameters": candidate.counted if candidate else None,
        "reference_place": _place(reference.place if reference else None),
        "candidate_place": _place(candidate.place if candidate else None),
        **_numbers(row.difference),
    }


def _numbers(each: Difference) -> Document:
    return {
        "compared_shapes": [
            list(shape) if shape is not None else None for shape in (each.reference_shape, each.candidate_shape)
        ],
        "max_abs": _finite(each.max_abs),
        "mean_abs": _finite(each.mean_abs),
        "relative": _finite(each.relative),
        "scale": _finite(each.scale),
        "gap": _finite(each.gap),
        "floor": _finite(each.floor),
        "rounding": _finite(each.rounding),
        "isolated": _finite(each.redrawn if each.asleep else each.isolated),
        "redrawn": each.asleep,
        "allowed": _finite(each.allowed),
        "cosine": _finite(each.cosine),
        "where": list(each.where) if each.where is not None else None,
        "probe": each.probe,
        "reference_nan": each.reference_nan,
        "candidate_nan": each.candidate_nan,
        "reference_inf": each.reference_inf,
        "candidate_inf": each.candidate_inf,
    }


def _ledger(ledger: Ledger) -> Document:
    return {
        "closed": ledger.closed,
        "difference": sum(each.difference for each in ledger.balances),
        "sum": summed(ledger.balances),
        "entries": [
            {
                "layer": each.layer,
                "role": each.role,
                "reference": each.reference or None,
                "candidate": each.candidate or None,
                "size": each.size,
                "use": each.use,
                "reason": each.reason,
            }
            for each in ledger.entries
        ],
        "balances": [
            {
                "reference": each.reference or None,
                "candidate": each.candidate or None,
                "reference_count": each.reference_count,
                "candidate_count": each.candidate_count,
                "difference": each.difference,
                "explanation": each.explanation,
                "explained": each.explained,
            }
            for each in ledger.balances
        ],
    }


def _third(third: Third) -> Document:
    return {
        "versions": dict(third.versions),
        "reference_candidate": _finite(third.between),
        "reference_onnx": _finite(third.reference),
        "candidate_onnx": _finite(third.candidate),
        "implies": third.implies,
        "reason": third.reason,
    }


def _finding(each: Finding) -> Document:
    return {
        "cause": each.cause,
        "status": each.status,
        "layer": each.layer,
        "sentence": each.sentence,
        "before": _finite(each.before),
        "after": _finite(each.after),
        "doubt": each.doubt,
        "mend": each.mend,
        "reference_value": each.reference_value,
        "candidate_value": each.candidate_value,
        "place": _place(each.place),
        "reference_place": _place(each.reference_place),
    }


def _place(place: Place | None) -> Document | None:
    return None if place is None else {"file": place.file, "line": place.line, "code": place.code}


def _shape(layer: Layer | None) -> list[int] | None:
    return list(layer.shape) if layer else None


def _finite(number: float | None) -> float | None:
    """JSON has no NaN and no infinities: both are told by the counts beside the number."""
    return number if number is not None and math.isfinite(number) else None
