"""Attention of another width in each head.

What it is: Keras's `key_dim` is the width of one head, PyTorch's `embed_dim` that of all heads together: a port that
takes the one number for the other has so many times fewer parameters as there are heads.
How it shows: parameter counts differ.
How to mend: `MultiHeadAttention(heads, key_dim=embed_dim // heads)` in Keras; in PyTorch, whose heads always share
`embed_dim`, projections of one's own where the widths do not fit.
Example: `MultiHeadAttention(2, key_dim=8)` on a width of 8 ported to `nn.MultiheadAttention(8, 2)`.
Source: the documentation of both; 568 against 288 parameters.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network
from parity.judge import Judgement


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "attention" or not evidence.paired:
        return
    mine, yours = (int(layer.axes[-1].size) for layer in (evidence.reference, evidence.candidate))
    around = _around(evidence.network, evidence.row)
    keyed = {evidence.network.source(name, 0) for name in evidence.reference.inputs[:2]}
    keys = [Evidence(row, evidence.network) for row in around if row.match.name in keyed]
    if not keys or not all(map(_wider, keys)):
        return  # values may be of any width, and are no key
    names = frozenset([evidence.row.match.name, *(row.match.name for row in around)])
    sentence = f"each head is {yours} wide, the reference's {mine}"
    if mine != yours:
        yield Suspicion(sentence, (mine, yours), stated=True, covers=names)


def _wider(projection: Evidence) -> bool:
    kernels = projection.pair_of("kernel")
    return kernels is not None and kernels[0].shape[-1] != kernels[1].shape[-1]


def _around(network: Network, row: Judgement) -> list[Judgement]:
    """The rows of the projections that an attention reads, and of the one that reads it."""
    layer = row.match.reference
    assert layer is not None
    names = {network.source(name, 0) for name in layer.inputs[:3]}
    names |= {each.name for each in network.computing_users(layer.name, 0)}
    return [network.rows[0][name] for name in names if name in network.layers[0]]


CAUSE = Cause(_suspect)
