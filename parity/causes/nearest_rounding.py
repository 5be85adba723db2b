"""The nearest element, found by another rounding.

What it is: TensorFlow 2 takes the element in which the centre of the new one lies; PyTorch's 'nearest' the one in
which its start lies, as the first OpenCV did.
How it shows: no shape or count differs. At a whole factor the two are the same; elsewhere rows and columns are
taken from the neighbour.
How to mend: in PyTorch `mode="nearest-exact"`.
Example: `Resizing(10, 10, interpolation="nearest")` ported to `nn.Upsample(size=(10, 10))`.
Source: the documentation of `F.interpolate`; pytorch/pytorch#34808.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.interpolation import alike, resized

_WORDS = {"half_pixel": "the centre", "start": "the start", "corners": "the corner"}
_SPELLED = {"half_pixel": "nearest-exact", "start": "nearest"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not alike(evidence) or evidence.reference.settings["mode"] != "nearest":
        return
    value, other = evidence.differing.get("coordinates", (None, None))
    if value not in _WORDS or other not in _WORDS:
        return
    torch = evidence.network.candidate_framework == "torch" and value in _SPELLED
    yield Suspicion(
        f"takes the element in which {_WORDS[value]} of the new one lies in the reference, {_WORDS[other]} here",
        (value, other),
        resized(evidence, coordinates=value),
        evidence.mend(keywords={"mode": _SPELLED[value]}) if torch else None,
    )


CAUSE = Cause(_suspect, ("resize",), ("coordinates",))
