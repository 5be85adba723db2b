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

from parity.cause import Cause, Suspicion, native_padding
from parity.evidence import Evidence
from parity.nouns import Amendment, Move

_NONE = {"torch": 0, "keras": "valid"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "conv" or "padding" not in evidence.differing:
        return
    value, other = evidence.differing["padding"]
    own = dict(evidence.candidate.settings)["padding"]
    before = tuple(
        (want[0] - have[0] + mine[0], want[1] - have[1] + mine[1])
        for want, have, mine in zip(value, other, own, strict=True)
    )
    amounts = native_padding(evidence.candidate, before)
    amendment = Amendment(
        evidence.candidate.name,
        words={"padding": _NONE[evidence.network.candidate_framework]},
        before=(Move("pad", {"amounts": amounts}),),
    )
    sentence = f"pads {_say(value)} in the reference and {_say(other)} here"
    yield Suspicion(sentence, (value, other), (amendment,), evidence.mend(keywords={"padding": 0}))


def _say(amounts: tuple[tuple[int, int], ...]) -> str:
    return " by ".join(f"({start}, {end})" for start, end in amounts)


CAUSE = Cause(_suspect, ("conv",), ("padding",))
