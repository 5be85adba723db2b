"""What is to be known of a pair once it stands: a bias folded away, a crop behind a layer, an order that was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from parity.axes import Shape, canonical, regroups, shape_of
from parity.nouns import Match
from parity.pairing.graph import Graph, Pairs
from parity.port import read_by
from parity.rulebook import is_activation


def folded(match: Match, reference: Graph, candidate: Graph, pairs: Pairs) -> Match:
    """Note that a bias of the reference's goes into the norm behind it, where the candidate has none for it.

    A batch norm takes it from its mean; a norm of each channel by itself takes away whatever is added to that.
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


def _norm_behind(name: str, graph: Graph) -> str:
    """The norm, of a batch or of each channel, that alone reads this layer; nothing where there is none."""
    users = graph.users(name)
    if len(users) != 1 or name in graph.outputs:
        return ""
    layer = graph.layers[users[0]]
    if layer.kind in ("dropout", "identity"):
        return _norm_behind(layer.name, graph)
    shared = any(each.shares == layer.name for each in graph.layers.values()) or layer.shares
    holds = {each.role for each in layer.parameters}
    channel = canonical(graph.layers[name].axes)[-1]
    along = layer.settings.get("over") == str(channel)
    of_batch = layer.kind == "batch_norm" and "mean" in holds
    of_channel = layer.kind == "group_norm" and layer.settings.get("groups") == channel.size
    return layer.name if (of_batch or of_channel) and along and not shared else ""


def shown(match: Match, reference: Graph, candidate: Graph, pairs: Pairs) -> Match:
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


def _fitting(name: str, wanted: Shape, graph: Graph, paired: Mapping[str, str]) -> str:
    """The crop or pad without a partner behind a layer whose output has this shape; nothing where there is none."""
    users = graph.users(name)
    if len(users) != 1 or name in graph.outputs or name in graph.stops:
        return ""
    layer = graph.layers[users[0]]
    if layer.kind not in ("slice", "pad", "permute", "reshape") or layer.name in paired:
        return ""
    return (
        layer.name if regroups(shape_of(canonical(layer.axes)), wanted) else _fitting(layer.name, wanted, graph, paired)
    )


def crossed(match: Match, reference: Graph, candidate: Graph) -> Match:
    """Note a pair of which one side cuts (or pads) only behind an activation: what is read of it is compared there."""
    if not (match.reference and match.candidate) or match.steps:
        return match
    wanted = [shape_of(canonical(layer.axes)) for layer in (match.reference, match.candidate)]
    if regroups(*wanted):
        return match
    late = _cut_late(match.reference.name, wanted[1], reference) or _cut_late(
        match.candidate.name, wanted[0], candidate
    )
    return replace(match, moved=True) if late else match


def _cut_late(name: str, wanted: Shape, graph: Graph, activated: bool = False) -> bool:
    """Whether all that is read of a layer goes through an activation, and then through what gives it this shape."""
    users = graph.users(name)
    if len(users) != 1 or name in graph.outputs or name in graph.stops:
        return False
    layer = graph.layers[users[0]]
    if is_activation(layer.kind) and not layer.parameters and layer.settings.get("over") is None:
        return _cut_late(layer.name, wanted, graph, True)
    if layer.kind not in ("slice", "pad"):
        return False
    fits = regroups(shape_of(canonical(layer.axes)), wanted)
    return (activated and fits) or _cut_late(layer.name, wanted, graph, activated)


def lost(match: Match, reference: Graph, candidate: Graph) -> Match:
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
