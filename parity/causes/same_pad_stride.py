"""TensorFlow's 'same' padding against PyTorch's symmetric one, in a convolution with a stride.

What it is: for size n, kernel k and stride s, TensorFlow pads max((⌈n/s⌉ − 1)·s + k − n, 0) in all, and puts an
odd one at the end. PyTorch's `padding=p` puts p on either side. They part wherever the total is odd: k = 3,
s = 2 and an even size give (0, 1) against (1, 1).
How it shows: shapes agree. Every window reads one pixel beside the right place, so that on smooth images the
outputs correlate by .98 and on noise by .01.
How to mend: in PyTorch pad first, `F.pad(x, (0, 1, 0, 1))`, and convolve with `padding=0`; in Keras
`ZeroPadding2D(1)` before `padding="valid"`.
Example: `Conv2D(8, 3, strides=2, padding="same")` ported to `nn.Conv2d(3, 8, 3, stride=2, padding=1)`.
Source: TensorFlow's documentation of `tf.nn.convolution`; keras-team/keras#16363.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import odd_one, padded, padding_apart, padding_mend, say_amounts


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    values = padding_apart(evidence)
    if values and odd_one(evidence):
        sentence = f"pads {say_amounts(values[0])} in the reference and {say_amounts(values[1])} here"
        yield Suspicion(sentence, values, padded(evidence), padding_mend(evidence))


CAUSE = Cause(_suspect, ("conv",), ("padding",))
