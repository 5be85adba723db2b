"""Zeros around a max pool, against padding that never wins.

What it is: a pad before the pool adds zeros, which are larger than what is negative; a pool's own padding counts as
minus infinity. Both add up to the same amounts.
How it shows: shapes agree, and so does all but the border, or all of it where nothing is negative, behind a relu.
How to mend: the pad on both sides, `F.pad(x, (1, 1, 1, 1))` before `nn.MaxPool2d(3, 2)`, or the pool's own.
Example: `ZeroPadding2D(1)` and `MaxPooling2D(3, 2)` ported to `nn.MaxPool2d(3, 2, padding=1)`.
Source: PyTorch's documentation of `MaxPool2d`; pytorch/pytorch#33382.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import paddings, pooled

_WORDS = {"zeros": "zeros", "silent": "minus infinity"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    found = paddings(evidence)
    if evidence.kind != "max_pool" or found is None or found[0].fill == found[1].fill:
        return
    words = [_WORDS.get(str(each.fill), "zeros and minus infinity") for each in found]
    yield Suspicion(
        f"is padded by {words[0]} in the reference and by {words[1]} here",
        (words[0], words[1]),
        pooled(evidence, fill=found[0].fill),
    )


CAUSE = Cause(_suspect)
