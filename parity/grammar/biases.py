"""A bias that is added to a product in a call of its own: `matmul(x, w) + b` is one dense layer.

Both sides read their rows of layers through this, so that a port that calls a layer answers one that writes it out.
The two are joined only where nothing else reads the product.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from parity.nouns import Layer, Parameter

KINDS = ("dense", "conv", "conv_transpose")
ROLES = {"offset": "bias"}
"""What an array is called in the layer that it becomes a part of."""


def joined(layers: Sequence[Layer], outputs: Iterable[str]) -> list[Layer]:
    """The layers with each product and its bias as one, at the place and under the name of the addition."""
    found = {layer.name: layer for layer in layers}
    readers = Counter(outputs)
    for layer in layers:
        readers.update(set(layer.inputs))
    names: dict[str, str] = {}
    for layer in layers:
        steps = _before(layer, found)
        product = steps[0] if steps else None
        if product is not None and all(readers[each.name] == 1 for each in steps) and _is_bias(layer, product):
            names[product.name] = layer.name
            found[layer.name] = replace(
                product,
                name=layer.name,
                parameters=(*product.parameters, *map(_renamed, layer.parameters)),
                borrowed=(*product.borrowed, *map(_renamed, layer.borrowed)),
                shape=layer.shape,
                axes=layer.axes,
                made_of=tuple(each.name for each in steps),
            )
            for each in steps:
                del found[each.name]
    row = [found[layer.name] for layer in layers if layer.name in found]
    return [replace(each, shares=names.get(each.shares, each.shares)) if each.shares else each for each in row]


def _before(layer: Layer, found: Mapping[str, Layer]) -> list[Layer]:
    """The product that a layer reads, and what brings it into another shape on the way there."""
    source = found.get(layer.inputs[0]) if layer.kind == "offset" and layer.inputs else None
    steps = [source] if source else []
    while source is not None and source.kind == "reshape" and source.inputs:
        source = found.get(source.inputs[0])
        steps = [source, *steps] if source else []
    return steps


def _is_bias(layer: Layer, product: Layer) -> bool:
    """Whether a layer adds one number for each channel that a product without a bias gives."""
    if layer.kind != "offset" or product.kind not in KINDS or len(layer.inputs) != 1:
        return False
    held = {each.role: each for each in (*product.parameters, *product.borrowed)}
    added = (*layer.parameters, *layer.borrowed)
    if set(held) != {"kernel"} or [each.role for each in added] != ["offset"]:
        return False
    ends = [each.axes[-1:] for each in (layer, product)]
    return added[0].axes == "channel" and added[0].shape == held["kernel"].shape[-1:] and ends[0] == ends[1]


def _renamed(each: Parameter) -> Parameter:
    return replace(each, role=ROLES[each.role], axes="output")
