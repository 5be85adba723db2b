"""A window of another size.

What it is: the kernel of a convolution, or the window of a pool.
How it shows: a convolution holds arrays of other sizes. Of a pool only the shape may tell, and where the stride was
given it need not.
How to mend: the same size on both sides.
Example: `MaxPooling2D(3, strides=2, padding="same")` ported to `nn.MaxPool2d(2, stride=2)`.
Source: the networks whose first pool was 3×3 in one of their two versions.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import CONVOLUTIONS, POOLS, apart, bare, pooled, say_window

_WORDS = {"torch": "kernel_size", "keras": "pool_size"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    values = apart(evidence, "kernel") if evidence.kind in CONVOLUTIONS + POOLS else None
    if values is None:
        return
    sentence = f"the window is {say_window(values[0])} in the reference and {say_window(values[1])} here"
    if evidence.kind in CONVOLUTIONS:
        yield Suspicion(sentence, values, stated=evidence.row.mismatched)
    else:
        word = _WORDS.get(evidence.network.candidate_framework)
        mend = evidence.mend(keywords={word: bare(values[0])}) if word else None
        yield Suspicion(sentence, values, pooled(evidence, kernel=values[0]), mend)


CAUSE = Cause(_suspect, CONVOLUTIONS + POOLS, ("kernel",))
