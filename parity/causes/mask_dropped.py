"""A recurrent layer, or an attention, whose reference leaves out masked steps.

What it is: `Embedding(mask_zero=True)` and `Masking` tell Keras's recurrent layers which steps to leave out: the
state goes past them unchanged. PyTorch's layers read the padding like any other step, unless it is packed away.
How it shows: no shape or count differs; sequences without padding agree.
How to mend: `nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)`; in Keras
`mask_zero=True`.
Example: `Embedding(1000, 16, mask_zero=True)` ported to `nn.Embedding(1000, 16, padding_idx=0)`.
Source: kermitt2/delft#231, where it cost .16 of F1.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.nouns import Amendment, Layer, Move

_KINDS = ("lstm", "gru", "simple_rnn")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind == "attention" and evidence.paired and evidence.row.difference.made_here:
        yield from _of_attention(evidence)
    if evidence.kind not in _KINDS or not evidence.paired or not evidence.row.difference.made_here:
        return
    if len(evidence.reference.inputs) != 2 or len(evidence.candidate.inputs) != 1:
        return
    yield Suspicion(
        "the reference leaves out masked steps, the candidate reads them all",
        ("masked", "none"),
        _leaving_out(evidence),
        covers=frozenset([evidence.row.match.name, evidence.reference.inputs[1]]),
    )


def _of_attention(evidence: Evidence) -> Iterator[Suspicion]:
    """The reference is given a mask that it computes from, or is, an input; the candidate is given none."""
    network, candidate = evidence.network, evidence.candidate
    if len(evidence.reference.inputs) != 4 or len(candidate.inputs) != 3 or candidate.settings.get("masked"):
        return
    mask = network.past_carriers(evidence.reference.inputs[3], 0)
    there, named = network.answers.get(mask, ""), mask.removeprefix("input:")
    sources = (*candidate.inputs[1:], there)
    move = Move("attention", {"sources": sources, "scale": candidate.settings.get("scale")})
    torch = network.candidate_framework == "torch" and there
    yield Suspicion(
        f"the reference masks its attention by {named}, the candidate does not",
        (named, "none"),
        (Amendment(candidate.name, instead=(move,)),) if torch else (),
        covers=frozenset([evidence.row.match.name]),
    )


def _leaving_out(evidence: Evidence) -> tuple[Amendment, ...]:
    """The candidate's layer without those steps, where they are the zeros of an embedding that it shares."""
    network = evidence.network
    table = network.layers[0].get(network.source(evidence.reference.inputs[0], 0))
    if table is None or table.kind != "embedding" or not table.settings.get("masks") or not table.inputs:
        return ()
    indices = network.answers.get(table.inputs[0])
    axes = evidence.candidate.axes
    if indices is None or len(axes) != 3 or str(axes[0]) != "batch" or evidence.differing.get("over"):
        return ()
    told = {"step": indices, "backwards": _turned(evidence, evidence.candidate)}
    zeroed = bool(evidence.reference.settings.get("zeroed"))
    before, after = (Move("packed", told),), (Move("unpacked", {**told, "zeroed": zeroed}),)
    return (Amendment(evidence.candidate.name, before=before, after=after),)


def _turned(evidence: Evidence, layer: Layer) -> bool:
    """Whether it reads the steps from the last to the first."""
    name, turned = layer.inputs[0], False
    layers = evidence.network.layers[1]
    while name in layers and layers[name].carries and layers[name].inputs:
        turned ^= layers[name].kind == "flip"
        name = layers[name].inputs[0]
    return turned


CAUSE = Cause(_suspect, (*_KINDS, "attention"), ("zeroed",))
