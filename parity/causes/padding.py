"""Another padding: of a convolution, of a pool, or of a pad by itself.

What it is: one side pads more than the other, or elsewhere: 'same' against none, 1 against 2. Where it is only
the odd pixel of 'same', or the future that a causal convolution must not see, that is told by its own name.
How it shows: mostly by the shape.
How to mend: the same amounts on both sides.
Example: `Conv2D(8, 3, padding="same")` ported to `nn.Conv2d(3, 8, 3)`, whose default is no padding.
Source: the output-size notes of PyTorch's `Conv2d` and `MaxPool2d`.
"""

from collections.abc import Iterator

from parity.axes import ranking
from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import (
    POOLS,
    amounts_apart,
    causal,
    odd_one,
    padded,
    padding_apart,
    padding_mend,
    paddings,
    pool_mend,
    pooled,
    reordered,
    say_amounts,
    say_pads,
    uneven,
)
from parity.moves.pooling import Amounts
from parity.nouns import Amendment, Move


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind == "pad":
        yield from _of_a_pad(evidence)
    elif evidence.kind in POOLS:
        yield from _of_a_pool(evidence)
    elif (values := padding_apart(evidence)) and not causal(evidence) and not odd_one(evidence):
        yield Suspicion(_say(values), values, padded(evidence), padding_mend(evidence))


def _of_a_pool(evidence: Evidence) -> Iterator[Suspicion]:
    found = paddings(evidence)
    if found and found[0].amounts != found[1].amounts and not uneven(found):
        values = found[0].amounts, found[1].amounts
        amendments = pooled(evidence, amounts=values[0])
        yield Suspicion(_say(values), values, amendments, pool_mend(evidence))


def _of_a_pad(evidence: Evidence) -> Iterator[Suspicion]:
    values = amounts_apart(evidence)
    if values is None or reordered(evidence):
        return
    mine, yours = values
    settings, axes = evidence.candidate.settings, evidence.candidate.axes
    native = dict(zip(ranking(axes), mine, strict=True))
    move = Move("pad", {"amounts": tuple(native[at] for at in range(len(axes))), "value": settings["value"]})
    amendments = (Amendment(evidence.candidate.name, instead=(move,)),) if settings["mode"] == "constant" else ()
    told = say_pads((mine, yours))
    yield Suspicion(f"pads {told[0]} in the reference and {told[1]} here", told, amendments)


def _say(values: tuple[Amounts, Amounts]) -> str:
    return f"pads {say_amounts(values[0])} in the reference and {say_amounts(values[1])} here"


CAUSE = Cause(_suspect, ("conv", *POOLS, "pad"), ("padding", "amounts"))
