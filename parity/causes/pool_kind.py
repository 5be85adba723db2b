"""A maximum on one side, a mean on the other.

What it is: `MaxPooling2D` ported to `nn.AvgPool2d`, or a global average to a global maximum.
How it shows: no shape or count differs; means lie below maxima.
How to mend: the reference's kind of pool, with the same window.
Example: `keras.layers.AveragePooling2D(2)` ported to `nn.MaxPool2d(2)`.
Source: a slip of the hand; LeNet averages, its successors take the maximum.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import alone, pool_move, space_of
from parity.mending.mend import Mend
from parity.nouns import Amendment, Layer, Move

_POOLS = {"average_pool": "average", "max_pool": "max", "mean": "average", "max": "max"}
_NAMES = {"average": "the mean", "max": "the maximum"}
_MODULES = {"average_pool": "AvgPool", "max_pool": "MaxPool"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.row.match.candidate is not None or evidence.kind not in _POOLS:
        return
    mine, network = evidence.reference, evidence.network
    there = network.answers.get(network.source(mine.inputs[0], 0), "")
    found = [
        each
        for each in network.computing_users(there, 1)
        if _POOLS.get(each.kind, _POOLS[mine.kind]) != _POOLS[mine.kind] and network.lonely(each, 1)
    ]
    if len(found) != 1:
        return
    yours = found[0]
    names = _NAMES[_POOLS[mine.kind]], _NAMES[_POOLS[yours.kind]]
    windows = mine.kind in _MODULES and yours.kind in _MODULES
    moves: tuple[Move, ...] = ()
    if windows:
        moves = (pool_move(mine.kind, mine.settings, alone(mine.kind, mine.settings), space_of(network, yours)),)
    yield Suspicion(
        f"{names[0]} of each window is taken in the reference, {names[1]} here",
        names,
        (Amendment(yours.name, instead=moves),) if moves else (),
        _mend(evidence, mine, yours) if windows else None,
        places=(yours.place, mine.place),
    )


def _mend(evidence: Evidence, mine: Layer, yours: Layer) -> Mend | None:
    if evidence.network.candidate_framework != "torch":
        return None
    rank = len(mine.settings["kernel"])
    if yours.built is None:
        name = {"max_pool": "max", "average_pool": "avg"}[mine.kind]
        return evidence.mend_call(yours, replace=f"{name}_pool{rank}d")
    return Mend(yours.built, replace=f"{_MODULES[mine.kind]}{rank}d", framework="torch")


CAUSE = Cause(_suspect)
