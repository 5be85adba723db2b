"""GELU by its tanh approximation on one side and by the error function on the other.

What it is: two formulas of one name. Every default is the exact one but that of `keras.ops.gelu`, which
approximates.
How it shows: no shape or count differs; values differ by at most 4.7e-4, most near ±2.
How to mend: in PyTorch `nn.GELU(approximate="tanh")`, in Keras `keras.ops.gelu(x, approximate=False)`.
Example: `keras.ops.gelu(x)` ported to `F.gelu(x)`.
Source: Hendrycks and Gimpel 2016, section 2; tinygrad/tinygrad#16162.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.nouns import Amendment, Move

_TORCH = {True: "tanh", False: "none"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "gelu" or "approximate" not in evidence.differing:
        return
    value, other = evidence.differing["approximate"]
    names = {True: "the tanh approximation", False: "the error function"}
    exact = Amendment(evidence.candidate.name, instead=(Move("gelu", {"approximate": bool(value)}),))
    spelled = _TORCH[bool(value)] if evidence.network.candidate_framework == "torch" else bool(value)
    sentence = f"GELU is computed by {names[bool(value)]} in the reference and by {names[bool(other)]} here"
    yield Suspicion(sentence, (value, other), (exact,), evidence.mend(keywords={"approximate": spelled}))


CAUSE = Cause(_suspect, ("gelu",), ("approximate",))
