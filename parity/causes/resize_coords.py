"""A map enlarged or reduced with other coordinates.

What it is: where an element of the output looks in the input: at centres half an element in (TensorFlow 2, Keras,
`align_corners=False`), so that the centres of the first and last elements meet (`align_corners=True`,
`nn.UpsamplingBilinear2d`), or from the start on (TensorFlow 1).
How it shows: no shape or count differs; the map is stretched or moved by a part of a pixel.
How to mend: in PyTorch `align_corners=False`. What TensorFlow 1 does has no word there.
Example: `UpSampling2D(2, interpolation="bilinear")` ported to `nn.UpsamplingBilinear2d(scale_factor=2)`.
Source: the documentation of `F.interpolate` and of `tf.image.resize`; pytorch/pytorch#10604.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.interpolation import alike, resized

_WORDS = {
    "half_pixel": "by the centres of the elements",
    "corners": "from corner to corner",
    "start": "from the start on",
}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not alike(evidence) or evidence.reference.settings["mode"] == "nearest":
        return
    value, other = evidence.differing.get("coordinates", (None, None))
    if value not in _WORDS or other not in _WORDS:
        return
    spelled = {"half_pixel": False, "corners": True}.get(value)
    torch = evidence.network.candidate_framework == "torch" and spelled is not None
    yield Suspicion(
        f"interpolates {_WORDS[value]} in the reference and {_WORDS[other]} here",
        (value, other),
        resized(evidence, coordinates=value),
        evidence.mend(keywords={"align_corners": spelled}) if torch else None,
    )


CAUSE = Cause(_suspect, ("resize",), ("coordinates",))
