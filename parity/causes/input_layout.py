"""Another axis of the data is taken for the channels.

What it is: Keras reads (length, channel), PyTorch (channel, length): a port that feeds the same array to both
convolves and normalises along the other axis.
How it shows: the first layers hold arrays of other sizes, unless the two axes are equally long.
How to mend: transpose the input, and set `in_channels` accordingly.
Example: an input (1, 250), one step of 250 channels, taken for one channel of 250 steps.
Source: the published Magnitude network.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence

_KINDS = ("conv", "batch_norm", "dense")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind in _KINDS and "over" in evidence.differing:
        value, other = evidence.differing["over"]
        sentence = f"takes the axis {other!r} for channels, the reference {value!r}"
        yield Suspicion(sentence, (value, other), stated=evidence.row.mismatched)


CAUSE = Cause(_suspect, _KINDS, ("over",))
