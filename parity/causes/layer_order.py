"""Two layers, or the operands of one, in another order.

What it is: conv, relu, norm against conv, norm, relu; a pool before a norm; the operands of a concatenation or
subtraction exchanged.
How it shows: no shape or count differs. A pool and a norm may change places unseen while every gamma is
positive, as fresh ones are.
How to mend: call them in the order of the reference.
Example: `self.pool(self.norm(x))` ported to `self.norm(self.pool(x))`.
Source: the one-dimensional LeNet whose table puts the pool first and whose code the norm.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.nouns import Amendment

_ORDERED = ("concat", "subtract", "divide", "stack", "matmul")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not evidence.paired:
        return
    if evidence.row.status == "moved":
        yield from _moved(evidence)
    elif evidence.kind in _ORDERED:
        yield from _operands(evidence)


def _moved(evidence: Evidence) -> Iterator[Suspicion]:
    network, candidate = evidence.network, evidence.candidate
    mine, yours = network.before(evidence.reference, 0), network.before(candidate, 1)
    if network.answers.get(mine) == yours:
        return
    first, second = mine.removeprefix("input:"), yours.removeprefix("input:")
    answer = network.answers.get(mine, "")
    later = network.layers[1].get(answer)
    behind = later is not None and candidate.name in network.ahead(later, 1)
    exchanged = network.rows[1].get(yours)
    if not behind and exchanged is not None and exchanged.status == "moved":
        return  # told once, of the layer that stands too early
    yield Suspicion(
        f"stands behind {first} in the reference and behind {second} here",
        (first, second),
        (Amendment(candidate.name, behind=answer),) if behind else (),
    )


def _operands(evidence: Evidence) -> Iterator[Suspicion]:
    network = evidence.network
    mine = [network.answers.get(network.source(name, 0), "") for name in evidence.reference.inputs]
    yours = [network.source(name, 1) for name in evidence.candidate.inputs]
    if mine != yours and sorted(mine) == sorted(yours) and len(set(mine)) == len(mine):
        order = tuple(yours.index(name) for name in mine)
        yield Suspicion(
            "the operands stand in another order",
            (", ".join(mine), ", ".join(yours)),
            (Amendment(evidence.candidate.name, operands=order),),
            evidence.mend_call(evidence.candidate, operands=order),
        )


CAUSE = Cause(_suspect)
