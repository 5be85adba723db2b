"""Attention that one network writes out: a product, a softmax, and a product, where the other calls it by its name."""

from __future__ import annotations

from parity.diagnosis.network import Network
from parity.diagnosis.stretch import stretch
from parity.nouns import Layer


def written_out(network: Network, softmax: Layer) -> tuple[float, tuple[str, ...], tuple[str, ...]] | None:
    """Of an attention whose softmax this is, between two products without partners: its scale, layers and operands."""
    if softmax.kind != "softmax" or not network.lonely(softmax, 0):
        return None
    read = stretch(network, softmax.inputs[0], 0)
    product = network.layers[0].get(read.source)
    behind = network.computing_users(softmax.name, 0)
    products = [each for each in (product, *behind) if each and each.kind == "matmul" and network.lonely(each, 0)]
    if len(products) != 2 or read.offset:
        return None
    names = tuple(each.name for each in (softmax, *products, *read.layers))
    return read.factor, names, (*products[0].inputs[:2], *products[1].inputs[1:2])


def called_whole(network: Network, softmax: Layer) -> bool:
    """Whether the candidate calls an attention in whose place the reference has this softmax, between two products."""
    written = written_out(network, softmax)
    if written is None:
        return False
    wanted = sorted(network.answers.get(network.source(name, 0), "") for name in written[2])
    whole = [each for each in network.outlines[1].layers if each.kind == "attention" and network.lonely(each, 1)]
    return any(sorted(network.source(name, 1) for name in each.inputs) == wanted for each in whole)
