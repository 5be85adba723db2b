"""Layers of which arrays or sizes say all there is to say, replaced by what the reference gives in their place.

No run confirms that a layer is too wide, or called in the place of another. With the reference's values in its
place the rest of the network can be looked at all the same: whether anything else is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network
from parity.judge import Judgement
from parity.nouns import Amendment, Move


def replacing(stated: Iterable[tuple[Evidence, Iterable[str]]]) -> dict[str, Amendment]:
    """By row, what gives the reference's values in the place of a layer; `stated` are evidence and what it covers."""
    found: dict[str, Amendment] = {}
    for evidence, covered in stated:
        for row in _parting(evidence, covered):
            amendment = _given(evidence.network, row)
            if amendment is not None:
                found[row.match.name] = amendment
    return found


def _parting(evidence: Evidence, covered: Iterable[str]) -> Iterator[Judgement]:
    """The rows that are spoken of and part by themselves."""
    names = {evidence.row.match.name, *covered}
    for row in evidence.network.all_rows:
        alone = row.mismatched or row.status == "shape" or row.difference.made_here
        if row.match.name in names and alone and not row.match.carries:
            yield row


def _given(network: Network, row: Judgement) -> Amendment | None:
    """What gives them; nothing where another fault stands before the layer, which its values would cover up."""
    reference, candidate = row.match.reference, row.match.candidate
    if reference is None or candidate is None or row.match.moved:
        return None
    wanted = [network.answers.get(network.past_carriers(name, 0)) for name in reference.inputs]
    if wanted != [network.past_carriers(name, 1) for name in candidate.inputs]:
        return None
    step = network.lent_to(reference.name, candidate)
    if step is None:
        return None
    return Amendment(candidate.name, instead=(Move("given", {"step": step[0], "order": step[1]}),))
