"""The data flow of one side as matching sees it, and the pairs found so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping

from parity.nouns import Layer, Outline, Parameter
from parity.port import read_by, roles_of

ORDERED = ("concat", "stack", "subtract", "divide", "power", "matmul", "einsum", "attention")
"""Kinds whose operands may not change places."""
_ONE_KIND = {"dense": "linear map", "conv": "linear map"}
"""Kinds that may compute the same: a dense layer is a convolution by one element."""


class Pairs:
    """The matches found so far, readable from both sides."""

    def __init__(self) -> None:
        self.candidate_of: dict[str, str] = {}
        self.reference_of: dict[str, str] = {}
        self.rivals: dict[str, tuple[str, ...]] = {}

    def add(self, reference: str, candidate: str) -> None:
        self.candidate_of[reference] = candidate
        self.reference_of[candidate] = reference


class Graph:
    """The data flow of one side, seen through what only carries data along.

    `past` names sums that are seen through too, each to one of its operands.
    """

    def __init__(self, outline: Outline, past: Mapping[str, str] | None = None) -> None:
        past = past or {}
        self.layers = {layer.name: layer for layer in outline.layers}
        self.inputs = {f"input:{name}": position for position, name in enumerate(outline.inputs)}
        self.through: dict[str, str] = {}
        self.before: dict[str, tuple[str, ...]] = {}
        self.behind: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self.ends: dict[str, list[int]] = defaultdict(list)
        self.outputs = set(outline.outputs.values())
        readers = Counter([*(name for layer in outline.layers for name in layer.inputs), *self.outputs])
        self.stops = {claim.source for claim in outline.claims if claim.stops}
        joined: Counter[str] = Counter()
        for layer in outline.layers:
            sources = tuple(self.through.get(name, name) for name in layer.inputs)
            if layer.name in past or (layer.carries and sources):
                kept = past.get(layer.name, sources[0] if sources else "")
                self.through[layer.name] = self.through.get(kept, kept)
                continue
            if layer.kind == "concat" or (layer.kind == "add" and not layer.settings):
                within = [name for name in sources if self._within(layer, name, readers[name])]
                joined.update(within)
                sources = tuple(part for name in sources for part in (self.before[name] if name in within else (name,)))
            self.before[layer.name] = sources
            for position, source in enumerate(sources):
                self.behind[source].append((layer.name, position if layer.kind in ORDERED else 0))
        # One step of a longer sum is no reader of its own: in which order the rest is summed tells operands not apart.
        steps = {name for name, count in joined.items() if count == readers[name]}
        self.behind = defaultdict(
            list, {name: [each for each in users if each[0] not in steps] for name, users in self.behind.items()}
        )
        for position, name in enumerate(outline.outputs.values()):
            self.ends[self.through.get(name, name)].append(position)
        self.parameters = {layer.name: self._parameters(layer) for layer in outline.layers}

    def _within(self, layer: Layer, name: str, readers: int) -> bool:
        """Whether a concatenation or a sum takes in one before it: one after the other and all at once are the same."""
        inner = self.layers.get(name)
        alike = inner is not None and inner.kind == layer.kind and inner.settings == layer.settings
        return alike and (layer.kind == "concat" or readers == 1)  # what else reads a sum is a skip's end

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

    def ahead(self, name: str) -> frozenset[str]:
        """All that a layer is computed from, inputs included."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            new = [each for each in self.before.get(waiting.pop(), ()) if each not in found]
            found.update(new)
            waiting += new
        return frozenset(found)

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

    def near(self, name: str, reach: int) -> tuple[Hashable, ...]:
        """What stands around a layer, by what each is, at most so many steps before it, and then behind it.

        Of layers that no landmark tells apart, these are alike as far as their surroundings are. Last stands as which
        operand it is read, where operands may not change places.
        """
        found: list[Hashable] = []
        for step in (self._read_of, self._readers_of):
            around = {name}
            for _ in range(reach):
                around = {each for one in around for each in step(one)}
                found.append(tuple(sorted(str(self.label(each)) for each in around)))
        found.append(tuple(sorted((str(self.label(user)), position) for user, position in self.behind[name])))
        return tuple(found)

    def _read_of(self, name: str) -> list[str]:
        return [each for each in self.before[name] if each in self.before]

    def _readers_of(self, name: str) -> list[str]:
        return [user for user, _ in self.behind[name]]


def _bare(each: Parameter) -> tuple[int, ...]:
    """A kernel's shape without spatial axes of one element: those of a 1×1 convolution, of (k, 1) against (k)."""
    if each.role != "kernel":
        return each.shape
    return (*(size for size in each.shape[:-2] if size != 1), *each.shape[-2:])
