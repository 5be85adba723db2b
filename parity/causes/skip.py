"""A skip connection that only one network has, or that one of them takes from another place.

What it is: the sum of a residual block, with what stood before the block. A port forgets it, adds what the
activation gave instead of what it read, or adds where nothing is added.
How it shows: no shape or count differs.
How to mend: keep what the reference adds under a name of its own, and add that.
Example: `x = F.relu(self.conv(x)); return x + x` where the reference adds what the convolution read.
Source: the published Magnitude network, whose output adds the input.
"""

from collections import Counter
from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network, called
from parity.nouns import Amendment, Layer, Match, Move, Place

_KINDS = ("add", "multiply")
_DOES = {"add": "adds", "multiply": "multiplies by"}
_OF_ALL = {"add": "sum", "multiply": "product"}


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
    """Both add, and not the same operands."""
    network, candidate = evidence.network, evidence.candidate
    mine, yours = _operands(network, evidence.reference, 0), _operands(network, candidate, 1)
    wanted = [network.answers.get(name, "") for name in mine]
    lacking, surplus = Counter(wanted) - Counter(yours), Counter(yours) - Counter(wanted)
    unknown = [name for name, answer in zip(mine, wanted, strict=True) if not answer]
    if not (lacking or surplus) or lacking.total() == len(mine) or len(unknown) > 1:
        return
    branch = frozenset(each for name in unknown for each in network.lonely_before(name))
    if unknown and (lacking.total() > 1 or surplus.total() > 1 or not _holds(network, branch)):
        return
    instead = [each for each in surplus if each not in wanted]  # and not what is there anyway, read twice
    if unknown and any(_read_by(network, branch, each) or _lonely(network, each) for each in instead):
        return  # what it reads instead stands in the place of the layers that it has not: these are what it lacks
    for here in surplus:
        writer = network.layers[1].get(here)
        if writer is not None and writer.in_place and set(_operands(network, writer, 1)) & set(lacking):
            return  # it reads the right tensor, which another call has changed in place: another cause
    first = _named([mine[wanted.index(name)] for name in lacking.elements()])
    second = _named(list(surplus.elements()))
    if first and second:
        sentence = f"the skip is taken from {first} in the reference and from {second} here"
    elif first:
        sentence = f"the reference {_DOES[candidate.kind]} {first} here, the candidate does not"
    else:
        sentence = f"the candidate {_DOES[candidate.kind]} {second} here, the reference does not"
    laid = [
        network.laid_out(answer, candidate) if answer else network.lent_to(name, candidate)
        for name, answer in zip(mine, wanted, strict=True)
    ]
    yield Suspicion(
        sentence,
        (first or "none", second or "none"),
        (Amendment(candidate.name, instead=(_of_all(candidate.kind, laid),)),) if all(laid) else (),
        covers=frozenset([evidence.row.match.name]) | branch,
    )


def _missing(evidence: Evidence) -> Iterator[Suspicion]:
    """The candidate has one of those that are added, and its next layers read that."""
    network, layer = evidence.network, evidence.reference
    mine = _operands(network, layer, 0)
    wanted = [network.stands_for(name) for name in mine]
    if len(set(mine)) != len(mine) or len(mine) < 2 or _part_of_another(network, layer, 0):
        return
    behind, ends = network.behind(layer.name, 0)
    expected = [row.match.candidate for row in behind if row.match.candidate]
    reading = [place for place, name in enumerate(wanted) if name and _reach(network, name, expected, ends)]
    if not reading:
        return
    kept = max(reading, key=lambda place: network.place(wanted[place]))
    lacking = [name for place, name in enumerate(mine) if place != kept]
    named = _named(lacking)
    unknown = [name for name in lacking if not network.answers.get(name)]
    does = _DOES[layer.kind]
    yield Suspicion(
        f"the reference {does} {named} here, " + ("which is not computed" if unknown else "the candidate does not"),
        (named, "none"),
        _added(network, layer.kind, wanted[kept], lacking, expected),
        places=(_would_stand(network, mine, expected), layer.place),
        covers=frozenset(each for name in unknown for each in network.lonely_before(name)),
    )


def _would_stand(network: Network, operands: list[str], expected: list[Layer]) -> Place | None:
    """Where the candidate would add: before what reads the sum, or behind its operands if another module reads it."""
    made = [network.layers[1][each] for name in operands for each in network.made_of(name) if network.place(each) >= 0]
    latest = max(made, key=lambda each: network.place(each.name), default=None)
    for reader in expected[:1]:
        if latest is None or _module(reader) == _module(latest):
            return reader.called
    return called(latest)


def _module(layer: Layer) -> str:
    return layer.name.rpartition("." if "." in layer.name else "/")[0]


def _named(names: list[str]) -> str:
    return " and ".join(name.removeprefix("input:") for name in names)


def _extra(evidence: Evidence) -> Iterator[Suspicion]:
    network, layer = evidence.network, evidence.candidate
    yours = _operands(network, layer, 1)
    if len(set(yours)) != 2 or len(yours) != 2 or _part_of_another(network, layer, 1):
        return
    answers = {there: here for here, there in network.answers.items()}
    behind, ends = network.behind(layer.name, 1)
    expected = [_read_there(network, layer, row.match) for row in behind if row.match.reference]
    reads = expected[0] if expected else list(network.outlines[0].outputs.values()) if ends else []
    kept = [place for place, name in enumerate(yours) if answers.get(name) in reads]
    if len(kept) != 1:
        return
    named = yours[1 - kept[0]].removeprefix("input:")
    yield Suspicion(
        f"the candidate {_DOES[layer.kind]} {named} here, the reference does not",
        ("none", named),
        (Amendment(layer.name, operands=(1, 0) if kept[0] else (), instead=()),),
    )


def _added(network: Network, kind: str, kept: str, lacking: list[str], expected: list[Layer]) -> tuple[Amendment, ...]:
    """The candidate with what it lacks: behind what it has, or before each of those that read that."""
    readers = [each.name for each in network.computing_users(kept, 1)]
    alone = sorted(readers) == sorted(each.name for each in expected) or (not readers and not expected)
    there = [network.stands_for(name) for name in lacking]
    known = all(not name or name in network.layers[1] for name in there) or not expected
    if alone and known and kept in network.layers[1] and max(map(network.place, there)) < network.place(kept):
        moves = _moves(network, kind, lacking, network.layers[1][kept])
        return (Amendment(kept, then=moves),) if moves else ()
    wanted, found = {each.name for each in expected}, []
    for reader in _first_readers(network, kept, expected):
        behind = network.computing_users(reader.name, 1) if reader.carries else [reader]
        reached = {each.name for each in behind}
        if not reached & wanted:
            continue
        places = [at for at, name in enumerate(reader.inputs) if network.past_carriers(name, 1) == kept]
        given = network.layers[1].get(reader.inputs[places[0]], reader)  # of an input nothing else tells its axes
        moves = _moves(network, kind, lacking, given)
        if not moves or len(places) != 1 or reached - wanted:
            return ()
        found.append(Amendment(reader.name, before=moves, at=places[0]))
    return tuple(found)


def _first_readers(network: Network, kept: str, expected: list[Layer]) -> list[Layer]:
    """Where what is added meets what it is added to: at those that compute, or before a pad, which changes its size."""
    layers = network.layers[1]
    given = [
        layers[name] for each in expected for name in each.inputs if network.past_carriers(name, 1) == kept != name
    ]
    resized = kept in layers and any(sorted(each.shape) != sorted(layers[kept].shape) for each in given)
    return network.users(kept, 1) if resized else expected


def _moves(network: Network, kind: str, lacking: list[str], like: Layer | None) -> tuple[Move, ...]:
    """What the reference adds, added: the candidate's own values, or the reference's where it has none."""
    there = [(network.stands_for(name), name) for name in lacking]
    laid = [network.laid_out(own, like) if own else network.lent_to(name, like) for own, name in there]
    steps = [{"step": each[0], "order": each[1]} if each[1] else {"step": each[0]} for each in laid if each]
    return tuple(Move(kind, step) for step in steps) if len(steps) == len(lacking) else ()


def _of_all(kind: str, laid: list[tuple[str, tuple[int, ...]] | None]) -> Move:
    told = [each for each in laid if each]
    return Move(_OF_ALL[kind], {"sources": [name for name, _ in told], "orders": [order for _, order in told]})


def _reach(network: Network, name: str, expected: list[Layer], ends: bool) -> bool:
    """Whether all that is expected to read a sum reads this instead, and the network ends here where it should."""
    readers = [each.name for each in network.computing_users(name, 1)]
    given = any(network.past_carriers(each, 1) == name for each in network.outlines[1].outputs.values())
    return all(each.name in readers for each in expected) and (bool(expected) or (ends and given))


def _part_of_another(network: Network, layer: Layer, side: int) -> bool:
    """Whether this is one step of a sum of more operands, of which the last step tells."""
    users = network.computing_users(layer.name, side)
    return len(users) == 1 and users[0].kind == layer.kind and network.lonely(layer, side) and not users[0].settings


def _read_there(network: Network, layer: Layer, match: Match) -> list[str]:
    """What the reference's reader has where the candidate's reads this layer; all that it reads, if that is unclear."""
    assert match.reference and match.candidate
    places = [at for at, name in enumerate(match.candidate.inputs) if network.past_carriers(name, 1) == layer.name]
    mine = match.reference.inputs
    if match.kind in _KINDS or len(places) != 1 or len(mine) != len(match.candidate.inputs):
        return _operands(network, match.reference, 0)
    return [network.past_carriers(mine[places[0]], 0)]


def _holds(network: Network, branch: frozenset[str]) -> bool:
    """Whether some of these layers of the reference's hold arrays: an activation that is lacking is another cause."""
    return any(network.layers[0][name].parameters for name in branch)


def _lonely(network: Network, name: str) -> bool:
    layer = network.layers[1].get(name)
    return layer is not None and network.lonely(layer, 1)


def _read_by(network: Network, branch: frozenset[str], name: str) -> bool:
    """Whether layers of the reference's read what this one of the candidate's answers."""
    return any(network.answers.get(each) == name for layer in branch for each in network.layers[0][layer].inputs)


def _operands(network: Network, layer: Layer, side: int) -> list[str]:
    """What a layer reads, past what only moves data and past steps of the same sum that have no partner."""
    found = []
    for name in layer.inputs:
        at = network.past_carriers(name, side)
        inner = network.layers[side].get(at)
        same = inner is not None and inner.kind == layer.kind and len(inner.inputs) > 1 and not inner.settings
        if inner is not None and same and network.lonely(inner, side) and len(network.users(at, side)) == 1:
            found += _operands(network, inner, side)
        else:
            found.append(at)
    return found


CAUSE = Cause(_suspect)
