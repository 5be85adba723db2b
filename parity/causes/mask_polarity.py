"""A mask whose True means the opposite.

What it is: True lets attend in Keras and in `F.scaled_dot_product_attention`; in the masks of
`nn.MultiheadAttention` it forbids.
How it shows: no shape or count differs; attention goes to the padding and to nothing else.
How to mend: `attn_mask=~mask`, `key_padding_mask=~mask`.
Example: `attention(x, x, attention_mask=mask)` ported to `self.attention(x, x, x, attn_mask=mask)`.
Source: facebookresearch/detr#96.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network
from parity.nouns import Amendment, Move


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "attention" or not evidence.paired or not evidence.row.difference.made_here:
        return
    if evidence.differing or len(evidence.reference.inputs) < 4 or len(evidence.candidate.inputs) < 4:
        return
    mask = _mask(evidence.network, evidence.candidate.inputs[3])
    named = mask.removeprefix("input:")
    yield Suspicion(
        f"what {named} lets attend in the reference it may forbid here",
        ("True attends", "True forbids"),
        (Amendment(mask, then=(Move("not"),)),),
    )


def _mask(network: Network, name: str) -> str:
    """Where a mask comes from: what is filled in by it is read past, and what only moves it."""
    while (layer := network.layers[1].get(name)) is not None and layer.inputs:
        if layer.kind == "masked_fill" and len(layer.inputs) == 2:
            name = layer.inputs[1]
        elif layer.carries:
            name = layer.inputs[0]
        else:
            break
    return name


CAUSE = Cause(_suspect)
