"""Differences -> what is true of them: one judgement a layer, then the verdict with its reasons.

A false "parity" is the worst this tool can do, so parity is what is left when nothing else can be said: every
array was carried, something was compared, no number was NaN, and every layer and output agrees.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from parity.axes import text
from parity.figures import bound
from parity.look import Seen
from parity.nouns import Difference, Layer, Ledger, Match, Matches, Outline, Settings
from parity.rulebook import rules

PARITY, DIVERGENCE, INCONCLUSIVE = "parity", "divergence", "inconclusive"
Node = tuple[str, str]
ILL = 2.0**-12
"""A floor above this share of the scale, the root of float32's roundoff, leaves less than half of the digits."""
_CLOSE = 1e-9
"""What another order of the same arithmetic leaves of a number of a layer, and far below what float32 could show."""
_NAMED = 8
"""How many layers a sentence names."""
_PICKING = ("max_pool", "adaptive_max_pool", "max", "min")
_AGREEING = ("same", "hidden", "untested")
_TELLING = (
    *("kernel", "stride", "dilation", "bins", "divisor", "dividend", "exponent", "base", "mode", "coordinates"),
    *("max_value", "negative_slope", "threshold", "slope", "alpha", "approximate", "beta", "linear_above"),
    *("low", "high", "number"),
)


@dataclass(frozen=True)
class Judgement:
    """One row of the table: a match, its difference, and what that means.

    `status` is "same", "hidden" (differs by less than the rounding of float32), "untested" (agrees, but the
    two have another stride, dilation, cap or slope, which these inputs do not tell apart), "differs", "shape"
    (the arrays cannot be subtracted), "nan" or "overflow" (on both sides), "lonely", "stepwise" (one
    side makes its steps in calls of their own), "moved" (stands in
    another order), "order unknown" (its axes were lost on the way) or "empty". `source` marks where a
    divergence begins.
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

    @property
    def astray(self) -> bool:
        """Whether it differs where its axes were lost: that may be the port's doing, or the network's own."""
        return self.status == "order unknown" and bool(self.difference.made_here)


def judge_layers(
    matches: Matches, differences: Sequence[Difference], ledger: Ledger, outputs_agree: bool
) -> tuple[Judgement, ...]:
    """Judge each pair of layers, in the order of the matches."""
    mismatched = [entry for entry in ledger.entries if entry.use == "mismatched"]
    names = {entry.reference for entry in mismatched} - {""}, {entry.candidate for entry in mismatched} - {""}

    def charged(match: Match) -> bool:
        """Whether an array of either layer has no equal on the other side; by the arrays' names, not the layers'."""
        layers = zip((match.reference, match.candidate), names, strict=True)
        return any(each.name in charges for layer, charges in layers if layer for each in layer.parameters)

    rows = [
        Judgement(match, difference, _status(match, difference), charged(match))
        for match, difference in zip(matches, differences, strict=True)
    ]
    return _with_sources(rows, outputs_agree)


def judge(
    reference: Outline,
    candidate: Outline,
    rows: Sequence[Judgement],
    outputs: Sequence[Difference],
    ledger: Ledger,
    doubts: Sequence[str] = (),
) -> tuple[str, tuple[str, ...]]:
    """The verdict and the sentences that give its reasons, the weightiest first."""
    turned = [(sentence, True) for sentence in _turned(reference, candidate)]
    against = [
        *_stopped(candidate),
        *_output_faults(outputs),
        *turned,
        *_layer_faults(rows),
        *_peculiar(rows),
        *_array_faults(ledger),
    ]
    open_ends = [sentence for sentence, _ in _stopped(reference, "reference")]
    open_ends += [*_doubts(reference, candidate, rows, outputs), *doubts, *_array_doubts(ledger)]
    lost = [row.match for row in rows if row.status == "order unknown" and row.match.lost]
    open_ends += [
        f"{each.name} reads an axis whose order was lost at {each.lost}; say in [port] of case.toml how it is kept"
        for each in lost
    ]
    definite = [sentence for sentence, certain in against if certain or not (lost or _uncarried(ledger))]
    if definite:
        return DIVERGENCE, (*definite, *open_ends)
    if open_ends:
        return INCONCLUSIVE, tuple(open_ends)
    return PARITY, ()


def notes(rows: Sequence[Judgement], seen: Sequence[Seen], reference: Outline, candidate: Outline) -> tuple[str, ...]:
    """What does not change the verdict and should be known."""
    told = [
        f"{row.match.name} differs by {row.difference.isolated:.2g} on equal inputs, less than float32 rounds away "
        f"({row.difference.floor:.2g})"
        for row in rows
        if row.status == "hidden" and _above(row.difference.isolated, row.difference.rounding)
    ]
    hidden = [row.match.name for row in rows if row.status == "hidden"]
    if hidden and not told:
        told = [f"{len(hidden)} layers differ by less than float32 rounds away, beginning at {hidden[0]}"]
    told += list(dict.fromkeys(note for each in seen for note in each.notes))
    told += list(
        dict.fromkeys(f"judged in float32, its floor estimated: {each.reason}" for each in seen if each.reason)
    )
    told += [str(claim) for each in (reference, candidate) for claim in each.claims if not claim.stops]
    if any(row.difference.allowed is not None for row in rows):
        told.append("judged by the tolerance that was given, not by a measured floor")
    loners = [row.match.name for row in rows if row.status == "lonely" and not row.match.carries]
    if loners and not any(row.faulty for row in rows):
        told.append(f"compared only by what comes behind them, having no partner: {', '.join(loners)}")
    return (*told, *_layouts(reference, candidate))


def spare(ledger: Ledger) -> tuple[str, ...]:
    """What the candidate holds beyond the reference, set to what does nothing: equal now, not after training."""
    found = [entry for entry in ledger.entries if entry.use == "neutral"]
    if not found:
        return ()
    names = ", ".join(entry.candidate for entry in found[:3]) + ("…" if len(found) > 3 else "")
    numbers = sum(entry.size for entry in found)
    return (f"the candidate holds {numbers:,} numbers that the reference has not, set to what does nothing: {names}",)


def _stopped(outline: Outline, side: str = "candidate") -> list[tuple[str, bool]]:
    """Where a network cannot run: what a layer gives is not what those behind it were told of."""
    return [
        (f"of the {side}, {claim}: what stands behind it cannot run, and was not compared", True)
        for claim in outline.claims
        if claim.stops
    ]


def _turned(reference: Outline, candidate: Outline) -> list[str]:
    """Outputs whose axes, channels apart, stand in another order: a transposed mask is another function.

    Channels first against channels last is what every port changes, and no fault.
    """
    told = []
    for name, pair in _output_layers(reference, candidate):
        names = [[str(axis) for axis in layer.axes if axis.size != 1] for layer in pair]
        simple = all(word.replace("_", "").isalnum() for words in names for word in words)
        orders = [[word for word in words if word != "channel"] for words in names]
        if simple and orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1]):
            told.append(f"{name} is {' '.join(names[0])} in the reference and {' '.join(names[1])} in the candidate")
    return told


def _output_layers(reference: Outline, candidate: Outline) -> Iterator[tuple[str, tuple[Layer, Layer]]]:
    """The layers that give each output, on both sides."""
    layers = [{layer.name: layer for layer in outline.layers} for outline in (reference, candidate)]
    for name, other in zip(reference.outputs, candidate.outputs, strict=False):
        one, two = layers[0].get(reference.outputs[name]), layers[1].get(candidate.outputs[other])
        if one and two:
            yield name, (one, two)


def _layouts(reference: Outline, candidate: Outline) -> list[str]:
    """Outputs whose numbers stand in another order on the two sides, though they are compared in one."""
    told: list[str] = []
    if any(claim.stops for each in (reference, candidate) for claim in each.claims):
        return told
    for name, pair in _output_layers(reference, candidate):
        words = [text(tuple(axis for axis in layer.axes if axis.size != 1)) for layer in pair]
        if words[0] != words[1] and "?" not in "".join(words):
            told.append(f"{name} is laid out as {words[0]!r}, the candidate's as {words[1]!r}: compared in one order")
    return told


def _picks(row: Judgement, side: int) -> bool:
    """Whether a layer of one side, without a partner, hands on one element of many: what it leaves out is not seen."""
    layer, other = (row.match.reference, row.match.candidate)[:: -1 if side else 1]
    return layer is not None and other is None and layer.kind in _PICKING


def _above(number: float | None, bound: float | None) -> bool:
    return number is not None and bound is not None and number > bound


def _status(match: Match, difference: Difference) -> str:
    if match.reference is None or match.candidate is None:
        return "lonely"
    if difference.agrees:
        return "untested" if untested(match) else "hidden" if difference.hidden else "same"
    if match.moved:
        return "moved"
    if match.stepwise:
        return "stepwise"
    if difference.reference_inf and difference.candidate_inf:
        return "overflow"
    if not difference.compared:
        return "empty" if difference.same_shape else "shape"
    if difference.reference_nan and difference.candidate_nan:
        return "nan"
    if match.lost and match.relay is None:
        return "order unknown"
    if any(axis.lost for layer in (match.reference, match.candidate) for axis in layer.axes):
        return "order unknown"
    return "differs"


def untested(match: Match) -> tuple[str, ...]:
    """The settings that differ and would show at other sizes or values of the input."""
    if match.reference is None or match.candidate is None:
        return ()
    mine, yours = _bare(match.reference.settings), _bare(match.candidate.settings)
    return tuple(name for name in _TELLING if not same_setting(mine.get(name), yours.get(name)))


def same_setting(one: Any, other: Any) -> bool:
    """Whether two settings are the same; a number may be worked out of others on one side (an alpha times a size)."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_CLOSE)
    return bool(one == other)


def _bare(settings: Settings) -> Settings:
    """Settings without the axes along which a window of one element stands still: a 1×1 convolution is dense."""
    if not isinstance(settings.get("kernel"), tuple) or not isinstance(settings.get("stride"), tuple):
        return settings
    windows = list(
        zip(settings["kernel"], settings["stride"], settings.get("dilation", settings["stride"]), strict=False)
    )
    kept = [window for window in windows if window[:2] != (1, 1)]
    if not kept:
        return {name: value for name, value in settings.items() if name not in ("kernel", "stride", "dilation")}
    spans = dict(zip(("kernel", "stride", "dilation"), zip(*kept, strict=True), strict=True))
    return {**settings, **{name: spans[name] for name in spans if name in settings}}


def _with_sources(rows: Sequence[Judgement], outputs_agree: bool) -> tuple[Judgement, ...]:
    """Mark where a divergence begins: at a row that parts by itself, on inputs that are equal on both sides.

    That was measured where the layer could be seen alone; elsewhere (its shape is another, or what feeds it
    is) it is concluded: a faulty row although all that feeds it, on either side, agrees. A layer that is
    lonely, or stands in another order, right before such a row has a part in it and is marked too; so is one
    behind all rows, where the outputs alone part.
    """
    tainted: dict[Node, bool] = {}
    loners: dict[Node, set[Node]] = {}  # the lonely and moved layers since the last row that was compared
    begins: set[Node] = set()
    for row in _by_dependency(rows):
        fed = [(side, name) for side, layer in _sides(row) for name in layer.inputs]
        taint = any(tainted.get(node, False) for node in fed)
        near = {loner for node in fed for loner in loners.get(node, ())}
        own = {(side, layer.name) for side, layer in _sides(row)}
        alone = row.difference.made_here
        if row.faulty and (not taint if alone is None or row.mismatched else alone):
            # What stands alone right before a row explains it, unless the row itself is set otherwise.
            begins |= near if near and not row.mismatched and _set_alike(row.match) else own | near
        loner = row.status in ("lonely", "moved", "stepwise") and not row.match.carries
        for node in own:
            tainted[node] = row.faulty or (taint and row.status not in _AGREEING)
            loners[node] = near | own if loner else near if row.match.carries else set()
    if not outputs_agree and not any(row.faulty for row in rows):
        begins = {loner for found in loners.values() for loner in found}
    return tuple(replace(row, source=any((side, layer.name) in begins for side, layer in _sides(row))) for row in rows)


def _set_alike(match: Match) -> bool:
    """Whether two layers of a kind that the rules know have the same settings, but for those of training."""
    if not (match.reference and match.candidate and match.reference.known and match.candidate.known):
        return False
    mine, yours = match.reference.settings, match.candidate.settings
    return all(_alike(mine.get(name), yours.get(name)) for name in {*mine, *yours} - {"momentum", "rate"})


def _alike(one: object, other: object) -> bool:
    return one == other or not (one or other)


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
            shapes = f"{each.reference_shape} against {each.candidate_shape}"
            faults.append((f"{each.name} has the shape {shapes}{_shown_by(each)}", True))
        elif bool(each.reference_nan) != bool(each.candidate_nan):
            side = "reference" if each.reference_nan else "candidate"
            count = each.reference_nan or each.candidate_nan
            faults.append((f"{each.name} holds {count:,} NaN in the {side} only", False))
        elif each.compared and not each.agrees and not each.reference_nan:
            faults.append((f"{each.name} differs by {_amount(each)}", False))
    return faults


def _amount(each: Difference) -> str:
    """How far, where, and against what: the user's tolerance or the measured floor."""
    if each.allowed is not None:
        return f"{each.max_abs:.2g} at {each.where}, {each.allowed:.2g} is allowed"
    assert each.gap is not None and each.floor is not None
    rounding = f"less than {bound(each.floor)}" if each.gap > float(bound(each.floor)) else f"{each.floor:.2g}"
    return f"{each.gap:.2g}, of which rounding explains {rounding}; the largest float32 one at {each.where}"


def _layer_faults(rows: Sequence[Judgement]) -> list[tuple[str, bool]]:
    faulty = [row for row in rows if row.faulty and row.status in ("differs", "shape")]
    begins = [row.match.name for row in rows if row.source] or [row.match.name for row in faulty[:1]]
    if not begins:
        return []
    if not faulty:
        return [(f"the outputs part behind layers that have no partner: {', '.join(begins)}", False)]
    shown = _shown_by(faulty[0].difference)
    asleep = [row.match.name for row in faulty if row.difference.asleep and not row.difference.parts]
    faults = [(f"{len(faulty)} of {len(rows)} layers differ, beginning at {_first(begins)}{shown}", False)]
    if asleep:
        words = "seen only where what they read is drawn anew: on every probe some of it is zero"
        faults.append((f"{_first(asleep)}: {words}", False))
    return faults


def _shown_by(each: Difference) -> str:
    return f" (probe: {each.probe})" if each.probe else ""


def _first(names: Sequence[str]) -> str:
    """The first few of many names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_NAMED])} and {more} more"


def _peculiar(rows: Sequence[Judgement]) -> list[tuple[str, bool]]:
    """Layers whose setting no weights of the other's make up for, with the reason."""
    told = []
    for row in rows:
        mine, yours = row.match.reference, row.match.candidate
        if row.faulty and mine and yours and mine.known and yours.known and row.match.kind in rules():
            for name, reason in rules()[row.match.kind].peculiar.items():
                if mine.settings.get(name) != yours.settings.get(name):
                    values = f"{mine.settings.get(name)} against {yours.settings.get(name)}"
                    told.append((f"{row.match.name}: {name} is {values}; {reason}", True))
    return told


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
    pickers = [[row.match.name for row in rows if _picks(row, side)] for side in (0, 1)]
    if all(pickers):
        doubts.append(
            f"{', '.join(pickers[0])} and {', '.join(pickers[1])} have no partner: windows that are not the same may "
            "have given the same elements"
        )
    for row in rows:
        if row.status == "untested" and row.match.reference and row.match.candidate:
            for name in untested(row.match):
                values = row.match.reference.settings.get(name), row.match.candidate.settings.get(name)
                doubts.append(
                    f"{row.match.name}: {name} is {values[0]} against {values[1]}, and these inputs do not tell"
                )
        if row.difference.reference_nan and row.difference.candidate_nan:
            doubts.append(f"the layer {row.match.name} gives NaN on both sides")
        elif row.status == "overflow":
            doubts.append(f"the layer {row.match.name} overflows float32 on both sides")
        elif row.status == "hidden" and _above(row.difference.floor, ILL * (row.difference.scale or 0.0)):
            doubts.append(
                f"{row.match.name} differs, and rounding moves it by {row.difference.floor:.2g}: too ill-conditioned"
            )
    return doubts
