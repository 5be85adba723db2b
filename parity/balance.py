"""Why two totals of parameters differ: layer by layer, and the same in one sum."""

from __future__ import annotations

from collections.abc import Sequence

from parity.nouns import CARRIED, Balance, Entry, Layer, Match, Owed, Parameter

_ONLY = {
    "summed": "only in the {side}, where two biases are added",
    "folded": "only in the {side}, folded into the norm behind it",
    "cancelled": "only in the {side}, where the norm behind it takes it away",
    "neutral": "only in the {side}, where it does nothing",
    "copied": "only in the {side}: the other ties it",
}
"""Why an array of one side alone is no loss, by its use."""


def counted(layer: Layer | None) -> int:
    """What a framework counts as the parameters of a layer."""
    return layer.counted if layer else 0


def balance(match: Match, entries: Sequence[Entry]) -> Balance:
    """What a pair of layers contributes to both totals, and what each array of theirs owes to the difference."""
    reference, candidate = match.reference, match.candidate
    counts = counted(reference), counted(candidate)
    names = reference.name if reference else "", candidate.name if candidate else ""
    if counts[0] == counts[1]:
        return Balance(*names, *counts)
    if not (reference and candidate):
        why = "no layer answers it on the other side"
        return Balance(*names, *counts, why, explained=False, owed=(Owed(counts[0] - counts[1], "", why),))
    uses = {entry.role: entry.use for entry in entries if entry.layer == match.name}
    mine, yours = ({each.role: each for each in layer.parameters} for layer in (reference, candidate))
    words, owed, open_difference = [], [], counts[0] - counts[1]
    for role in [*mine, *(role for role in yours if role not in mine)]:
        one, other = mine.get(role), yours.get(role)
        amount = _told(one) - _told(other)
        if one and other and one.counted != other.counted:
            why = "the candidate keeps them as buffers" if one.counted else "the reference keeps them as buffers"
            words.append(f"{one.size if one.counted else other.size:,} {role}: {why}")
            if one.size == other.size:
                open_difference -= amount
        elif one and other:
            if one.size == other.size:
                continue
            why = "of another size"
            words.append(f"{role}: {one.size:,} against {other.size:,}")
        else:
            each = one or other
            assert each is not None
            side = "reference" if one else "candidate"
            why = _ONLY.get(uses.get(role, ""), "only in the {side}").format(side=side)
            words.append(f"{each.size:,} {role}: {why}")
            if uses.get(role) in CARRIED:
                open_difference -= amount
        if amount:
            owed.append(Owed(amount, role, why))
    return Balance(*names, *counts, "; ".join(words), explained=open_difference == 0, owed=tuple(owed))


def summed(balances: Sequence[Balance]) -> str:
    """The difference of the totals and what it is the sum of: equal reasons together, in the order of the layers."""
    amounts: dict[str, int] = {}
    roles: dict[str, list[str]] = {}
    for each in (owed for balance in balances for owed in balance.owed):
        amounts[each.why] = amounts.get(each.why, 0) + each.amount
        known = roles.setdefault(each.why, [])
        if each.role and each.role not in known:
            known.append(each.role)
    difference = sum(each.difference for each in balances)
    if rest := difference - sum(amounts.values()):
        amounts["counted otherwise"], roles["counted otherwise"] = rest, []
    parts = [
        ("−" if amount < 0 else "+", f"{abs(amount):,} {_listed(roles[why])}({why})")
        for why, amount in amounts.items()
        if amount
    ]
    if len(parts) == 1:
        return "".join(parts[0]).removeprefix("+")
    told = " ".join(f"{sign} {words}" for sign, words in parts).removeprefix("+ ")
    total = f"{difference:,}".replace("-", "−")
    return f"{total} = {told}" if told else total


def _told(parameter: Parameter | None) -> int:
    return parameter.size if parameter and parameter.counted else 0


def _listed(roles: Sequence[str]) -> str:
    """The roles as the end of a number: `mean and variance `."""
    words = ", ".join(roles[:-1]) + (" and " if roles[1:] else "") + roles[-1] if roles else ""
    return f"{words} " if words else ""
