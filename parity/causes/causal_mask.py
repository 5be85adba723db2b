"""Attention that looks ahead on one side, or is masked otherwise.

What it is: with a causal mask a step attends to none that comes later. Keras takes `use_causal_mask=True`, PyTorch
`is_causal=True` or a mask of its own; in a mask of `nn.MultiheadAttention` True forbids, in one of Keras and of
`F.scaled_dot_product_attention` True allows.
How it shows: no shape or count differs; the first steps of a sequence depend on the last.
How to mend: `F.scaled_dot_product_attention(q, k, v, is_causal=True)`, or for `nn.MultiheadAttention`
`attn_mask=torch.ones(n, n).triu(1).bool()`.
Example: `MultiHeadAttention(2, 8)(x, x, use_causal_mask=True)` ported with `attn_mask=torch.ones(n, n).tril().bool()`.
Source: the documentation of both frameworks.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.nouns import Amendment


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "attention" or not evidence.paired or len(evidence.candidate.inputs) != 3:
        return  # a mask that is computed from an input is another matter
    mine, yours = (bool(layer.settings.get("masked")) for layer in (evidence.reference, evidence.candidate))
    if len(evidence.reference.inputs) != 3 or not (mine or yours) or not evidence.row.difference.made_here:
        return
    if mine == yours and evidence.differing:
        return
    torch = evidence.network.candidate_framework == "torch"
    words = {"attn_mask": None, "is_causal": mine} if torch else {"is_causal": mine}
    does = {True: "looks at no later step", False: "looks at all steps"}
    here = does[yours] if mine != yours else "is masked otherwise here"
    sentence = f"attention {does[mine]} in the reference and {here}"
    yield Suspicion(
        sentence if mine == yours else f"{sentence} here",
        ("causal" if mine else "none", "masked" if yours else "none"),
        (Amendment(evidence.candidate.name, words=words),),
        evidence.mend_call(evidence.candidate, keywords={"is_causal": mine}),
    )


CAUSE = Cause(_suspect, ("attention",), ("masked",))
