"""Canonical weights of the reference -> canonical weights of the candidate, and the account of every array.

Both sides hand over and take canonical arrays, so what remains here is bookkeeping: each parameter and
buffer of both sides is carried exactly once or stands in the ledger with the reason why not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from parity.nouns import Array, Balance, Entry, Layer, Ledger, Match, Matches, Outline, Parameter, Weights


def port(weights: Weights, matches: Matches) -> Weights:
    """The reference's weights under the candidate's layer names: what the ledger calls ported, and no more."""
    ported: dict[str, Mapping[str, Array]] = {}
    for match in matches:
        if match.reference and match.candidate:
            roles = {ref.role for ref, cand in _roles(match) if ref and cand and _obstacle(ref, cand)[0] == "ported"}
            if roles:
                ported[match.candidate.name] = {role: weights[match.reference.name][role] for role in sorted(roles)}
    return ported


def merged(weights: Weights, over: Weights) -> Weights:
    """Weights with others laid over them, role by role."""
    return {layer: {**weights.get(layer, {}), **over.get(layer, {})} for layer in [*weights, *over]}


def account(reference: Outline, candidate: Outline, matches: Matches) -> Ledger:
    """Enter every parameter and buffer of both sides once, and balance the two totals layer by layer."""
    puzzled = {
        "reference": any(not layer.known and layer.parameters for layer in reference.layers),
        "candidate": any(not layer.known and layer.parameters for layer in candidate.layers),
    }
    entries = [entry for match in matches for entry in _entries(match, puzzled)]
    entries += [_unread(each, reference=True) for each in reference.unread]
    entries += [_unread(each, reference=False) for each in candidate.unread]
    balances = [_balance(match) for match in matches if _counted(match.reference) or _counted(match.candidate)]
    counts = [sum(each.size for each in outline.unread if each.counted) for outline in (reference, candidate)]
    if any(counts):
        name = "(read by no layer)"
        balances.append(Balance(name, name, counts[0], counts[1], "held and never read", explained=False))
    return Ledger(tuple(entries), tuple(balances))


def _roles(match: Match) -> Iterator[tuple[Parameter | None, Parameter | None]]:
    """Parameters of the two layers side by side by their role, in the reference's order."""
    held = [
        {each.role: each for each in layer.parameters} if layer else {} for layer in (match.reference, match.candidate)
    ]
    for role in [*held[0], *(role for role in held[1] if role not in held[0])]:
        yield held[0].get(role), held[1].get(role)


def _obstacle(reference: Parameter, candidate: Parameter) -> tuple[str, str]:
    """The use and the reason of a pair of arrays: "ported" and no reason, where nothing stands in the way."""
    for side, each in (("reference", reference), ("candidate", candidate)):
        if not each.registered:
            return "mismatched", f"the {side} reads it and does not own it: no save file would carry it"
        if not each.portable:
            return "unknown", f"no rule carries this array of the {side}"
    if reference.shape != candidate.shape:
        return "mismatched", f"{reference.axes} is {reference.shape} against {candidate.shape}"
    return "ported", ""


def _entries(match: Match, puzzled: Mapping[str, bool]) -> Iterator[Entry]:
    layer = match.name
    for reference, candidate in _roles(match):
        if reference and candidate:
            yield Entry(
                layer, reference.role, reference.name, candidate.name, reference.size, *_obstacle(reference, candidate)
            )
        elif reference:
            yield Entry(
                layer,
                reference.role,
                reference.name,
                "",
                reference.size,
                *_lonely(match, reference, "candidate", puzzled),
            )
        elif candidate:
            yield Entry(
                layer,
                candidate.role,
                "",
                candidate.name,
                candidate.size,
                *_lonely(match, candidate, "reference", puzzled),
            )


def _lonely(match: Match, each: Parameter, other: str, puzzled: Mapping[str, bool]) -> tuple[str, str]:
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


def _counted(layer: Layer | None) -> int:
    return layer.counted if layer else 0


def _balance(match: Match) -> Balance:
    reference, candidate = match.reference, match.candidate
    counts = _counted(reference), _counted(candidate)
    names = reference.name if reference else "", candidate.name if candidate else ""
    if counts[0] == counts[1]:
        return Balance(*names, *counts)
    if not (reference and candidate):
        return Balance(*names, *counts, explanation="no layer answers it on the other side", explained=False)
    words, open_difference = [], counts[0] - counts[1]
    for ref, cand in _roles(match):
        if ref and cand and ref.counted != cand.counted:
            kept = "the candidate keeps them as buffers" if ref.counted else "the reference keeps them as buffers"
            amount = ref.size if ref.counted else -cand.size
            words.append(f"{abs(amount):,} {ref.role}: {kept}")
            if ref.size == cand.size:
                open_difference -= amount
        elif ref and cand and ref.size != cand.size:
            words.append(f"{ref.role}: {ref.size:,} against {cand.size:,}")
        elif not (ref and cand):
            each = ref or cand
            assert each is not None
            words.append(f"{each.size:,} {each.role}: only in the {'reference' if ref else 'candidate'}")
    return Balance(*names, *counts, explanation="; ".join(words), explained=open_difference == 0)
