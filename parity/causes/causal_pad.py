"""A causal convolution against one that looks ahead.

What it is: Keras's `padding="causal"` puts all d·(k − 1) zeros before the sequence, so that no output sees what
comes after it. PyTorch has no such word, and `padding="same"` or a number puts half of them behind.
How it shows: shapes agree. The output is the right one, moved by half of the kernel, but for the borders.
How to mend: in PyTorch `F.pad(x, (d * (k - 1), 0))` before a convolution with `padding=0`; in Keras
`padding="causal"`.
Example: `Conv1D(8, 5, padding="causal")` ported to `nn.Conv1d(3, 8, 5, padding=2)`.
Source: Keras's documentation of `Conv1D`; van den Oord et al. 2016, section 2.1.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import causal, padded, padding_apart, padding_mend, say_amounts


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    values = padding_apart(evidence)
    if values and causal(evidence):
        sentence = f"pads {say_amounts(values[0])} in the reference and {say_amounts(values[1])} here"
        yield Suspicion(sentence, values, padded(evidence), padding_mend(evidence))


CAUSE = Cause(_suspect, ("conv",), ("padding",))
