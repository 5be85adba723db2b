"""What causes about maps at another size share: whether two can be compared, and how one is set otherwise."""

from __future__ import annotations

from typing import Any

from parity.axes import LOST
from parity.diagnosis.evidence import Evidence
from parity.nouns import Amendment, Layer, Move, Settings

_KNOWN = ("nearest", "linear", "cubic")
_TAKEN = ("mode", "coordinates", "coefficient", "steps")


def comparable(evidence: Evidence) -> bool:
    """Whether both sides bring the same axes to the same sizes, as far as their names are known."""
    if evidence.kind != "resize" or not evidence.paired or evidence.candidate.kind != "resize":
        return False
    mine, yours = evidence.reference.settings, evidence.candidate.settings
    if not (mine.get("mode") and yours.get("mode")):
        return False
    if any(LOST in name for settings in (mine, yours) for name, _ in settings["sizes"]):
        return sorted(size for _, size in mine["sizes"]) == sorted(size for _, size in yours["sizes"])
    return bool(mine["sizes"] == yours["sizes"])


def alike(evidence: Evidence) -> bool:
    """Whether both sides do so in the same mode, and differ at most by how they interpolate."""
    return comparable(evidence) and evidence.reference.settings["mode"] == evidence.candidate.settings["mode"]


def resized(evidence: Evidence, **changed: Any) -> tuple[Amendment, ...]:
    """The candidate's resize with some of its settings changed; nothing where it filters, or its axes are unclear."""
    candidate = evidence.candidate
    settings = candidate.settings
    places = _places(evidence)
    if places is None or not known(settings):
        return ()
    own = {name: settings[name] for name in _TAKEN if name in settings}
    own |= {"factors": {places[name]: factor for name, factor in settings.get("factors", ()) if name in places}}
    sizes = tuple((at, candidate.shape[at]) for at in places.values())
    return (Amendment(candidate.name, instead=(Move("resize", {"sizes": sizes, "own": own, **changed}),)),)


def known(settings: Settings) -> bool:
    """Whether a move makes such a resize: antialiasing, and modes of one side alone, have none."""
    return settings["mode"] in _KNOWN and not settings.get("antialias")


def _places(evidence: Evidence) -> dict[str, int] | None:
    """Where the axes that are resized stand, by name; those whose size changes, where names are lost on the way."""
    candidate = evidence.candidate
    names = [name for name, _ in candidate.settings["sizes"]]
    places = {str(axis): at for at, axis in enumerate(candidate.axes)}
    if len(places) == len(candidate.axes) and all(name in places for name in names):
        return {name: places[name] for name in names}
    before = _before(evidence)
    if before is None or candidate.settings.get("factors"):
        return None
    changed = [at for at, pair in enumerate(zip(before.shape, candidate.shape, strict=True)) if pair[0] != pair[1]]
    return {f"axis {at}": at for at in changed} if len(changed) == len(names) else None


def _before(evidence: Evidence) -> Layer | None:
    """The layer that the candidate's resize reads, if it has as many axes."""
    layer = evidence.candidate
    before = evidence.network.layers[1].get(layer.inputs[0]) if layer.inputs else None
    return before if before is not None and len(before.shape) == len(layer.shape) else None


def enlarges(evidence: Evidence) -> bool:
    """Whether the candidate's map is known to grow along every axis that changes."""
    before = _before(evidence)
    if before is None:
        return False
    return all(one <= other for one, other in zip(before.shape, evidence.candidate.shape, strict=True))
