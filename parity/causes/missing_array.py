"""An array that only one of two layers holds: a bias, a gamma, a beta.

What it is: `use_bias=False` against `bias=True`, `scale=False`, `affine=False`. What the port can make up for
(a bias folded into the norm behind it, one set to zero) is no cause.
How it shows: parameter counts differ.
How to mend: the same choice on both sides.
Example: `Dense(275)` ported to `nn.Linear(362, 275, bias=False)`.
Source: the residual networks that drop their convolutions' biases before a norm.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not evidence.paired or evidence.shared or not evidence.row.mismatched:
        return
    mine, yours = evidence.arrays
    for role in (*(each for each in mine if each not in yours), *(each for each in yours if each not in mine)):
        there = role in mine
        words = ("present", "absent") if there else ("absent", "present")
        sentence = f"only the {'reference' if there else 'candidate'} has a {role}"
        yield Suspicion(sentence, words, stated=True, name=role)


CAUSE = Cause(_suspect)
