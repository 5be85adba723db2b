"""An average pool that counts its padding, against one that leaves it out of the mean.

What it is: at a border Keras divides by the elements of the map that lie in the window, PyTorch by the window's
size, zeros included, if it is not told otherwise. Zeros of a pad before the pool always count.
How it shows: shapes agree, and so does all but the border.
How to mend: in PyTorch `count_include_pad=False`; in Keras `ZeroPadding2D` before a pool with `padding="valid"`.
Example: `AveragePooling2D(3, 1, padding="same")` ported to `nn.AvgPool2d(3, 1, padding=1)`.
Source: PyTorch's documentation of `AvgPool2d`; apache/tvm#1144.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import paddings, pooled

_WORDS = {"zeros": "counts its padding", "silent": "leaves its padding out"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    found = paddings(evidence)
    if evidence.kind != "average_pool" or found is None or found[0].fill == found[1].fill:
        return
    if any("divisor" in layer.settings for layer in (evidence.reference, evidence.candidate)):
        return  # what it divides by is given, whatever is padded
    words = [_WORDS.get(str(each.fill), "counts a part of its padding") for each in found]
    own = not any(any(pair) for padding in found for pair in padding.there)
    torch = evidence.network.candidate_framework == "torch"
    counts = found[0].fill == "zeros"
    yield Suspicion(
        f"the mean {words[0]} in the reference and {words[1]} here",
        (words[0], words[1]),
        pooled(evidence, fill=found[0].fill),
        evidence.mend(keywords={"count_include_pad": counts}) if torch and own else None,
    )


CAUSE = Cause(_suspect, ("average_pool",), ("counts_padding",))
