"""Differences -> what is true of them: one judgement a layer, then the verdict with its reasons.

A false "parity" is the worst this tool can do, so parity is what is left when nothing else can be said: every
array was carried, something was compared, no number was NaN, and every layer and output agrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from parity.nouns import Difference, Layer, Ledger, Match, Matches, Outline

PARITY, DIVERGENCE, INCONCLUSIVE = "parity", "divergence", "inconclusive"
Node = tuple[str, str]
_SIZING = ("kernel", "stride", "dilation")


@dataclass(frozen=True)
class Judgement:
    """One row of the table: a match, its difference, and what that means.

    `status` is "same", "untested" (agrees, but the two have another stride or dilation, which inputs of this
    size cannot tell apart), "differs", "shape" (the arrays cannot be subtracted), "nan" (on both sides), "lonely",
    "moved" (stands in another order), "order unknown" (its axes were lost on the way) or "empty".
    `source` marks a row that differs although all that feeds it agrees: where a divergence begins.
    """

    match: Match
    difference: Difference
    status: str
    mismatched: bool = False
    source: bool = False

    @property
    def faulty(self) -> bool:
        """Whether this row alone forbids parity."""
        return self.mismatched or (self.status in ("differs", "shape") and not self.match.carries)


def judge_layers(
    matches: Matches, differences: Sequence[Difference], ledger: Ledger, outputs_agree: bool
) -> tuple[Judgement, ...]:
    """Judge each pair of layers, in the order of the matches."""
    mismatched = {entry.layer for entry in ledger.entries if entry.use == "mismatched"}
    rows = [
        Judgement(match, difference, _status(match, difference), match.name in mismatched)
        for match, difference in zip(matches, differences, strict=True)
    ]
    return _with_sources(rows, outputs_agree)


def judge(
    reference: Outline, candidate: Outline, rows: Sequence[Judgement], outputs: Sequence[Difference], ledger: Ledger
) -> tuple[str, tuple[str, ...]]:
    """The verdict and the sentences that give its reasons, the weightiest first."""
    against = [*_output_faults(outputs), *_layer_faults(rows), *_array_faults(ledger)]
    doubts = [*_doubts(reference, candidate, rows, outputs), *_array_doubts(ledger)]
    definite = [sentence for sentence, certain in against if certain or not _uncarried(ledger)]
    if definite:
        return DIVERGENCE, (*definite, *doubts)
    if doubts:
        return INCONCLUSIVE, tuple(doubts)
    return PARITY, ()


def _status(match: Match, difference: Difference) -> str:
    if match.reference is None or match.candidate is None:
        return "lonely"
    if difference.agrees:
        return "untested" if untested(match) else "same"
    if match.moved:
        return "moved"
    if not difference.compared:
        return "empty" if difference.same_shape else "shape"
    if difference.reference_nan and difference.candidate_nan:
        return "nan"
    if any(axis.lost for layer in (match.reference, match.candidate) for axis in layer.axes):
        return "order unknown"
    return "differs"


def untested(match: Match) -> tuple[str, ...]:
    """The settings that shape the output at other sizes of the input, and that differ."""
    if match.reference is None or match.candidate is None:
        return ()
    mine, yours = match.reference.settings, match.candidate.settings
    return tuple(name for name in _SIZING if name in mine and name in yours and mine[name] != yours[name])


def _with_sources(rows: Sequence[Judgement], outputs_agree: bool) -> tuple[Judgement, ...]:
    """Mark where a divergence begins: a faulty row although all that feeds it, on either side, agrees.

    A lonely layer between two rows of which only the second is faulty has a part in it, and is marked too;
    so is one behind all rows, where the outputs alone part.
    """
    tainted: dict[Node, bool] = {}
    loners: dict[Node, set[Node]] = {}  # the lonely layers since the last row with two sides
    begins: set[Node] = set()
    for row in _by_dependency(rows):
        fed = [(side, name) for side, layer in _sides(row) for name in layer.inputs]
        taint = any(tainted.get(node, False) for node in fed)
        near = {loner for node in fed for loner in loners.get(node, ())}
        own = {(side, layer.name) for side, layer in _sides(row)}
        if row.faulty and not taint:
            begins |= own | near
        through = row.status == "lonely" or row.match.carries
        for node in own:
            tainted[node] = row.faulty or (taint and row.status not in ("same", "untested"))
            loners[node] = (
                near | (own if row.status == "lonely" and not row.match.carries else set()) if through else set()
            )
    if not outputs_agree and not any(row.faulty for row in rows):
        begins = {loner for found in loners.values() for loner in found}
    return tuple(replace(row, source=any((side, layer.name) in begins for side, layer in _sides(row))) for row in rows)


def _by_dependency(rows: Sequence[Judgement]) -> list[Judgement]:
    """The rows so that each stands behind those that feed it on either side, as far as the two orders allow."""
    waiting, done, ordered = list(rows), set[Node](), list[Judgement]()
    known = {(side, layer.name) for row in rows for side, layer in _sides(row)}

    def ready(row: Judgement) -> bool:
        return {(side, name) for side, layer in _sides(row) for name in layer.inputs} & known <= done

    while waiting:
        row = next((row for row in waiting if ready(row)), waiting[0])
        waiting.remove(row)
        ordered.append(row)
        done |= {(side, layer.name) for side, layer in _sides(row)}
    return ordered


def _sides(row: Judgement) -> list[tuple[str, Layer]]:
    both = ("reference", row.match.reference), ("candidate", row.match.candidate)
    return [(side, layer) for side, layer in both if layer]


def _output_faults(outputs: Sequence[Difference]) -> list[tuple[str, bool]]:
    """Sentences about the outputs, and whether each holds even if some weights were not carried."""
    faults = []
    for each in outputs:
        if each.reference_shape is None or each.candidate_shape is None:
            side = "candidate" if each.candidate_shape is None else "reference"
            faults.append((f"the {side} has no output that answers {each.name}", True))
        elif not each.same_shape:
            faults.append((f"{each.name} has the shape {each.reference_shape} against {each.candidate_shape}", True))
        elif bool(each.reference_nan) != bool(each.candidate_nan):
            side = "reference" if each.reference_nan else "candidate"
            count = each.reference_nan or each.candidate_nan
            faults.append((f"{each.name} holds {count:,} NaN in the {side} only", False))
        elif each.compared and not each.agrees and not each.reference_nan:
            faults.append(
                (f"{each.name} differs by {each.max_abs:.2g} at {each.where}, {each.allowed:.2g} is allowed", False)
            )
    return faults


def _layer_faults(rows: Sequence[Judgement]) -> list[tuple[str, bool]]:
    faulty = [row for row in rows if row.faulty and row.status in ("differs", "shape")]
    begins = [row.match.name for row in rows if row.source] or [row.match.name for row in faulty[:1]]
    if not begins:
        return []
    if not faulty:
        return [(f"all layers that have a partner agree; without one: {', '.join(begins)}", False)]
    return [(f"{len(faulty)} of {len(rows)} layers differ, beginning at {', '.join(begins)}", False)]


def _array_faults(ledger: Ledger) -> list[tuple[str, bool]]:
    mismatched = [entry for entry in ledger.entries if entry.use == "mismatched"]
    if not mismatched:
        return []
    layers = list(dict.fromkeys(entry.layer for entry in mismatched))
    return [(f"the parameters of {len(layers)} layers do not answer each other: {', '.join(layers)}", True)]


def _uncarried(ledger: Ledger) -> bool:
    return any(entry.use == "unknown" for entry in ledger.entries)


def _array_doubts(ledger: Ledger) -> list[str]:
    doubts = []
    for use, words in (("unknown", "no rule knows how to carry"), ("unread", "no layer reads")):
        names = [entry.reference or entry.candidate for entry in ledger.entries if entry.use == use]
        if names:
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            doubts.append(f"{len(names)} arrays were not ported: {words} {shown}")
    return doubts


def _doubts(
    reference: Outline, candidate: Outline, rows: Sequence[Judgement], outputs: Sequence[Difference]
) -> list[str]:
    doubts = []
    if not any(row.match.reference and row.match.candidate and not row.match.carries for row in rows):
        doubts.append("no layer of the candidate answers a layer of the reference")
    if not outputs:
        doubts.append("the networks have no output")
    for side, outline in (("reference", reference), ("candidate", candidate)):
        for name, layer in outline.outputs.items():
            if not layer or layer.startswith("input:"):
                doubts.append(f"{name} of the {side} is not computed from its inputs")
    for each in outputs:
        if each.same_shape and each.reference_shape is not None and 0 in each.reference_shape:
            doubts.append(f"{each.name} is empty: {each.reference_shape}")
        if each.reference_nan and each.candidate_nan:
            doubts.append(f"{each.name} holds NaN on both sides ({each.reference_nan:,} and {each.candidate_nan:,})")
        elif each.reference_inf and each.candidate_inf:
            doubts.append(
                f"{each.name} overflows on both sides ({each.reference_inf:,} and {each.candidate_inf:,} infinities)"
            )
    for row in rows:
        if row.status == "untested" and row.match.reference and row.match.candidate:
            for name in untested(row.match):
                values = row.match.reference.settings[name], row.match.candidate.settings[name]
                doubts.append(
                    f"{row.match.name}: {name} is {values[0]} against {values[1]}, and inputs of this size cannot tell"
                )
    return doubts + [f"the layer {row.match.name} gives NaN on both sides" for row in rows if row.status == "nan"]
