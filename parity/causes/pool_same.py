"""TensorFlow's 'same' padding, or PyTorch's `ceil_mode`, in a pool of one side only.

What it is: both reach beyond the end of the map where windows do not come out even, and by different amounts than
`padding=p`, which adds p on either side, or than no padding, which drops what is left over.
How it shows: by the shape where the rest is dropped; not at all where windows are moved by one pixel (k = 3,
s = 2, an even size, `padding=1`).
How to mend: in PyTorch `ceil_mode=True` wherever 'same' pads at the end alone, else `F.pad` with minus infinity
(for a maximum) before a pool without padding; in Keras `padding="same"` or a pad of its own.
Example: `MaxPooling2D(3, strides=2, padding="same")` ported to `nn.MaxPool2d(3, stride=2, padding=1)`.
Source: TensorFlow's documentation of `tf.nn.pool`; pytorch/pytorch#3867.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import POOLS, paddings, pool_mend, pooled, say_amounts, uneven


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    found = paddings(evidence)
    if found and found[0].amounts != found[1].amounts and uneven(found):
        values = found[0].amounts, found[1].amounts
        sentence = f"pads {say_amounts(values[0])} in the reference and {say_amounts(values[1])} here"
        yield Suspicion(sentence, values, pooled(evidence, amounts=values[0]), pool_mend(evidence))


CAUSE = Cause(_suspect, POOLS, ("padding",))
