"""A concatenation of other tensors than the reference's.

What it is: the skip of a U-Net, or a branch, is taken before an activation or a norm instead of behind it, or from
another block.
How it shows: no shape or count differs; the concatenation parts although all before it agrees.
How to mend: concatenate what the reference does.
Example: `x1 = self.conv1(x); … torch.cat([x1, up], 1)` where the reference keeps `relu(conv1(x))`.
Source: Ronneberger et al. 2015, figure 1: the copies are taken behind the activations.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.recomputed import recomputed
from parity.nouns import Amendment, Move


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "concat" or not evidence.paired or evidence.row.status in ("moved", "stepwise"):
        return
    network, candidate = evidence.network, evidence.candidate
    if (left_out := _left_out(evidence)) is not None:
        yield left_out
        return
    mine = [network.source(name, 0) for name in evidence.reference.inputs]
    wanted = [network.answers.get(name, "") for name in mine]
    yours = [network.source(name, 1) for name in candidate.inputs]
    axes = [str(axis) for axis in candidate.axes]
    over = candidate.settings.get("over")
    if "" in wanted or len(wanted) != len(yours) or sorted(wanted) == sorted(yours) or axes.count(str(over)) != 1:
        return
    first = next(place for place, pair in enumerate(zip(wanted, yours, strict=True)) if pair[0] != pair[1])
    here, there = yours[first].removeprefix("input:"), mine[first].removeprefix("input:")
    move = Move("concat", {"sources": tuple(wanted), "axis": axes.index(str(over))})
    yield Suspicion(
        f"reads {here} where the reference reads {there}",
        (there, here),
        (Amendment(candidate.name, instead=(move,)),),
        covers=frozenset([evidence.row.match.name]),
    )


def _left_out(evidence: Evidence) -> Suspicion | None:
    """One operand is a join that only the reference makes: the candidate reads what stands before it."""
    network = evidence.network
    mine = [network.past_carriers(name, 0) for name in evidence.reference.inputs]
    yours = [network.past_carriers(name, 1) for name in evidence.candidate.inputs]
    if len(mine) != len(yours):
        return None
    both = list(zip(mine, yours, strict=True))
    differing = [pair for pair in both if network.answers.get(pair[0]) != pair[1]]
    branch = network.lonely_before(differing[0][0]) if len(differing) == 1 else frozenset()
    joins = any(len(network.layers[0][name].inputs) > 1 for name in branch)
    if not joins or len(branch) < 2 or network.partner_of(differing[0][1]) is None:
        return None
    if network.stands_for(differing[0][0]) == differing[0][1]:
        return None  # it is one of what that sum adds: a skip is what it lacks
    there, here = (name.removeprefix("input:") for name in differing[0])
    told = f"reads {here} where the reference reads {there}, which is not computed here"
    amendments = _computed(evidence, [network.answers.get(one) != other for one, other in both].index(True), mine)
    return Suspicion(told, (there, here), amendments, covers=branch | {evidence.row.match.name})


def _computed(evidence: Evidence, place: int, mine: list[str]) -> tuple[Amendment, ...]:
    """The concatenation with one operand computed as the reference does, of what the candidate has."""
    network, candidate = evidence.network, evidence.candidate
    axes, over = [str(axis) for axis in candidate.axes], str(candidate.settings.get("over"))
    made = recomputed(network, mine[place], network.layers[1].get(candidate.inputs[place]))
    if not made or axes.count(over) != 1:
        return ()
    before, behind = candidate.inputs[:place], candidate.inputs[place + 1 :]
    join = Move("beside", {"sources": (*before, *behind), "place": place, "axis": axes.index(over)})
    return (Amendment(candidate.name, instead=(*made, join)),)


CAUSE = Cause(_suspect)
