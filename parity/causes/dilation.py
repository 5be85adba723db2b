"""Another dilation.

What it is: how far apart the elements are that a window reads.
How it shows: by the shape, or not at all where the padding grew with it.
How to mend: the same number on both sides: `dilation` in PyTorch, `dilation_rate` in Keras.
Example: `Conv1D(8, 3, dilation_rate=2, padding="same")` ported to `nn.Conv1d(3, 8, 3, padding="same")`.
Source: the defaults of both frameworks.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import CONVOLUTIONS, POOLS, amendable, apart, pooled, say_window
from parity.nouns import Amendment

_WORDS = {"torch": "dilation", "keras": "dilation_rate"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    values = apart(evidence, "dilation") if evidence.kind in CONVOLUTIONS + POOLS else None
    if values is None:
        return
    word, can = _WORDS[evidence.network.candidate_framework], amendable(evidence)
    if evidence.kind in POOLS:
        amendments = pooled(evidence, dilation=values[0])
    else:
        amendments = (Amendment(evidence.candidate.name, words={word: values[0]}),) if can else ()
    yield Suspicion(
        f"dilation is {say_window(values[0])} in the reference and {say_window(values[1])} here",
        values,
        amendments,
        evidence.mend(keywords={word: values[0]}) if can else None,
    )


CAUSE = Cause(_suspect, CONVOLUTIONS + POOLS, ("dilation",))
