"""Attention whose key and value are exchanged.

What it is: Keras's `MultiHeadAttention` and `Attention` are called with query, value, key; PyTorch's with query, key,
value.
How it shows: no shape or count differs, unless key and value are of other widths. Where both are the same sequence,
nothing shows at all.
How to mend: name them, `attention(query, key=key, value=value)`.
Example: `attention(q, v, k)` of Keras ported to `self.attention(q, v, k)`.
Source: the signatures of both.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.nouns import Amendment

_NAMES = ("query", "key", "value")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "attention" or not evidence.paired or evidence.row.status in ("moved", "shape"):
        return
    network = evidence.network
    mine = [network.answers.get(network.source(name, 0), "") for name in evidence.reference.inputs[:3]]
    yours = [network.source(name, 1) for name in evidence.candidate.inputs[:3]]
    if len(set(mine)) < 3 or mine == yours or sorted(mine) != sorted(yours):
        return
    order = tuple(yours.index(name) for name in mine)
    swapped = " and ".join(name for name, place in zip(_NAMES, order, strict=True) if _NAMES[place] != name)
    given = ", ".join(_NAMES[order.index(place)] for place in range(3))
    yield Suspicion(
        f"{swapped} of the reference are exchanged here",
        (", ".join(_NAMES), given),
        (Amendment(evidence.candidate.name, operands=(*order, *range(3, len(evidence.candidate.inputs)))),),
        covers=frozenset([evidence.row.match.name]),
    )


CAUSE = Cause(_suspect)
