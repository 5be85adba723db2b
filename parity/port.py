"""Canonical weights of the reference -> canonical weights of the candidate, and the account of every array.

Both sides hand over and take canonical arrays, so what remains here is bookkeeping: each parameter and
buffer of both sides is carried exactly once or stands in the ledger with the reason why not. Where the two
sides cut the same function differently the port does arithmetic (a bias added to another, or taken from the
mean of the normalisation behind it, or left out where that takes it away), and each such step stands in the ledger too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from parity.balance import balance, counted
from parity.nouns import (
    Array,
    Balance,
    Entry,
    Layer,
    Ledger,
    Match,
    Matches,
    Outline,
    Parameter,
    Weights,
)
from parity.rule import Role
from parity.rulebook import rules

Place = tuple[str, str]
"""A layer and a role."""


@dataclass(frozen=True)
class Carry:
    """One step of a port: an entry of the ledger, and how the candidate's array is made.

    It is the sum of the reference's arrays at `sources`, each with its sign, or `value` where there are none.
    """

    entry: Entry
    target: Place | None = None
    sources: tuple[tuple[Place, int], ...] = ()
    value: float = 0.0
    shape: tuple[int, ...] = ()
    """The candidate's own, which differs from the reference's only by axes of one element."""
    relay: tuple[tuple[int, ...], tuple[int, ...]] | None = None

    def made(self, weights: Weights) -> Array:
        """The candidate's array, canonical. One that is only carried is the reference's own, not a copy."""
        arrays = [(weights[layer][role], sign) for (layer, role), sign in self.sources]
        if not arrays:
            return np.full(self.shape, self.value, np.float32)
        if len(arrays) == 1:
            array = arrays[0][0].reshape(self.shape)
            if self.relay is None:
                return array
            sizes, order = self.relay
            rows = np.arange(np.prod(sizes)).reshape(sizes).transpose(order).ravel()
            return np.take(array, rows, axis=-2)
        total = sum(sign * np.asarray(array, np.float64) for array, sign in arrays)
        return np.asarray(total, arrays[0][0].dtype)


def port(weights: Weights, matches: Matches) -> Weights:
    """The reference's weights under the candidate's layer names: what the ledger says was carried, and no more."""
    ported: dict[str, dict[str, Array]] = {}
    for carry in plan(matches):
        if carry.target is not None:
            layer, role = carry.target
            ported.setdefault(layer, {})[role] = carry.made(weights)
    return ported


def plan(matches: Matches) -> tuple[Carry, ...]:
    """What is to be carried for each pair of layers, and what cannot be, in the order of the matches."""
    return tuple(_Plan(matches).carries())


def folds(matches: Matches) -> dict[str, str]:
    """The reference's layers whose output lies a bias above the candidate's: that bias's role, by layer."""
    return {match.name: "bias" for match in matches if match.folds}


def account(reference: Outline, candidate: Outline, matches: Matches) -> Ledger:
    """Enter every parameter and buffer of both sides once, and balance the two totals layer by layer."""
    puzzled = {
        "reference": any(not layer.known and layer.parameters for layer in reference.layers),
        "candidate": any(not layer.known and layer.parameters for layer in candidate.layers),
    }
    carries = tuple(_Plan(matches, puzzled).carries())
    entries = [carry.entry for carry in carries]
    entries += [_unread(each, reference=True) for each in reference.unread]
    entries += [_unread(each, reference=False) for each in candidate.unread]
    balances = [balance(match, entries) for match in matches if counted(match.reference) or counted(match.candidate)]
    counts = [sum(each.size for each in outline.unread if each.counted) for outline in (reference, candidate)]
    if any(counts):
        name = "(read by no layer)"
        balances.append(Balance(name, name, counts[0], counts[1], "held and never read", explained=False))
    return Ledger(tuple(entries), tuple(balances))


def merged(weights: Weights, over: Weights) -> Weights:
    """Weights with others laid over them, role by role."""
    return {layer: {**weights.get(layer, {}), **over.get(layer, {})} for layer in [*weights, *over]}


class _Plan:
    """The carries of all matches, made in one pass that knows which arrays have been carried already."""

    def __init__(self, matches: Matches, puzzled: Mapping[str, bool] | None = None) -> None:
        self.matches = matches
        self.puzzled = puzzled or {"reference": False, "candidate": False}
        self.owners = [_owners(matches, side) for side in (0, 1)]
        self.answers: dict[Place, Place] = {}  # the candidate's array -> the reference's that it holds
        self.carried: set[Place] = set()
        self.pairs = {match.reference.name: match for match in matches if match.reference and match.candidate}
        self.claims = _claims(matches)  # the same, of pairs that both own what they read, wherever these stand
        self.folding = {match.folds: match for match in matches if match.folds}

    def carries(self) -> Iterator[Carry]:
        for match in self.matches:
            if match.reference and match.candidate:
                yield from self.pair(match, match.reference, match.candidate)
            else:
                yield from self.lonely(match)

    def pair(self, match: Match, reference: Layer, candidate: Layer) -> Iterator[Carry]:
        mine, yours = read_by(reference), read_by(candidate)
        roles = roles_of(reference.kind)
        for role in [*mine, *(role for role in yours if role not in mine)]:
            one, other = mine.get(role), yours.get(role)
            if one and other:
                yield from self.both(match, reference, candidate, one, other)
            elif one:
                yield from self.only_reference(match, reference, one, roles.get(role), yours)
            elif other and other in candidate.parameters:
                yield self.only_candidate(match, candidate, other, roles.get(role))

    def both(
        self, match: Match, reference: Layer, candidate: Layer, one: Parameter, other: Parameter
    ) -> Iterator[Carry]:
        source, target = self.place(reference, one, 0), self.place(candidate, other, 1)
        claimed = target in self.claims and other not in candidate.parameters and one in reference.parameters
        if target in self.answers or (claimed and self.claims[target] != source):
            held = self.answers.get(target) or self.claims[target]
            if held != source and one in reference.parameters:
                here = ".".join(held)
                reason = f"the candidate reads {other.name} here too, which holds the reference's {here}"
                yield Carry(_entry(match, one, other, "mismatched", reason))
            return
        use, reason = _obstacle(one, other)
        self.answers[target] = source
        if use != "ported":
            if one in reference.parameters or other in candidate.parameters:
                yield Carry(_entry(match, one, other, use, reason))
            return
        if source in self.carried:
            use, reason = "copied", f"the reference ties it to {'.'.join(source)}"
        self.carried.add(source)
        sources: list[tuple[Place, int]] = [((reference.name, one.role), 1)]
        for joining in self.joining(reference, candidate, one.role):
            use, reason = "summed", f"with {joining}"
            sources.append(((reference.name, joining), 1))
        if one.role == "mean" and reference.name in self.folding:
            folded = self.folding[reference.name]
            use, reason = "folded", f"less the bias of {folded.name}"
            sources.append(((folded.name, "bias"), -1))
        entry, target = _entry(match, one, other, use, reason), (candidate.name, other.role)
        relay = match.relay if one.role == "kernel" else None
        yield Carry(entry, target, tuple(sources), shape=other.shape, relay=relay)

    def only_reference(
        self, match: Match, layer: Layer, each: Parameter, role: Role | None, yours: Mapping[str, Parameter]
    ) -> Iterator[Carry]:
        if each not in layer.parameters:
            return
        if role and role.joins and role.joins in yours and each.portable:
            yield Carry(_entry(match, each, None, "summed", f"added to the candidate's {role.joins}"))
        elif match.folds and each.role == "bias" and each.portable:
            norm = self.pairs[match.folds].reference if match.folds in self.pairs else None
            if norm is not None and norm.kind == "group_norm":
                yield Carry(
                    _entry(match, each, None, "cancelled", f"{match.folds} takes the mean of each channel away")
                )
            else:
                yield Carry(_entry(match, each, None, "folded", f"taken from the mean of {match.folds}"))
        else:
            yield Carry(_entry(match, each, None, *_missing(match, each, "candidate", self.puzzled)))

    def only_candidate(self, match: Match, layer: Layer, each: Parameter, role: Role | None) -> Carry:
        if role is None or role.neutral is None or not (each.portable and each.registered):
            return Carry(_entry(match, None, each, *_missing(match, each, "reference", self.puzzled)))
        reason = f"the reference has none: {role.neutral:g} here; what is trained into it cannot be carried back"
        entry = _entry(match, None, each, "neutral", reason)
        return Carry(entry, (layer.name, each.role), value=role.neutral, shape=each.shape)

    def joining(self, reference: Layer, candidate: Layer, role: str) -> Iterator[str]:
        """The reference's roles that are added to this one, as the candidate has none for them."""
        mine, yours = read_by(reference), read_by(candidate)
        for name, each in roles_of(reference.kind).items():
            if each.joins == role and name in mine and name not in yours:
                yield name

    def lonely(self, match: Match) -> Iterator[Carry]:
        other = "candidate" if match.reference else "reference"
        layer = match.reference or match.candidate
        for each in layer.parameters if layer else ():
            one, two = (each, None) if match.reference else (None, each)
            yield Carry(_entry(match, one, two, *_missing(match, each, other, self.puzzled)))

    def place(self, layer: Layer, each: Parameter, side: int) -> Place:
        """The layer that owns this array, and its role there."""
        if each in layer.parameters:
            return layer.name, each.role
        return self.owners[side].get(each.name, (layer.name, each.role))


def read_by(layer: Layer) -> dict[str, Parameter]:
    """All that a layer reads by role, its own or another's."""
    return {each.role: each for each in (*layer.parameters, *layer.borrowed)}


def _claims(matches: Matches) -> dict[Place, Place]:
    """The candidate's arrays and the reference's that go there, of pairs of layers that both own them.

    A layer that is called a second time in the place of another one may be called first.
    """
    return {
        (match.candidate.name, other.role): (match.reference.name, one.role)
        for match in matches
        if match.reference and match.candidate
        for one in match.reference.parameters
        for other in match.candidate.parameters
        if one.role == other.role and _obstacle(one, other)[0] == "ported"
    }


def _owners(matches: Matches, side: int) -> dict[str, Place]:
    layers = [match.candidate if side else match.reference for match in matches]
    return {each.name: (layer.name, each.role) for layer in layers if layer for each in layer.parameters}


def roles_of(kind: str) -> Mapping[str, Role]:
    """What the rule of a kind says of its arrays; nothing for a kind that no rule knows."""
    rule = rules().get(kind)
    return rule.roles if rule else {}


def _entry(match: Match, one: Parameter | None, other: Parameter | None, use: str, reason: str) -> Entry:
    each = one or other
    assert each is not None
    return Entry(match.name, each.role, one.name if one else "", other.name if other else "", each.size, use, reason)


def _obstacle(reference: Parameter, candidate: Parameter) -> tuple[str, str]:
    """The use and the reason of a pair of arrays: "ported" and no reason, where nothing stands in the way."""
    for side, each in (("reference", reference), ("candidate", candidate)):
        if not each.registered:
            return "mismatched", f"the {side} reads it and does not own it: no save file would carry it"
        if not each.portable:
            return "unknown", f"no rule carries this array of the {side}"
    if reference.shape != candidate.shape and not _alike(reference, candidate):
        return "mismatched", f"{reference.axes} is {reference.shape} against {candidate.shape}"
    return "ported", ""


def _alike(reference: Parameter, candidate: Parameter) -> bool:
    """Whether two kernels differ only by spatial axes of one element: a dense layer's and that of a 1×1 conv."""
    long = [[size for size in each.shape[:-2] if size != 1] for each in (reference, candidate)]
    kernels = reference.role == candidate.role == "kernel"
    return kernels and reference.shape[-2:] == candidate.shape[-2:] and long[0] == long[1]


def _missing(match: Match, each: Parameter, other: str, puzzled: Mapping[str, bool]) -> tuple[str, str]:
    """An array without a partner; where the other side holds layers that no rule knows, it may sit in those."""
    if match.reference and match.candidate:
        known = match.reference.known and match.candidate.known
        return "mismatched" if known else "unknown", f"the {other}'s layer holds no {each.role}"
    known = each.portable and not puzzled[other]
    return "mismatched" if known else "unknown", f"the {other} has no layer that answers this one"


def _unread(each: Parameter, *, reference: bool) -> Entry:
    names = (each.name, "") if reference else ("", each.name)
    if not each.portable:
        return Entry("", each.role, *names, each.size, "bookkeeping", "never read at inference")
    return Entry("", each.role, *names, each.size, "unread", "held by the network and read by no layer")
