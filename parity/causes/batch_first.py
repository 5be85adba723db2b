"""A recurrent layer that takes the batch for time.

What it is: PyTorch's recurrent layers, attention and transformers read (time, batch, features), unless they are told
`batch_first=True`. The output has the same shape either way.
How it shows: no shape or count differs; each sample depends on those before it in the batch, and with one sample
each step is computed alone.
How to mend: `nn.LSTM(4, 8, batch_first=True)`.
Example: `LSTM(8, return_sequences=True)` ported to `nn.LSTM(4, 8)`.
Source: pytorch/pytorch#1538.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network, axes_of
from parity.nouns import Amendment, Layer, Match, Move

_RECURRENT = ("lstm", "gru", "simple_rnn")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind not in (*_RECURRENT, "attention") or "over" not in evidence.differing:
        return
    value, other = evidence.differing["over"]
    if "batch" not in (value, other):
        return
    network, candidate = evidence.network, evidence.candidate
    torch = network.candidate_framework == "torch"
    axes = axes_of(value, candidate.axes)
    # An attention reads three operands in that order: no word of the product alone mends it.
    tried = torch and bool(axes) and evidence.kind in _RECURRENT
    levels = _levels(network, candidate, other) if tried else [candidate]
    if levels[0] != candidate:
        return  # one call makes all its levels and directions: told at the first
    yield Suspicion(
        f"takes {value} for time in the reference and {other} here",
        (value, other),
        tuple(_along(each, axes[0]) for each in levels) if tried else (),
        evidence.mend(keywords={"batch_first": True}) if torch else None,
        covers=frozenset(match.name for match in _matches(network, _seen_as(network, candidate))),
    )


def _levels(network: Network, layer: Layer, over: str) -> list[Layer]:
    """The layers as which one recurrent call is seen, and the flips between them, that run along this axis."""
    return [
        each
        for each in _seen_as(network, layer)
        if each.kind in (*_RECURRENT, "flip") and each.settings.get("over") == over
    ]


def _seen_as(network: Network, layer: Layer) -> list[Layer]:
    """All layers as which one recurrent call is seen: levels, flips, and what joins both directions."""
    base = layer.name.partition(":")[0]
    return [each for each in network.outlines[1].layers if each.name.partition(":")[0] == base]


def _along(layer: Layer, axis: int) -> Amendment:
    if layer.kind == "flip":
        return Amendment(layer.name, instead=(Move("flip", {"axis": axis}),))
    return Amendment(layer.name, words={"batch_first": axis == 1})


def _matches(network: Network, layers: list[Layer]) -> list[Match]:
    return [network.rows[1][layer.name].match for layer in layers]


CAUSE = Cause(_suspect, (*_RECURRENT, "attention"), ("over",))
