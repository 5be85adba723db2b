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
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace

from parity.axes import Shape, canonical, regroups, shape_of
from parity.nouns import Layer, Match, Matches, Outline, Parameter
from parity.port import read_by, roles_of

_ORDERED = ("concat", "stack", "subtract", "divide", "power", "matmul", "einsum", "attention")
"""Kinds whose operands may not change places."""
_ONE_KIND = {"dense": "linear map", "conv": "linear map"}
"""Kinds that may compute the same: a dense layer is a convolution by one element."""


def match(reference: Outline, candidate: Outline, pins: Mapping[str, str] | None = None) -> Matches:
    """Every layer of both sides exactly once, in the reference's call order, lonely ones where they stand.

    `pins` are pairs that are given, reference to candidate, and are not questioned.
    """
    outlines = reference, candidate
    graphs = _Graph(reference), _Graph(candidate)
    pairs = _Pairs()
    for name, answer in (pins or {}).items():
        pairs.add(name, answer)
    _refine(*graphs, pairs)
    _assign(*graphs, pairs, holding=True)
    _refine(*graphs, pairs)
    _assign(*graphs, pairs, holding=False)
    _carriers(*graphs, pairs)
    moved = _moved(*graphs, pairs)
    rows = _in_order(*outlines, pairs, moved)
    return tuple(_lost(_shown(_folded(row, *graphs, pairs), *graphs, pairs), *graphs) for row in rows)


class _Pairs:
    """The matches found so far, readable from both sides."""

    def __init__(self) -> None:
        self.candidate_of: dict[str, str] = {}
        self.reference_of: dict[str, str] = {}
        self.rivals: dict[str, tuple[str, ...]] = {}

    def add(self, reference: str, candidate: str) -> None:
        self.candidate_of[reference] = candidate
        self.reference_of[candidate] = reference


class _Graph:
    """The data flow of one side, seen through what only carries data along."""

    def __init__(self, outline: Outline) -> None:
        self.layers = {layer.name: layer for layer in outline.layers}
        self.inputs = {f"input:{name}": position for position, name in enumerate(outline.inputs)}
        self.through: dict[str, str] = {}
        self.before: dict[str, tuple[str, ...]] = {}
        self.behind: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self.ends: dict[str, list[int]] = defaultdict(list)
        self.outputs = set(outline.outputs.values())
        for layer in outline.layers:
            sources = tuple(self.through.get(name, name) for name in layer.inputs)
            if layer.carries and sources:
                self.through[layer.name] = sources[0]
                continue
            if layer.kind == "concat":
                sources = tuple(part for name in sources for part in self._joined(layer, name))
            self.before[layer.name] = sources
            for position, source in enumerate(sources):
                self.behind[source].append((layer.name, position if layer.kind in _ORDERED else 0))
        for position, name in enumerate(outline.outputs.values()):
            self.ends[self.through.get(name, name)].append(position)
        self.parameters = {layer.name: self._parameters(layer) for layer in outline.layers}

    def _joined(self, layer: Layer, name: str) -> tuple[str, ...]:
        """What a concatenation reads, where one after the other and all at once are the same."""
        inner = self.layers.get(name)
        within = inner is not None and inner.kind == "concat" and inner.settings == layer.settings
        return self.before[name] if within else (name,)

    def _parameters(self, layer: Layer) -> tuple[tuple[str, tuple[int, ...]], ...]:
        return tuple(sorted((role, _bare(each)) for role, each in read_by(layer).items()))

    def kind(self, name: str) -> str:
        kind = self.layers[name].kind
        return _ONE_KIND.get(kind, kind)

    def label(self, name: str) -> Hashable:
        """What a layer is. An array that a layer may do without (a bias, a gamma) is no part of that."""
        spare = {role for role, each in roles_of(self.layers[name].kind).items() if each.neutral is not None}
        return self.kind(name), tuple(found for found in self.parameters[name] if found[0] not in spare)

    def users(self, name: str) -> list[str]:
        """The layers that read this one, those that move data included."""
        return [layer.name for layer in self.layers.values() if name in layer.inputs]

    def upstream(self, landmarks: Iterable[str]) -> dict[str, frozenset[str]]:
        """For each layer, the nearest landmarks (or inputs) that feed it."""
        marks = set(landmarks)
        near: dict[str, frozenset[str]] = {name: frozenset([name]) for name in self.inputs}
        found: dict[str, frozenset[str]] = {}
        for name, sources in self.before.items():
            found[name] = frozenset().union(*(near.get(source, frozenset()) for source in sources))
            near[name] = frozenset([name]) if name in marks else found[name]
        return found

    def downstream(self, landmarks: Iterable[str]) -> dict[str, frozenset[str]]:
        """For each layer, the nearest landmarks (or outputs) that it feeds."""
        marks = set(landmarks)
        near: dict[str, frozenset[str]] = {}
        found: dict[str, frozenset[str]] = {}
        for name in reversed(self.before):
            ends = frozenset(f"output:{position}" for position in self.ends[name])
            found[name] = ends.union(*(near[user] for user, _ in self.behind[name]))
            near[name] = frozenset([name]) if name in marks else found[name]
        return found


def _refine(reference: _Graph, candidate: _Graph, pairs: _Pairs) -> None:
    """Match by colour until no colour is unique any more; then take one of several like layers and go on."""
    while True:
        colours = _colours(reference, candidate, pairs)
        if any(_unique(*colours, pairs, pick) for pick in (lambda c: c, lambda c: c[:1], lambda c: c[1:])):
            continue
        if not _take_one(*colours, pairs):
            return


Colours = Mapping[str, tuple[Hashable, Hashable]]


def _colours(reference: _Graph, candidate: _Graph, pairs: _Pairs) -> tuple[Colours, Colours]:
    """The colour of each open layer by what is before it and by what is behind it; landmarks are themselves."""
    numbers: dict[Hashable, int] = {}

    def number(key: Hashable) -> int:
        return numbers.setdefault(key, len(numbers))

    def of(graph: _Graph, landmark: Callable[[str], Hashable]) -> Colours:
        before: dict[str, Hashable] = {name: number(("input", position)) for name, position in graph.inputs.items()}
        behind: dict[str, Hashable] = {}
        for name, sources in graph.before.items():
            feeding = [before.get(source, -1) for source in sources]
            if graph.layers[name].kind not in _ORDERED:
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
    reference: Colours, candidate: Colours, pairs: _Pairs, pick: Callable[[tuple[Hashable, ...]], Hashable]
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


def _take_one(reference: Colours, candidate: Colours, pairs: _Pairs) -> bool:
    """Pair the first of several layers that the graph cannot tell apart; the next round follows it through."""
    others = _classes(candidate, lambda colour: colour)
    for colour, names in _classes(reference, lambda colour: colour).items():
        if len(names) == len(others.get(colour, ())):
            pairs.add(names[0], others[colour][0])
            pairs.rivals[names[0]] = tuple(others[colour][1:])
            return True
    return False


def _assign(reference: _Graph, candidate: _Graph, pairs: _Pairs, *, holding: bool) -> None:
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
    found: Mapping[str, frozenset[str]], pairs: _Pairs, candidate: _Graph, reference: _Graph
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


def _carriers(reference: _Graph, candidate: _Graph, pairs: _Pairs) -> None:
    """Pair layers that only move data where both sides have one of a kind behind layers that answer each other."""
    names = dict(zip(reference.inputs, candidate.inputs, strict=False)) | pairs.candidate_of
    waiting: dict[Hashable, list[str]] = defaultdict(list)
    for name, source in candidate.through.items():
        waiting[source, candidate.layers[name].kind].append(name)
    for name, source in reference.through.items():
        if queue := waiting.get((names.get(source, ""), reference.layers[name].kind)):
            pairs.add(name, queue.pop(0))


def _moved(reference: _Graph, candidate: _Graph, pairs: _Pairs) -> set[str]:
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


def _ancestors(graph: _Graph) -> dict[str, int]:
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


def _bits(ancestors: int, graph: _Graph, places: Mapping[str, int]) -> int:
    """Ancestors by call order -> the matched ones among them, by the number of their match."""
    bits = 0
    for number, name in enumerate(graph.before):
        if ancestors >> number & 1 and name in places:
            bits |= 1 << places[name]
    return bits


def _folded(match: Match, reference: _Graph, candidate: _Graph, pairs: _Pairs) -> Match:
    """Note that a bias of the reference's goes into the batch norm behind it, where the candidate has none for it.

    Only where nothing but that norm reads the layer, on both sides: elsewhere its absence would show.
    """
    one, other = match.reference, match.candidate
    if not (one and other) or reference.kind(one.name) not in ("linear map", "conv_transpose"):
        return match
    bias = next((each for each in one.parameters if each.role == "bias"), None)
    if bias is None or "bias" in read_by(other) or shape_of(canonical(one.axes))[-1:] != bias.shape:
        return match
    mine, yours = _norm_behind(one.name, reference), _norm_behind(other.name, candidate)
    if not mine or not yours or pairs.candidate_of.get(mine) != yours:
        return match
    return replace(match, folds=mine)


def _norm_behind(name: str, graph: _Graph) -> str:
    """The batch norm that alone reads this layer; nothing where there is none."""
    users = graph.users(name)
    if len(users) != 1 or name in graph.outputs:
        return ""
    layer = graph.layers[users[0]]
    if layer.kind in ("dropout", "identity"):
        return _norm_behind(layer.name, graph)
    shared = any(each.shares == layer.name for each in graph.layers.values()) or layer.shares
    holds = {each.role for each in layer.parameters}
    along = layer.settings.get("over") == str(canonical(graph.layers[name].axes)[-1])
    return layer.name if layer.kind == "batch_norm" and "mean" in holds and along and not shared else ""


def _shown(match: Match, reference: _Graph, candidate: _Graph, pairs: _Pairs) -> Match:
    """Note where a pair shows its values: behind a crop or pad of one side's own that the other has in the layer."""
    if not (match.reference and match.candidate):
        return match
    steps = match.reference.name, match.candidate.name
    wanted = [shape_of(canonical(layer.axes)) for layer in (match.reference, match.candidate)]
    if regroups(*wanted):
        return match
    mine = _fitting(steps[0], wanted[1], reference, pairs.candidate_of)
    yours = _fitting(steps[1], wanted[0], candidate, pairs.reference_of)
    if mine or yours:
        return replace(match, steps=(mine or steps[0], steps[1] if mine else yours))
    return match


def _fitting(name: str, wanted: Shape, graph: _Graph, paired: Mapping[str, str]) -> str:
    """The crop or pad without a partner behind a layer whose output has this shape; nothing where there is none."""
    users = graph.users(name)
    if len(users) != 1 or name in graph.outputs:
        return ""
    layer = graph.layers[users[0]]
    if layer.kind not in ("slice", "pad", "permute", "reshape") or layer.name in paired:
        return ""
    return (
        layer.name if regroups(shape_of(canonical(layer.axes)), wanted) else _fitting(layer.name, wanted, graph, paired)
    )


def _lost(match: Match, reference: _Graph, candidate: _Graph) -> Match:
    """Note where the order of the axis that a kernel reads was lost, so that the port may have it wrong."""
    if not (match.reference and match.candidate) or not any(
        each.role == "kernel" for each in match.reference.parameters
    ):
        return match
    for side, layer, graph in (("reference", match.reference, reference), ("candidate", match.candidate, candidate)):
        before = graph.layers.get(layer.inputs[0]) if layer.inputs else None
        last = None
        while before is not None and before.axes and before.axes[-1].lost:
            last, before = before, graph.layers.get(before.inputs[0]) if before.inputs else None
        if last is not None:
            place = f" ({last.place})" if last.place else ""
            return replace(match, lost=f"{last.name} of the {side}{place}")
    return match


def _bare(each: Parameter) -> tuple[int, ...]:
    """A kernel's shape without spatial axes of one element: those of a 1×1 convolution, of (k, 1) against (k)."""
    if each.role != "kernel":
        return each.shape
    return (*(size for size in each.shape[:-2] if size != 1), *each.shape[-2:])


def _in_order(reference: Outline, candidate: Outline, pairs: _Pairs, moved: set[str]) -> Matches:
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
