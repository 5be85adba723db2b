"""Another axis of the data is taken for the channels.

What it is: Keras reads (length, channel), PyTorch (channel, length): a port that feeds the same array to both
convolves and normalises along the other axis.
How it shows: the first layers hold arrays of other sizes, unless the two axes are equally long.
How to mend: transpose the input, and set `in_channels` accordingly.
Example: an input (1, 250), one step of 250 channels, taken for one channel of 250 steps.
Source: the published Magnitude network.
"""

from collections.abc import Iterator

from parity.axes import LOST
from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence

_KINDS = ("conv", "batch_norm", "dense")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind in _KINDS and "over" in evidence.differing:
        value, other = evidence.differing["over"]
        if LOST in f"{value} {other}" or _told(evidence):
            return  # an axis whose name was lost may be the same; what comes behind takes the axis that it is given
        sentence = f"takes the axis {other!r} for channels, the reference {value!r}"
        yield Suspicion(sentence, (value, other), stated=evidence.row.mismatched)


def _told(evidence: Evidence) -> bool:
    """Whether a layer before this one takes the same axis for the same other one."""
    for name in evidence.network.ahead(evidence.candidate, 1):
        row = evidence.network.rows[1].get(name)
        mine, yours = (row.match.reference, row.match.candidate) if row else (None, None)
        if mine and yours and mine.kind == yours.kind and yours.kind in _KINDS:
            over = mine.settings.get("over"), yours.settings.get("over")
            if over == (evidence.reference.settings["over"], evidence.candidate.settings["over"]):
                return True
    return False


CAUSE = Cause(_suspect, _KINDS, ("over",))
