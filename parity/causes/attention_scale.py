"""Attention whose scores are scaled by another number.

What it is: queries times keys are multiplied by 1/√width in PyTorch and in Keras's `MultiHeadAttention`. Keras's
`Attention` does not scale, and both `dot_product_attention` and PyTorch's function take a `scale`.
How it shows: no shape or count differs; attention is flatter or sharper, the more the wider the keys.
How to mend: `F.scaled_dot_product_attention(q, k, v, scale=1.0)` in PyTorch, `scale=` in Keras.
Example: `keras.layers.Attention()([q, v, k])` ported to `F.scaled_dot_product_attention(q, k, v)`.
Source: the documentation of `keras.layers.Attention`; Vaswani et al. 2017, section 3.2.1.
"""

from collections.abc import Iterator
from math import isclose

from parity.diagnosis.cause import Cause, Suspicion, say
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.written_out import written_out
from parity.nouns import Amendment, Layer


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    match, network = evidence.row.match, evidence.network
    if evidence.kind != "attention":
        return
    if evidence.paired and "scale" in evidence.differing and evidence.row.status != "shape":
        value, other = evidence.differing["scale"]
        if isclose(value or 0.0, other or 0.0, rel_tol=1e-6):
            return  # Keras works it out in float32
        yield _of(evidence, value, other, evidence.candidate)
    elif match.reference is None and match.candidate is not None:
        for layer in network.outlines[0].layers:
            written = written_out(network, layer)
            scale = match.candidate.settings.get("scale")
            if written is None or scale is None or isclose(written[0], scale, rel_tol=1e-6):
                continue
            covers = frozenset([match.name, *written[1]])
            # Nothing but the product tells key and value apart: the graph may have paired them crosswise.
            mine = [network.answers.get(network.source(name, 0), "") for name in written[2]]
            yours = [network.source(name, 1) for name in match.candidate.inputs]
            if sorted(mine) != sorted(yours) or len(set(mine)) < 3:
                mine = yours
            yield _of(evidence, written[0], scale, match.candidate, tuple(map(yours.index, mine)), covers)


def _of(
    evidence: Evidence,
    value: float,
    other: float,
    layer: Layer,
    operands: tuple[int, ...] = (),
    covers: frozenset[str] = frozenset(),
) -> Suspicion:
    return Suspicion(
        f"scores are multiplied by {say(value)} in the reference and by {say(other)} here",
        (value, other),
        (Amendment(layer.name, words={"scale": value}, operands=operands),),
        evidence.mend_call(layer, keywords={"scale": value}),
        covers=covers,
    )


CAUSE = Cause(_suspect, ("attention",), ("scale",))
