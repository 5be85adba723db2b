"""Another stride.

What it is: how far a window moves. In PyTorch a pool's default is its kernel, as in Keras; a convolution's is 1.
How it shows: by the shape, unless the map is as small as the window.
How to mend: the same number on both sides: `stride` in PyTorch, `strides` in Keras.
Example: `Conv2D(8, 3, strides=2)` ported to `nn.Conv2d(3, 8, 3)`.
Source: the defaults of both frameworks.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import CONVOLUTIONS, POOLS, amendable, apart, pooled, say_window
from parity.nouns import Amendment

_WORDS = {"torch": "stride", "keras": "strides"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    values = apart(evidence, "stride") if evidence.kind in CONVOLUTIONS + POOLS else None
    if values is None:
        return
    word, can = _WORDS[evidence.network.candidate_framework], amendable(evidence)
    if evidence.kind in POOLS:
        amendments = pooled(evidence, stride=values[0])
    else:
        amendments = (Amendment(evidence.candidate.name, words={word: values[0]}),) if can else ()
    yield Suspicion(
        f"stride is {say_window(values[0])} in the reference and {say_window(values[1])} here",
        values,
        amendments,
        evidence.mend(keywords={word: values[0]}) if can else None,
    )


CAUSE = Cause(_suspect, CONVOLUTIONS + POOLS, ("stride",))
