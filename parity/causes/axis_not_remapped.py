"""A layer that runs along another axis of the data than the reference's.

What it is: axes are numbers, and the channels stand last in Keras and second in PyTorch: `axis=-1` and `dim=-1` are
two axes. `nn.Softmax()` without `dim` takes axis 0 of three dimensions and axis 1 otherwise.
How it shows: no count differs; a softmax, a cumulated sum or a flip keeps the shape too.
How to mend: name the axis that stands there on this side, `torch.softmax(x, 1)`, `torch.cat(parts, dim=1)`.
Example: `Concatenate(axis=-1)` ported to `torch.cat(parts, dim=-1)` on channels that stand second.
Source: keras-team/keras#8841, gmalivenko/pytorch2keras#131.
"""

from collections.abc import Iterator
from typing import Any

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import axes_of
from parity.nouns import Amendment, Move

_KINDS = (
    *("softmax", "log_softmax", "glu", "concat", "stack", "cumsum", "flip"),
    *("mean", "max", "min", "sum", "prod"),
)
_WORDS = {"torch": "dim", "keras": "axis"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind not in _KINDS or "over" not in evidence.differing:
        return
    value, other = evidence.differing["over"]
    layer, framework = evidence.candidate, evidence.network.candidate_framework
    read = evidence.network.layers[1].get(layer.inputs[0])
    own = read.axes if read else layer.axes if len(layer.axes) == len(evidence.reference.axes) else ()
    axes = axes_of(value, own)
    keywords: dict[str, Any] = {_WORDS[framework]: axes[0] if len(axes) == 1 else axes}
    amendment = Amendment(layer.name, words=keywords)
    if layer.kind == "flip":
        keywords = {"dims": axes} if framework == "torch" else keywords
        amendment = Amendment(layer.name, instead=(Move("flip", {"axis": axes}),))
    yield Suspicion(
        f"runs along {value} in the reference and along {other} here",
        (value, other),
        (amendment,) if axes else (),
        evidence.mend_call(layer, keywords=keywords) if axes else None,
    )


CAUSE = Cause(_suspect, _KINDS, ("over",))
