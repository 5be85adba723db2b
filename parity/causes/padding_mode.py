"""Borders that are filled with something else.

What it is: a convolution pads with zeros in both frameworks, unless it is told otherwise: PyTorch's `padding_mode`
reflects, repeats or wraps the map, as a pad before the layer does in either.
How it shows: shapes agree, and so does all but the border.
How to mend: fill the border as the reference does.
Example: `Conv2D(8, 3, padding="same")` ported to `nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect")`.
Source: PyTorch's documentation of `Conv2d`.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion, say
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import alike, along, amendable, spatial
from parity.moves.pooling import Amounts
from parity.nouns import Amendment, Layer, Move

_ZEROS = ("constant", 0.0)
_TOLD = {"constant": "{}", "reflect": "its reflection", "edge": "its edge", "wrap": "its other end", "symmetric": "it"}
_TORCH = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "conv" or not alike(evidence) or not amendable(evidence):
        return
    network = evidence.network
    totals = network.padding(evidence.reference, 0), network.padding(evidence.candidate, 1)
    pads = [network.pads(layer, side) for side, layer in enumerate((evidence.reference, evidence.candidate))]
    fills = [{_filling(each) for each in row} or {_ZEROS} for row in pads]
    if totals[0] != totals[1] or fills[0] == fills[1] or any(len(each) > 1 for each in fills):
        return
    (wanted,), (own,) = fills
    words = [_TOLD.get(mode, mode).format("zeros" if value == 0 else say(value)) for mode, value in (wanted, own)]
    itself = all(each.built == evidence.candidate.built for each in pads[1]) and wanted[0] in _TORCH
    torch = network.candidate_framework == "torch" and evidence.candidate.built is not None
    yield Suspicion(
        f"the border is filled with {words[0]} in the reference and with {words[1]} here",
        (words[0], words[1]),
        _amendments(evidence, wanted, totals[0], pads[1]),
        evidence.mend(keywords={"padding_mode": _TORCH[wanted[0]]}) if torch and itself and wanted[1] == 0 else None,
    )


def _filling(pad: Layer) -> tuple[str, float]:
    return str(pad.settings.get("mode")), float(pad.settings.get("value") or 0.0)


def _amendments(
    evidence: Evidence, wanted: tuple[str, float], total: Amounts, pads: tuple[Layer, ...]
) -> tuple[Amendment, ...]:
    """The candidate's pads with the reference's filling; where it has none, one before a layer that pads nothing."""
    framework = evidence.network.candidate_framework
    filling = {"mode": wanted[0]} if wanted[0] != "constant" else {"value": wanted[1]}
    if not pads:
        amounts = along(evidence.candidate, framework, total)
        none = "valid" if framework == "keras" else 0
        before = (Move("pad", {"amounts": amounts, **filling}),)
        return (Amendment(evidence.candidate.name, words={"padding": none}, before=before),)
    return tuple(
        Amendment(each.name, instead=(Move("pad", {"amounts": along(each, framework, spatial(each)), **filling}),))
        for each in pads
    )


CAUSE = Cause(_suspect, ("conv", "pad"), ("mode", "value"))
