"""The hard sigmoid of Keras 2 against that of Keras 3 and PyTorch.

What it is: Keras 2 computes .2x + .5 between 0 and 1, Keras 3 and `nn.Hardsigmoid` relu6(x + 3) / 6, whose slope
is a sixth.
How it shows: no shape or count differs; values differ by at most .067, most at ±2.5.
How to mend: take the formula of the version in which the weights were trained.
Example: `activation="hard_sigmoid"`, ported by the formula of Keras 2, `torch.clamp(0.2 * x + 0.5, 0, 1)`.
Source: the release notes of Keras 3; tensorflow/tensorflow#65381.
"""

from collections.abc import Iterator
from math import isclose

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network
from parity.diagnosis.stretch import Stretch, stretch
from parity.nouns import Amendment, Layer, Move

_OLD = (Move("scale", {"factor": 0.2, "offset": 0.5}), Move("clip", {"low": 0.0, "high": 1.0}))
_NEW = (Move("hard_sigmoid"),)


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    match, network = evidence.row.match, evidence.network
    if match.reference is None or match.candidate is not None:
        return
    if evidence.kind == "hard_sigmoid":
        yield from _ported_old(evidence)
    elif (old := _old(network, match.reference, 0)) is not None:
        yield from _ported_new(evidence, *old)


def _ported_old(evidence: Evidence) -> Iterator[Suspicion]:
    network, layer = evidence.network, evidence.reference
    read = stretch(network, layer.inputs[0], 0)
    for other in network.outlines[1].layers:
        found = _old(network, other, 1) if network.lonely(other, 1) else None
        if found is not None and read.plain and network.answers.get(read.source) == found[0].source:
            rest = (*found[1], *found[0].layers)
            yield Suspicion(
                "the reference computes relu6(x + 3) / 6, the candidate .2x + .5 between 0 and 1, as Keras 2 did",
                ("relu6(x + 3) / 6", ".2x + .5"),
                (Amendment(other.name, instead=_NEW), *(Amendment(each.name, instead=()) for each in rest)),
                places=(other.place, layer.place),
                covers=frozenset([layer.name, other.name, *(each.name for each in rest)]),
            )


def _ported_new(evidence: Evidence, old: Stretch, rest: tuple[Layer, ...]) -> Iterator[Suspicion]:
    network, layer = evidence.network, evidence.reference
    for other in network.outlines[1].layers:
        if other.kind != "hard_sigmoid" or not network.lonely(other, 1):
            continue
        if network.answers.get(old.source) == stretch(network, other.inputs[0], 1).source:
            yield Suspicion(
                "the reference computes .2x + .5 between 0 and 1, as Keras 2 did, the candidate relu6(x + 3) / 6",
                (".2x + .5", "relu6(x + 3) / 6"),
                (Amendment(other.name, instead=_OLD),),
                places=(other.place, layer.place),
                covers=frozenset([layer.name, other.name, *(each.name for each in (*rest, *old.layers))]),
            )


def _old(network: Network, layer: Layer, side: int) -> tuple[Stretch, tuple[Layer, ...]] | None:
    """What the formula of Keras 2 reads, where it ends at this layer, and what of it stands right before."""
    bounds = _bounds(layer)
    rest: tuple[Layer, ...] = ()
    before = network.layers[side].get(layer.inputs[0]) if layer.inputs else None
    if before is not None and _bounds(before) and network.lonely(before, side):
        bounds, rest = {**bounds, **_bounds(before)}, (before,)
    if bounds != {"low": 0.0, "high": 1.0}:
        return None
    read = stretch(network, (rest[0] if rest else layer).inputs[0], side)
    close = isclose(read.factor, 0.2, rel_tol=1e-6) and isclose(read.offset, 0.5, rel_tol=1e-6)
    return (read, rest) if close else None


def _bounds(layer: Layer) -> dict[str, float]:
    """The bounds within which a layer keeps what it reads, where it does no more than that."""
    match layer.kind:
        case "clip":
            return {name: layer.settings[name] for name in ("low", "high")}
        case "relu" if not layer.settings:
            return {"low": 0.0}
        case "minimum" if "number" in layer.settings:
            return {"high": layer.settings["number"]}
        case "maximum" if "number" in layer.settings:
            return {"low": layer.settings["number"]}
    return {}


CAUSE = Cause(_suspect)
