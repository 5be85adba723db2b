"""A layer that computes in half precision.

What it is: `x.half()` or `x.bfloat16()` inside a network keeps 11 or 8 bits of each number; Keras does so for a
whole layer, under the policy "mixed_float16".
How it shows: no shape or count differs; the outputs differ by a thousandth of their size, without any structure.
How to mend: compute in float32 on both sides, and narrow behind the network.
Example: `self.head(x.half().float())` where the reference has no cast.
Source: IEEE 754; the documentation of `keras.mixed_precision`.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.nouns import Amendment

_NARROW = {"half": "float16", "bfloat16": "bfloat16"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    layer = evidence.row.match.candidate
    if evidence.paired or layer is None or layer.kind not in _NARROW:
        return
    yield Suspicion(
        f"computes in {_NARROW[layer.kind]}, the reference does not",
        ("float32", _NARROW[layer.kind]),
        (Amendment(layer.name, instead=()),),
        evidence.mend_call(layer, unwrap=layer.kind),
    )


CAUSE = Cause(_suspect)
