"""A convolution in another number of groups.

What it is: with g groups each output reads one g-th of the channels; as many groups as channels make it depthwise.
How it shows: the kernels are of other sizes: with g groups they hold a g-th of the numbers.
How to mend: the same number on both sides, `groups=g`.
Example: `DepthwiseConv2D(3)` ported to `nn.Conv2d(16, 16, 3)`.
Source: the documentation of `nn.Conv2d`.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import CONVOLUTIONS


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind not in CONVOLUTIONS or "groups" not in evidence.differing:
        return
    value, other = evidence.differing["groups"]
    sentence = f"convolves in {_say(value)} in the reference and in {_say(other)} here"
    mend = evidence.mend(keywords={"groups": value})
    yield Suspicion(sentence, (value, other), mend=mend, stated=evidence.row.mismatched)


def _say(groups: int) -> str:
    return "one group" if groups == 1 else f"{groups} groups"


CAUSE = Cause(_suspect, CONVOLUTIONS, ("groups",))
