"""A window of fixed size on one side, bins that share the map out on the other.

What it is: a pool of k elements gives more of them on a larger map; an adaptive pool always gives as many, of bins
from ⌊i·m/n⌋ to ⌈(i + 1)·m/n⌉, which overlap where n does not divide m. A global pool is one bin.
How it shows: shapes agree at the size for which the window was chosen; at that size values agree too if n divides m.
How to mend: the same kind of pool on both sides: `nn.AdaptiveAvgPool2d`, which Keras has as
`AdaptiveAveragePooling2D` since 3.13, or `nn.AvgPool2d`.
Example: `GlobalAveragePooling2D()` ported to `nn.AvgPool2d(7)`, on a map of 8 by 8.
Source: the documentation of `nn.AdaptiveAvgPool2d`.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network
from parity.diagnosis.sliding import alone, pool_move, say_window, space
from parity.mending.mend import Mend
from parity.nouns import Amendment, Layer, Move

_STATISTICS = {
    "average_pool": "average",
    "adaptive_average_pool": "average",
    "mean": "average",
    "max_pool": "max",
    "adaptive_max_pool": "max",
    "max": "max",
}
_FIXED = ("average_pool", "max_pool")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.row.match.candidate is not None or evidence.kind not in _STATISTICS:
        return
    mine, network = evidence.reference, evidence.network
    yours = _answer(network, mine)
    if yours is None or (mine.kind in _FIXED) == (yours.kind in _FIXED):
        return
    moves = _moves(network, mine, yours)
    yield Suspicion(
        f"pools {_say(mine)} in the reference and {_say(yours)} here",
        (_say(mine), _say(yours)),
        (Amendment(yours.name, instead=moves),) if moves else (),
        _mend(network, mine, yours),
        places=(yours.place, mine.place),
    )


def _answer(network: Network, mine: Layer) -> Layer | None:
    """The candidate's only pool of that statistic that has no partner either and reads what answers the same."""
    there = network.answers.get(network.source(mine.inputs[0], 0), "")
    statistic = _STATISTICS[mine.kind]
    found = [
        each
        for each in network.computing_users(there, 1)
        if _STATISTICS.get(each.kind) == statistic and network.lonely(each, 1)
    ]
    return found[0] if len(found) == 1 else None


def _moves(network: Network, mine: Layer, yours: Layer) -> tuple[Move, ...]:
    """The reference's pool on what the candidate's reads, in the shape that the candidate's gives."""
    fixed = mine if mine.kind in _FIXED else yours
    rank = len(fixed.settings["kernel"])
    if len(mine.shape) != rank + 2 and mine.kind in _FIXED:
        return ()
    framework = network.candidate_framework
    before = yours if yours.kind in _FIXED or "bins" in yours.settings else None
    axes = space(before, framework, rank) if before else _behind(framework, rank)
    if mine.kind in _FIXED:
        first = pool_move(mine.kind, mine.settings, alone(mine.kind, mine.settings), axes)
    else:
        bins = mine.settings.get("bins", (1,) * rank)
        first = Move("adaptive_pool", {"statistic": _STATISTICS[mine.kind], "space": axes, "bins": bins})
    return (first,) if before else (first, Move("reshape", {"shape": (-1, *yours.shape[1:])}))


def _mend(network: Network, mine: Layer, yours: Layer) -> Mend | None:
    """PyTorch's module of the reference's kind, where the candidate built one of the other kind."""
    if network.candidate_framework != "torch" or yours.built is None or len(yours.shape) < 3:
        return None
    rank = len(yours.shape) - 2
    name = f"{'Max' if _STATISTICS[mine.kind] == 'max' else 'Avg'}Pool{rank}d"
    if mine.kind not in _FIXED:
        return Mend(yours.built, replace=f"Adaptive{name}", keywords={"output_size": mine.settings.get("bins", 1)})
    if any(any(pair) for pair in mine.settings["padding"]):
        return None
    words = {"kernel_size": mine.settings["kernel"], "stride": mine.settings["stride"]}
    return Mend(yours.built, replace=name, keywords=words)


def _behind(framework: str, rank: int) -> tuple[int, ...]:
    """Where the space of a map stands that a global pool reads, batch first."""
    return tuple(range(1, rank + 1)) if framework != "torch" else tuple(range(2, rank + 2))


def _say(layer: Layer) -> str:
    if layer.kind in _FIXED:
        return f"windows of {say_window(layer.settings['kernel'])}"
    return f"{say_window(layer.settings['bins'])} bins" if "bins" in layer.settings else "the whole map"


CAUSE = Cause(_suspect)
