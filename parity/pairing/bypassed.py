"""A block that one network has and the other leaves out, seen as what it is: what skips the block goes on in its place.

`x + block(x)` without the block is x, and then what reads it is easily taken for the block's own first layer, which
reads x too. So where layers that hold arrays lie in such a block and have no partner, the sum is seen through to what
skips it; if more layers answer each other then, with all that they read, that is how the networks answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from parity.nouns import Outline
from parity.pairing.graph import ORDERED, Graph, Pairs

_JOINS = ("add", "multiply")


def bypassed(
    outlines: tuple[Outline, Outline], graphs: tuple[Graph, Graph], paired: Callable[[Graph, Graph], Pairs]
) -> Pairs:
    """The pairs of two graphs as `paired` finds them, with each block seen past whose absence explains more."""
    plain = pairs = paired(*graphs)
    least = best = None
    past: tuple[dict[str, str], dict[str, str]] = {}, {}
    for side in (0, 1):
        for join, skip in _skipping(graphs[side]):
            if not _lacking(graphs[side], join, skip, pairs, side):
                continue
            least = _agreeing(graphs, plain) if least is None else least
            best = least if best is None else best
            tried = {**past[side], join: skip}
            seen = Graph(outlines[0], past[0] if side else tried), Graph(outlines[1], tried if side else past[1])
            other = paired(*seen)
            if (score := _agreeing(seen, other)) >= best:  # of blocks that are built alike, one alone explains nothing
                pairs, best = other, score
                past[side][join] = skip
    return plain if best == least else pairs


def _skipping(graph: Graph) -> Iterator[tuple[str, str]]:
    """The sums and products of what is computed from one of the operands, and that operand."""
    for name, sources in graph.before.items():
        layer = graph.layers[name]
        if layer.kind in _JOINS and len(set(sources)) > 1 and not layer.settings:
            for kept in dict.fromkeys(sources):
                others = [each for each in sources if each != kept]
                if all(kept in graph.ahead(each) for each in others):
                    yield name, kept


def _lacking(graph: Graph, join: str, skip: str, pairs: Pairs, side: int) -> bool:
    """Whether a layer between a skip and its sum holds arrays and has no partner. A norm alone may be folded away."""
    answered = pairs.reference_of if side else pairs.candidate_of
    alone = [each for each in graph.ahead(join) - graph.ahead(skip) if each in graph.before and each not in answered]
    return any(graph.parameters[each] and graph.layers[each].kind != "batch_norm" for each in alone)


def _agreeing(graphs: tuple[Graph, Graph], pairs: Pairs) -> int:
    """How many layers answer each other with all that they read."""
    reference, candidate = graphs
    answers = dict(zip(reference.inputs, candidate.inputs, strict=False)) | pairs.candidate_of
    count = 0
    for mine, yours in pairs.candidate_of.items():
        if mine in reference.before and yours in candidate.before:
            wanted = [answers.get(name, "") for name in reference.before[mine]]
            have = list(candidate.before[yours])
            ordered = reference.layers[mine].kind in ORDERED
            count += wanted == have if ordered else sorted(wanted) == sorted(have)
    return count
