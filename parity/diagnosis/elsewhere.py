"""A diagnosis at the size at which a divergence shows: what is padded or looped by the size differs only there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from parity.diagnosis.diagnose import Diagnosis, diagnose
from parity.diagnosis.trial import Trial
from parity.judge import Judgement
from parity.look import Face
from parity.nouns import Layer, Match, Outline, Side
from parity.own_weights import Own
from parity.run import Both
from parity.sizes import sizes_of


def diagnosed(
    outlines: tuple[Outline, Outline],
    rows: Sequence[Judgement],
    outputs_agree: bool,
    sides: tuple[Side, Side],
    faces: Sequence[Face],
    both: Both,
    trial: Trial | None,
    own: Own,
) -> Diagnosis:
    """Diagnose at the declared size; if nothing is found there, at that of the probe that shows the divergence."""
    found = diagnose(*outlines, rows, outputs_agree, trial, own)
    name = next((row.difference.probe for row in rows if row.source and row.faulty), "").rpartition(", ")[0]
    face = next((face for face in faces if face[0].name == name), faces[0])
    if any(each.status != "unknown" for each in found.findings) or sizes_of(face[0]) == sizes_of(faces[0][0]):
        return found

    def outlined(face: Face) -> tuple[Outline, Outline]:
        return both(lambda: sides[0].outline(face[0]), lambda: sides[1].outline(face[1]))

    there = outlined(face)
    layers = [{layer.name: layer for layer in outline.layers} for outline in there]
    rows = [replace(row, match=_as_outlined(row.match, layers)) for row in rows]
    try:
        found = diagnose(*there, rows, outputs_agree, trial and trial.at_sizes_of(face), own)
    finally:
        outlined(faces[0])  # a side keeps to what it outlined last
    told = f"at the size of the probe {name}"
    return replace(
        found, findings=tuple(replace(each, sentence=f"{each.sentence} ({told})") for each in found.findings)
    )


def _as_outlined(match: Match, layers: Sequence[Mapping[str, Layer]]) -> Match:
    """The same match, of the layers as another outline has them."""
    one, other = match.reference, match.candidate
    return replace(
        match,
        reference=one and layers[0].get(one.name, one),
        candidate=other and layers[1].get(other.name, other),
    )
