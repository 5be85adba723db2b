"""What only the reference computes, computed of what the candidate has: a sum or a product, and functions behind it."""

from __future__ import annotations

from parity.diagnosis.network import Network, moves_of
from parity.nouns import Layer, Move

_OF_ALL = {"add": "sum", "multiply": "product"}


def recomputed(network: Network, name: str, like: Layer | None) -> tuple[Move, ...]:
    """Moves that make what a layer of the reference's gives, from what answers those before it.

    It lies as `like` does, a layer of the candidate's. Nothing where some layer on the way has no move, or reads
    what nothing answers.
    """
    behind: tuple[Move, ...] = ()
    while (layer := network.layers[0].get(name)) is not None and network.lonely(layer, 0):
        if len(layer.inputs) > 1:
            how = _OF_ALL.get(layer.kind) if not layer.settings else None
            found = _joined(network, how, layer.inputs, like) if how else ()
            return (*found, *behind) if found else ()
        if not layer.carries:
            moves = moves_of(layer, like)
            if not moves:
                return ()
            behind = (*moves, *behind)
        name = layer.inputs[0] if layer.inputs else ""
    found = _joined(network, "sum", (name,), like)
    return (*found, *behind) if found else ()


def _joined(network: Network, how: str, names: tuple[str, ...], like: Layer | None) -> tuple[Move, ...]:
    """All of these of the reference's as one array; nothing where one has no answer."""
    answers = [network.answers.get(network.past_carriers(name, 0), "") for name in names]
    if not all(answers):
        return ()
    laid = [network.laid_out(name, like) for name in answers]
    return (Move(how, {"sources": [name for name, _ in laid], "orders": [order for _, order in laid]}),)
