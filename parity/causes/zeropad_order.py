"""The amounts of a pad in another order.

What it is: Keras's `ZeroPadding2D(((top, bottom), (left, right)))` counts axes from the first, `F.pad(x, (left,
right, top, bottom))` from the last. Written down in the same order, they pad the wrong axes.
How it shows: by the shape, unless the sums of both axes are the same.
How to mend: turn the order round, `F.pad(x, (left, right, top, bottom))`.
Example: `ZeroPadding2D(((1, 2), (0, 3)))` ported to `F.pad(x, (1, 2, 0, 3))`.
Source: PyTorch's documentation of `torch.nn.functional.pad`.
"""

from collections.abc import Iterator

from parity.axes import ranking
from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import reordered, say_pads
from parity.nouns import Amendment, Move


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not reordered(evidence):
        return
    value, other = evidence.differing["amounts"]
    axes, settings = evidence.candidate.axes, evidence.candidate.settings
    native = dict(zip(ranking(axes), value, strict=True))
    move = Move("pad", {"amounts": tuple(native[at] for at in range(len(axes))), "value": settings["value"]})
    told = say_pads((value, other))
    yield Suspicion(
        f"pads {told[0]} in the reference and {told[1]} here: the same amounts, in another order",
        told,
        (Amendment(evidence.candidate.name, instead=(move,)),) if settings["mode"] == "constant" else (),
    )


CAUSE = Cause(_suspect, ("pad",), ("amounts",))
