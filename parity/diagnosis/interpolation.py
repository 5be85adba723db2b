"""What causes about maps at another size share: whether two can be compared, and how one is set otherwise."""

from __future__ import annotations

from typing import Any

from parity.diagnosis.evidence import Evidence
from parity.nouns import Amendment, Layer, Move

_KNOWN = ("nearest", "linear", "cubic")
_TAKEN = ("mode", "coordinates", "coefficient", "steps")


def alike(evidence: Evidence) -> bool:
    """Whether both sides bring the same axes to the same sizes in the same mode, but for how they interpolate."""
    if evidence.kind != "resize" or not evidence.paired or evidence.candidate.kind != "resize":
        return False
    mine, yours = evidence.reference.settings, evidence.candidate.settings
    return bool(mine.get("mode")) and all(mine.get(name) == yours.get(name) for name in ("mode", "sizes"))


def resized(evidence: Evidence, **changed: Any) -> tuple[Amendment, ...]:
    """The candidate's resize with some of its settings changed; nothing where it filters, or its axes are unclear."""
    candidate = evidence.candidate
    settings = candidate.settings
    places = {str(axis): at for at, axis in enumerate(candidate.axes)}
    names = [name for name, _ in settings["sizes"]]
    told = all(name in places for name in names) and len(places) == len(candidate.axes)
    if not told or settings["mode"] not in _KNOWN or settings.get("antialias"):
        return ()
    own = {name: settings[name] for name in _TAKEN if name in settings}
    own |= {"factors": {places[name]: factor for name, factor in settings.get("factors", ())}}
    sizes = tuple((places[name], size) for name, size in settings["sizes"])
    return (Amendment(candidate.name, instead=(Move("resize", {"sizes": sizes, "own": own, **changed}),)),)


def enlarges(evidence: Evidence) -> bool:
    """Whether the candidate's map is known to grow along every axis that changes."""
    layer = evidence.candidate
    before: Layer | None = evidence.network.layers[1].get(layer.inputs[0]) if layer.inputs else None
    if before is None or len(before.shape) != len(layer.shape):
        return False
    return all(one <= other for one, other in zip(before.shape, layer.shape, strict=True))
