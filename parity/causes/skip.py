"""A skip connection that only one network has, or that one of them takes from another place.

What it is: the sum of a residual block, with what stood before the block. A port forgets it, adds what the
activation gave instead of what it read, or adds where nothing is added.
How it shows: no shape or count differs.
How to mend: keep what the reference adds under a name of its own, and add that.
Example: `x = F.relu(self.conv(x)); return x + x` where the reference adds what the convolution read.
Source: the published Magnitude network, whose output adds the input.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence, Network
from parity.nouns import Amendment, Layer, Move

_KINDS = ("add", "multiply")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind not in _KINDS or evidence.row.status in ("moved", "stepwise"):
        return
    if evidence.paired:
        yield from _elsewhere(evidence)
    elif evidence.row.match.reference is not None:
        yield from _missing(evidence)
    else:
        yield from _extra(evidence)


def _elsewhere(evidence: Evidence) -> Iterator[Suspicion]:
    network, candidate = evidence.network, evidence.candidate
    mine, yours = _operands(network, evidence.reference, 0), _operands(network, candidate, 1)
    wanted = [network.answers.get(name, "") for name in mine]
    if len(wanted) != 2 or len(yours) != 2 or "" in wanted:
        return
    kept = next((place for place, name in enumerate(yours) if name in wanted), None)
    if kept is None or sorted(wanted) == sorted(yours):
        return
    here, there = yours[1 - kept], wanted[1 - wanted.index(yours[kept])]
    writer = network.layers[1].get(here)
    if writer is not None and writer.in_place and there in _operands(network, writer, 1):
        return  # it reads the right tensor, which another call has changed in place: another cause
    first, second = (each.removeprefix("input:") for each in (mine[wanted.index(there)], here))
    yield Suspicion(
        f"the skip is taken from {first} in the reference and from {second} here",
        (first, second),
        (
            Amendment(
                candidate.name,
                operands=(1, 0) if kept == 1 else (),
                instead=(Move(candidate.kind, {"step": there}),),
            ),
        ),
        covers=frozenset([evidence.row.match.name]),
    )


def _missing(evidence: Evidence) -> Iterator[Suspicion]:
    """The candidate has one of the two that are added, and its next layer reads that."""
    network, layer = evidence.network, evidence.reference
    mine = _operands(network, layer, 0)
    wanted = [network.answers.get(name, "") for name in mine]
    if len(wanted) != 2 or "" in wanted or len(set(wanted)) == 1:
        return
    # The later of the two is the branch, the earlier one what skips it.
    order = list(network.layers[1])
    places = [order.index(name) if name in order else -1 for name in wanted]
    branch, skipped = wanted if places[0] > places[1] else wanted[::-1]
    readers = [each.name for each in network.computing_users(branch, 1)]
    behind, ends = network.behind(layer.name, 0)
    expected = [row.match.candidate for row in behind if row.match.candidate]
    if (not expected and not ends) or any(each.name not in readers for each in expected):
        return
    named = mine[wanted.index(skipped)].removeprefix("input:")
    move = Move(layer.kind, {"step": skipped})
    first = expected[0] if len(expected) == 1 and len(readers) > 1 else None
    yield Suspicion(
        f"the reference {_DOES[layer.kind]} {named} here, the candidate does not",
        (named, "none"),
        (Amendment(first.name, before=(move,)) if first else Amendment(branch, then=(move,)),),
        places=(expected[0].called if expected else None, layer.place),
    )


def _extra(evidence: Evidence) -> Iterator[Suspicion]:
    network, layer = evidence.network, evidence.candidate
    yours = _operands(network, layer, 1)
    if len(yours) != 2 or len(set(yours)) == 1:
        return
    answers = {there: here for here, there in network.answers.items()}
    behind, ends = network.behind(layer.name, 1)
    expected = [_operands(network, row.match.reference, 0) for row in behind if row.match.reference]
    reads = expected[0] if expected else _outputs(network, 0) if ends else []
    kept = [place for place, name in enumerate(yours) if answers.get(name) in reads]
    if len(kept) != 1:
        return
    named = yours[1 - kept[0]].removeprefix("input:")
    yield Suspicion(
        f"the candidate {_DOES[layer.kind]} {named} here, the reference does not",
        ("none", named),
        (Amendment(layer.name, operands=(1, 0) if kept[0] else (), instead=()),),
    )


_DOES = {"add": "adds", "multiply": "multiplies by"}


def _operands(network: Network, layer: Layer, side: int) -> list[str]:
    """What a layer reads, past what only moves data."""
    found = []
    for name in layer.inputs:
        at = name
        while at in network.layers[side] and network.layers[side][at].carries and network.layers[side][at].inputs:
            at = network.layers[side][at].inputs[0]
        found.append(at)
    return found


def _outputs(network: Network, side: int) -> list[str]:
    return list(network.outlines[side].outputs.values())


CAUSE = Cause(_suspect)
