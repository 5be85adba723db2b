"""A factor or an offset that one network applies inside and the other does not, or with another number.

What it is: a branch that is scaled before it is added, an embedding times √width, a temperature, a constant in the
place of another.
How it shows: no shape or count differs; the values behind it lie apart by one factor.
How to mend: multiply and add as the reference does.
Example: `x * 0.5` ported to `x`.
Source: residual scaling in Inception-ResNet (Szegedy et al. 2017, section 3.3).
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion, say
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.stretch import meeting, scaling
from parity.nouns import Amendment, Move

_KINDS = ("multiply", "add", "divide", "subtract", "negative")
_NUMBERS = ("constant", "divisor", "subtrahend", "minuend")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind not in _KINDS:
        return
    if evidence.paired:
        yield from _another_number(evidence)
        return
    side = 0 if evidence.row.match.reference else 1
    layer = evidence.candidate if side else evidence.reference
    found = meeting(evidence.network, layer, side) if scaling(layer) else None
    if found is None or found.last != layer or found.reference.source.startswith("input:"):
        return
    where = found.reference.source
    yield Suspicion(
        f"behind {where} the reference does {found.reference}, the candidate {found.candidate}",
        (str(found.reference), str(found.candidate)),
        found.amendments,
        covers=found.rows,
    )


def _another_number(evidence: Evidence) -> Iterator[Suspicion]:
    mine, yours = scaling(evidence.reference), scaling(evidence.candidate)
    differing = [name for name in evidence.differing if name in _NUMBERS]
    if mine is None or yours is None or not differing:
        return
    value, other = evidence.differing[differing[0]]
    moves = (Move("scale", {"factor": mine[0], "offset": mine[1]}),)
    yield Suspicion(
        f"its number is {say(value)} in the reference and {say(other)} here",
        (value, other),
        (Amendment(evidence.candidate.name, instead=moves),),
    )


CAUSE = Cause(_suspect, _KINDS, _NUMBERS)
