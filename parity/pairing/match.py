"""Two Outlines -> Matches: which candidate layer answers which reference layer.

Names are never read. What decides is what a layer is (its kind and the shapes of its parameters) and where
it stands in the graph of the data flow:

1. *Refine.* Each layer gets a colour out of its own label and the colours of what feeds it, and another out
   of what it feeds. Layers whose colour is unique on both sides answer each other, and then serve as
   landmarks for the next round. A faithful port is matched whole in a round or two.
2. *Assign.* What a difference between the networks leaves over is assigned by likeness: kind, parameters,
   and the landmarks before and behind (`scipy.optimize.linear_sum_assignment`).

Layers that only move data (reshape, transpose, dropout at inference) are looked through, and matched last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping

from parity.axes import canonical, shape_of
from parity.nouns import Layer, Match, Matches, Outline
from parity.pairing.bypassed import bypassed
from parity.pairing.graph import ORDERED, Graph, Pairs
from parity.pairing.remarks import crossed, folded, lost, shown

_REACH = 2
"""How many steps around a layer are looked at, where no landmark tells it from another."""
_AGAIN = 0.5
"""By how much a later call of a layer is the less likely answer to a layer of its own."""


def match(reference: Outline, candidate: Outline, pins: Mapping[str, str] | None = None) -> Matches:
    """Every layer of both sides exactly once, in the reference's call order, lonely ones where they stand.

    `pins` are pairs that are given, reference to candidate, and are not questioned.
    """
    outlines = reference, candidate
    graphs = Graph(reference), Graph(candidate)
    pairs = bypassed(outlines, graphs, lambda mine, yours: _paired(mine, yours, pins or {}))
    rows = _in_order(*outlines, pairs, _moved(*graphs, pairs))
    rows = tuple(shown(folded(row, *graphs, pairs), *graphs, pairs) for row in rows)
    return tuple(lost(crossed(row, *graphs), *graphs) for row in rows)


def _paired(reference: Graph, candidate: Graph, pins: Mapping[str, str]) -> Pairs:
    pairs = Pairs()
    for name, answer in pins.items():
        pairs.add(name, answer)
    _refine(reference, candidate, pairs)
    _assign(reference, candidate, pairs, holding=True)
    _refine(reference, candidate, pairs)
    _assign(reference, candidate, pairs, holding=False)
    _carriers(reference, candidate, pairs)
    return pairs


def _refine(reference: Graph, candidate: Graph, pairs: Pairs) -> None:
    """Match by colour until no colour is unique any more; then take one of several like layers and go on."""
    while True:
        colours = _colours(reference, candidate, pairs)
        if any(_unique(*colours, pairs, pick) for pick in (lambda c: c, lambda c: c[:1], lambda c: c[1:])):
            continue
        if not _take_one(*colours, pairs):
            return


Colours = Mapping[str, tuple[Hashable, Hashable]]


def _colours(reference: Graph, candidate: Graph, pairs: Pairs) -> tuple[Colours, Colours]:
    """The colour of each open layer by what is before it and by what is behind it; landmarks are themselves."""
    numbers: dict[Hashable, int] = {}

    def number(key: Hashable) -> int:
        return numbers.setdefault(key, len(numbers))

    def of(graph: Graph, landmark: Callable[[str], Hashable]) -> Colours:
        before: dict[str, Hashable] = {name: number(("input", position)) for name, position in graph.inputs.items()}
        behind: dict[str, Hashable] = {}
        for name, sources in graph.before.items():
            feeding = [before.get(source, -1) for source in sources]
            if graph.layers[name].kind not in ORDERED:
                feeding.sort(key=str)
            mark = landmark(name)
            before[name] = number(("before", graph.label(name), tuple(feeding)) if mark is None else mark)
        for name in reversed(graph.before):
            fed = sorted([(str(behind[user]), position) for user, position in graph.behind[name]])
            mark = landmark(name)
            key = ("behind", graph.label(name), tuple(fed), tuple(graph.ends[name]))
            behind[name] = number(key if mark is None else mark)
        return {name: (before[name], behind[name]) for name in graph.before if landmark(name) is None}

    def of_reference(name: str) -> Hashable:
        return ("pair", name) if name in pairs.candidate_of else None

    def of_candidate(name: str) -> Hashable:
        return ("pair", pairs.reference_of[name]) if name in pairs.reference_of else None

    return of(reference, of_reference), of(candidate, of_candidate)


def _classes(colours: Colours, pick: Callable[[tuple[Hashable, ...]], Hashable]) -> dict[Hashable, list[str]]:
    classes: dict[Hashable, list[str]] = defaultdict(list)
    for name, colour in colours.items():
        classes[pick(colour)].append(name)
    return classes


def _unique(
    reference: Colours, candidate: Colours, pairs: Pairs, pick: Callable[[tuple[Hashable, ...]], Hashable]
) -> bool:
    others = _classes(candidate, pick)
    found = [
        (names[0], others[colour][0])
        for colour, names in _classes(reference, pick).items()
        if len(names) == 1 and len(others.get(colour, ())) == 1
    ]
    new = [(ref, cand) for ref, cand in found if ref not in pairs.candidate_of and cand not in pairs.reference_of]
    for ref, cand in new:
        pairs.add(ref, cand)
    return bool(new)


def _take_one(reference: Colours, candidate: Colours, pairs: Pairs) -> bool:
    """Pair the first of several layers that the graph cannot tell apart; the next round follows it through."""
    others = _classes(candidate, lambda colour: colour)
    for colour, names in _classes(reference, lambda colour: colour).items():
        if len(names) == len(others.get(colour, ())):
            pairs.add(names[0], others[colour][0])
            pairs.rivals[names[0]] = tuple(others[colour][1:])
            return True
    return False


def _assign(reference: Graph, candidate: Graph, pairs: Pairs, *, holding: bool) -> None:
    """Assign what is left, layers that hold parameters or those that hold none, to the likest of their kind."""
    left = [
        name
        for name in reference.before
        if name not in pairs.candidate_of and bool(reference.parameters[name]) == holding
    ]
    right = [
        name
        for name in candidate.before
        if name not in pairs.reference_of and bool(candidate.parameters[name]) == holding
    ]
    if not left or not right:
        return
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    before = (
        reference.upstream(pairs.candidate_of),
        _renamed(candidate.upstream(pairs.reference_of), pairs, candidate, reference),
    )
    behind = (
        reference.downstream(pairs.candidate_of),
        _renamed(candidate.downstream(pairs.reference_of), pairs, candidate, reference),
    )
    around = [
        {name: graph.near(name, _REACH) for name in names} for graph, names in ((reference, left), (candidate, right))
    ]
    likeness = np.zeros((len(left), len(right)))
    for i, ref in enumerate(left):
        for j, cand in enumerate(right):
            if reference.kind(ref) != candidate.kind(cand):
                continue
            places = [_overlap(side[0][ref], side[1][cand]) for side in (before, behind)]
            changed_places = before[0][ref] & behind[1][cand] or behind[0][ref] & before[1][cand]
            if not holding and min(places) == 0 and not changed_places:
                continue  # A bare relu is known by its place alone: between the same two, or past one it had before it.
            likeness[i, j] = 1 + 2 * _alike(reference.parameters[ref], candidate.parameters[cand]) + 2 * sum(places)
            same = sum(one == other for one, other in zip(around[0][ref], around[1][cand], strict=True))
            mine, yours = reference.layers[ref], candidate.layers[cand]
            likeness[i, j] += same / len(around[0][ref]) + _set_alike(mine, yours)
            likeness[i, j] -= _AGAIN * (mine.shares is None) * (yours.shares is not None)
    order = 1 - np.abs(np.linspace(0, 1, len(left))[:, None] - np.linspace(0, 1, len(right)))
    chosen = list(zip(*linear_sum_assignment(likeness + (likeness > 0) * order / 2, maximize=True), strict=True))
    for i, j in chosen:
        if likeness[i, j] > 0:
            pairs.add(left[i], right[j])
            # Two pairs that could as well have been crossed are told apart by their places in call order alone.
            crossed = [
                other
                for row, other in chosen
                if row > i
                and likeness[i, other] + likeness[row, j] == likeness[i, j] + likeness[row, other] > 0
                and likeness[i, other] > 0 < likeness[row, j]
            ]
            if crossed:
                pairs.rivals[left[i]] = tuple(right[other] for other in crossed)


def _renamed(
    found: Mapping[str, frozenset[str]], pairs: Pairs, candidate: Graph, reference: Graph
) -> dict[str, frozenset[str]]:
    """Candidate landmarks and inputs under the reference's names."""
    names = dict(zip(candidate.inputs, reference.inputs, strict=False)) | pairs.reference_of
    return {name: frozenset(names.get(mark, mark) for mark in marks) for name, marks in found.items()}


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0


def _alike(one: tuple[tuple[str, tuple[int, ...]], ...], other: tuple[tuple[str, tuple[int, ...]], ...]) -> float:
    """The share of equal dimensions, role by role."""
    first, second = dict(one), dict(other)
    roles = first.keys() | second.keys()
    if not roles:
        return 1.0
    shares = []
    for role in roles:
        if role in first and role in second and len(first[role]) == len(second[role]):
            sizes = list(zip(first[role], second[role], strict=True))
            shares.append(sum(a == b for a, b in sizes) / len(sizes) if sizes else 1.0)
        else:
            shares.append(0.0)
    return sum(shares) / len(shares)


def _set_alike(one: Layer, other: Layer) -> float:
    """The share of equal settings among those that both have."""
    names = one.settings.keys() & other.settings.keys()
    return sum(one.settings[name] == other.settings[name] for name in names) / len(names) if names else 0.0


def _carriers(reference: Graph, candidate: Graph, pairs: Pairs) -> None:
    """Pair layers that only move data where both sides have one of a kind behind layers that answer each other.

    Of several, those that give one shape come first: two slices of one tensor may be written in another order.
    """
    names = dict(zip(reference.inputs, candidate.inputs, strict=False)) | pairs.candidate_of
    for shaped in (True, False):
        waiting: dict[Hashable, list[str]] = defaultdict(list)
        for name, source in candidate.through.items():
            if name not in pairs.reference_of:
                waiting[source, _moves(candidate.layers[name], shaped)].append(name)
        for name, source in reference.through.items():
            queue = waiting.get((names.get(source, ""), _moves(reference.layers[name], shaped)))
            if queue and name not in pairs.candidate_of:
                pairs.add(name, queue.pop(0))


def _moves(layer: Layer, shaped: bool) -> Hashable:
    """What a layer that moves data does: its kind, and the shape that it gives."""
    return (layer.kind, shape_of(canonical(layer.axes))) if shaped else layer.kind


def _moved(reference: Graph, candidate: Graph, pairs: Pairs) -> set[str]:
    """Reference layers that stand before a layer behind which their partner stands, and those layers."""
    before = _ancestors(reference), _ancestors(candidate)
    moved: set[str] = set()
    matched = [
        name for name in reference.before if name in pairs.candidate_of and pairs.candidate_of[name] in candidate.before
    ]
    places = {name: position for position, name in enumerate(matched)}
    back = {pairs.candidate_of[name]: position for name, position in places.items()}
    own = {name: _bits(before[0][name], reference, places) for name in matched}
    theirs = {name: _bits(before[1][pairs.candidate_of[name]], candidate, back) for name in matched}
    for name in matched:
        for other in matched:
            if own[name] >> places[other] & 1 and theirs[other] >> places[name] & 1:
                moved |= {name, other}
    return moved


def _ancestors(graph: Graph) -> dict[str, int]:
    """Everything upstream of each layer, as a set of bits by position in call order."""
    position = {name: number for number, name in enumerate(graph.before)}
    found: dict[str, int] = {}
    for name, sources in graph.before.items():
        bits = 0
        for source in sources:
            if source in position:
                bits |= found[source] | 1 << position[source]
        found[name] = bits
    return found


def _bits(ancestors: int, graph: Graph, places: Mapping[str, int]) -> int:
    """Ancestors by call order -> the matched ones among them, by the number of their match."""
    bits = 0
    for number, name in enumerate(graph.before):
        if ancestors >> number & 1 and name in places:
            bits |= 1 << places[name]
    return bits


def _in_order(reference: Outline, candidate: Outline, pairs: Pairs, moved: set[str]) -> Matches:
    """The reference's layers in call order; a lonely candidate layer stands behind its predecessor's pair."""
    answers = {layer.name: layer for layer in candidate.layers}
    rows = [
        Match(
            layer,
            answers.get(pairs.candidate_of.get(layer.name, "")),
            layer.name in moved,
            pairs.rivals.get(layer.name, ()),
        )
        for layer in reference.layers
    ]
    previous: str | None = None
    for layer in candidate.layers:
        if layer.name not in pairs.reference_of:
            at = next((i for i, row in enumerate(rows) if row.candidate and row.candidate.name == previous), -1)
            rows.insert(at + 1, Match(None, layer))
        previous = layer.name
    return tuple(rows)
