"""What a transposed convolution cuts away of its whole output, and where.

What it is: unpadded it gives (n − 1)·s + k elements. TensorFlow's 'same' cuts that to n·s, the odd one at the end;
PyTorch's `padding=p` cuts p on either side, and `output_padding` gives some of the end back. They agree where
k − s is even (k = 4, s = 2, p = 1) and are one pixel apart where it is odd.
How it shows: shapes agree, and the map is moved by one pixel.
How to mend: in PyTorch run it with `padding=0` and take the right part, `y[..., :2 * n, :2 * m]`; in Keras
`padding="valid"` and a `Cropping2D`.
Example: `Conv2DTranspose(8, 3, strides=2, padding="same")` ported to
`nn.ConvTranspose2d(3, 8, 3, stride=2, padding=1, output_padding=1)`.
Source: TensorFlow's documentation of `tf.nn.conv2d_transpose`; keras-team/keras#22876.
"""

from collections.abc import Iterator

from parity.cause import Cause, Suspicion
from parity.evidence import Evidence
from parity.mend import Mend
from parity.nouns import Amendment, Move
from parity.pooling import Amounts
from parity.sliding import along, amendable, apart, say_amounts


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    values = apart(evidence, "crop") if evidence.kind == "conv_transpose" else None
    if values is None or evidence.row.match.steps or not amendable(evidence):
        return  # what a slice behind it cuts away, it need not cut itself
    sentence = f"cuts {say_amounts(values[0])} of its whole output in the reference and {say_amounts(values[1])} here"
    yield Suspicion(sentence, values, (_amendment(evidence, values[0]),), _mend(evidence, values[0]))


def _amendment(evidence: Evidence, crop: Amounts) -> Amendment:
    """Run with nothing cut away, and with as much more as is wanted at the end; then cut."""
    more = tuple(max(-end, 0) for _, end in crop)
    cut = tuple((-start, -max(end, 0)) for start, end in crop)
    framework = evidence.network.candidate_framework
    none = "valid" if framework == "keras" else 0
    return Amendment(
        evidence.candidate.name,
        words={"padding": none, "output_padding": more},
        after=(Move("pad", {"amounts": along(evidence.candidate, framework, cut)}),),
    )


def _mend(evidence: Evidence, crop: Amounts) -> Mend | None:
    """PyTorch can cut as much at the end as at the start, or less by what it pads there again."""
    more = tuple(start - end for start, end in crop)
    strides = evidence.candidate.settings["stride"]
    if evidence.network.candidate_framework != "torch":
        return None
    if not all(0 <= each < stride for each, stride in zip(more, strides, strict=True)):
        return None
    return evidence.mend(keywords={"padding": tuple(start for start, _ in crop), "output_padding": more})


CAUSE = Cause(_suspect, ("conv_transpose",), ("crop",))
