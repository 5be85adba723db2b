"""One network scales its input inside, and the other leaves that to whoever calls it, or scales by another number.

What it is: EfficientNet, MobileNetV3 and ConvNeXt of keras.applications hold a `Rescaling` or `Normalization` as
their first layer, and take pixels from 0 to 255; PyTorch's networks take what a transform has normalised.
How it shows: no shape or count differs, and everything does from the first layer on. Fed pixels that are scaled
already, such a network scales twice.
How to mend: do it in one place on both sides, `x / 255` at the beginning of `forward`, or take the layer out.
Example: `keras.layers.Rescaling(1 / 255)` in front, and no more than `self.conv(x)` in the port.
Source: tensorflow/tensorflow#48412.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.stretch import meeting, scaling

_NORMALISING = ("subtract", "divide", "multiply", "add")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.paired:
        return
    side = 0 if evidence.row.match.reference else 1
    layer = evidence.candidate if side else evidence.reference
    if scaling(layer) is None:
        yield from _normalised(evidence, side)
        return
    found = meeting(evidence.network, layer, side)
    if found is None or found.last != layer or not found.reference.source.startswith("input:"):
        return
    yield Suspicion(
        f"inside the network the reference does {found.reference} to its input, the candidate {found.candidate}",
        (str(found.reference), str(found.candidate)),
        found.amendments,
        covers=found.rows,
    )


def _normalised(evidence: Evidence, side: int) -> Iterator[Suspicion]:
    """An input that is normalised channel by channel, with arrays that no outline tells: not to be tried."""
    layer = evidence.candidate if side else evidence.reference
    if layer.kind not in _NORMALISING or len(layer.inputs) != 1 or not layer.inputs[0].startswith("input:"):
        return
    sides = ("candidate", "reference") if side else ("reference", "candidate")
    yield Suspicion(
        f"the {sides[0]} normalises its input inside the network, the {sides[1]} does not",
        ("none", layer.name) if side else (layer.name, "none"),
    )


CAUSE = Cause(_suspect)
