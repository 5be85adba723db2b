"""Two pairs that a fault behind them has crossed: each layer computes what the other one's partner does.

The graph tells twins (both directions of a recurrent layer, a filter and its gate) by what reads them. Where just
that is the fault, as the operands of a concatenation that are exchanged, it tells them wrongly; then neither
agrees, and both do once they are exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from parity.nouns import Match, Matches, Outline
from parity.pairing.graph import Graph
from parity.pairing.match import match
from parity.pairing.trial import TRIES, Trial

Way = tuple[tuple[str, str], tuple[str, str]]
"""Two layers of the reference's, each with the candidate's layer that would answer it."""


def crossable(outlines: tuple[Outline, Outline], matches: Matches, given: Mapping[str, str]) -> list[Way]:
    """The pairs of layers that hold arrays and could be exchanged, by what they are and by what they read.

    `given` are pairs that are not questioned.
    """
    graphs = Graph(outlines[0]), Graph(outlines[1])
    answers = {each.name: each.candidate.name for each in matches if each.reference and each.candidate}
    answers |= dict(zip(graphs[0].inputs, graphs[1].inputs, strict=False))
    holding = [
        each for each in matches if each.candidate and each.reference and each.reference.parameters and not each.moved
    ]
    open_ = [each for each in holding if each.name not in given and not each.carries]
    labels = [graphs[0].label(each.name) for each in open_]
    return [
        found
        for at, one in enumerate(open_)
        for place, other in enumerate(open_[:at])
        if labels[place] == labels[at]
        for found in _exchanged(other, one, graphs, answers)
    ]


def _exchanged(one: Match, other: Match, graphs: tuple[Graph, Graph], answers: Mapping[str, str]) -> Iterator[Way]:
    """Both pairs exchanged, if one of the two then reads what answers what its partner reads."""
    assert one.candidate and other.candidate
    exchanged = (one.name, other.candidate.name), (other.name, one.candidate.name)
    for mine, yours in exchanged:
        wanted = tuple(answers.get(name, "") for name in graphs[0].before[mine])
        if all(wanted) and wanted == graphs[1].before[yours]:
            yield exchanged
            return


def uncrossed(trial: Trial, outlines: tuple[Outline, Outline], matches: Matches, given: Mapping[str, str]) -> Matches:
    """The matches with those pairs exchanged by which more layers agree alone, each on equal inputs."""
    best = trial.alone(matches)
    tried: set[Way] = set()
    rivals = {each.name: each.rivals for each in matches}
    while trial.made < TRIES:
        ways = [
            way
            for way in crossable(outlines, matches, given)
            if way not in tried and not best & {name for name, _ in way}
        ]
        if not ways:
            break
        tried.add(ways[0])
        # What holds arrays stays where it is; what stands between follows.
        pins = {each.name: each.candidate.name for each in matches if each.candidate and _holds(each)}
        other = match(*outlines, {**pins, **given, **dict(ways[0])})
        if len(alone := trial.alone(other)) > len(best):
            matches, best = other, alone
    return tuple(replace(each, rivals=rivals.get(each.name, ())) for each in matches)


def _holds(pair: Match) -> bool:
    return pair.reference is not None and bool(pair.reference.parameters)
