"""A map brought to another size by another kind of interpolation.

What it is: the nearest element on one side, a mix of two or four along each axis on the other. Keras enlarges by the
nearest unless it is told otherwise, and so does `nn.Upsample`; `Resizing` mixes two.
How it shows: no shape or count differs; a map is blurred, or shows steps.
How to mend: the reference's `mode`.
Example: `UpSampling2D(2)` ported to `nn.Upsample(scale_factor=2, mode="bilinear")`.
Source: the documentation of `F.interpolate`, and of `UpSampling2D` and `Resizing`.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.interpolation import comparable, enlarges, known, resized
from parity.mending.mend import Mend

_LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
_SAID = {"nearest": "the nearest element", "linear": "a mix of two along each axis", "cubic": "a cubic kernel"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not comparable(evidence):
        return
    mine, yours = evidence.reference.settings, evidence.candidate.settings
    if mine["mode"] == yours["mode"]:
        return
    names = [_SAID.get(each["mode"], each["mode"]) for each in (mine, yours)]
    changed = {name: mine.get(name) for name in ("mode", "coordinates", "coefficient", "steps")}
    yield Suspicion(
        f"takes {names[0]} in the reference and {names[1]} here",
        (mine["mode"], yours["mode"]),
        resized(evidence, **changed) if known(mine) else (),
        _mend(evidence),
        covers=frozenset([evidence.row.match.name]),
    )


def _mend(evidence: Evidence) -> Mend | None:
    mine, yours = evidence.reference.settings, evidence.candidate.settings
    exact = evidence.reference.settings.get("coordinates") == "half_pixel"
    if evidence.network.candidate_framework != "torch" or "mode" not in evidence.candidate.signature:
        return None
    if mine["mode"] == "nearest" and yours.get("coordinates") != "corners":  # which no nearest element takes
        return evidence.mend(keywords={"mode": "nearest-exact" if exact else "nearest"})
    if mine["mode"] == "linear" and exact:
        return evidence.mend(keywords={"mode": _LINEAR[len(evidence.candidate.shape) - 2]})
    if mine["mode"] == "cubic" and exact and not mine.get("steps") and enlarges(evidence):
        softer = {"antialias": True} if mine.get("coefficient") == -0.5 else {}
        return evidence.mend(keywords={"mode": "bicubic", **softer})
    return None


CAUSE = Cause(_suspect, ("resize",), ("mode",))
