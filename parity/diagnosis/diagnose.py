"""Judgements -> Findings: why the two networks part, each cause proved by running its counterfactual where it can be.

What both networks say of themselves (settings, shapes, layers that one side has and the other has not) suggests
the causes; only a run of the amended candidate confirms one. Suspected, confirmed and unknown are never mixed up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from parity import shelf
from parity.diagnosis.cause import Cause, Suspicion, say
from parity.diagnosis.evidence import Evidence, evidence_of
from parity.diagnosis.guises import suspected
from parity.diagnosis.network import Network
from parity.diagnosis.proof import Proof, Suspect, idlers, prove
from parity.diagnosis.trial import Trial
from parity.judge import Judgement
from parity.mending.mend import Mend, Mended, mended, outward
from parity.nouns import Finding, Outline
from parity.own_weights import Own


def causes() -> dict[str, Cause]:
    """All causes by their codes."""
    return {name.replace("_", "-"): cause for name, cause in shelf.read("parity.causes", "CAUSE").items()}


@dataclass(frozen=True)
class Diagnosis:
    """The findings in call order, what differs and makes no difference, and whether the findings explain all.

    `left` and `lent` are as of a Proof.
    """

    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    explained: bool = False
    left: tuple[str, ...] = ()
    lent: tuple[str, ...] = ()
    mends: tuple[Mend, ...] = ()
    """What all that is confirmed or stated asks to be written, each once; nothing where one of it cannot be so."""


def diagnose(
    reference: Outline,
    candidate: Outline,
    rows: Sequence[Judgement],
    outputs_agree: bool,
    trial: Trial | None,
    own: Own,
) -> Diagnosis:
    """Suspect, try, and tell. Without a trial (a tolerance was given) causes are only suspected."""
    network = Network(reference, candidate, rows, outputs_agree, own)
    suspects = _uncovered([each for evidence in evidence_of(network, rows) for each in _suspected(evidence)])
    proof = prove(suspects, rows, trial) if trial else Proof(idle=idlers(suspects, rows))
    shown = {name for number in proof.confirmed for name in suspects[number].targets}
    findings: list[Finding] = []
    notes: list[str] = []
    told: set[str] = set()
    sure = [number for number, each in enumerate(suspects) if number in proof.confirmed or each.suspicion.stated]
    mends = _certain(suspects, sure)
    for number, suspect in enumerate(suspects):
        follows = number in proof.needless or bool(suspect.targets and suspect.targets <= shown)
        superfluous = number not in proof.confirmed and follows
        if number in proof.idle or (superfluous and not suspect.suspicion.stated):
            notes.append(_without_effect(suspect, superfluous))
        else:
            findings.append(_finding(number, suspect, proof, mends.get(number)))
            told |= {_layer(suspect), *suspect.targets, *suspect.suspicion.covers}
    told |= proof.resting  # what is confirmed takes their difference away as well
    notes += [note for cause in causes().values() if cause.notes for note in cause.notes(network)]
    findings += [_unknown(row) for row in rows if row.difference.made_here and row.match.name not in told]
    written = [mends.get(number) for number in sure]
    whole = all(mend is not None and isinstance(mended(mend), Mended) for mend in written)
    return Diagnosis(
        tuple(findings),
        tuple(dict.fromkeys(notes)),
        proof.explained,
        proof.left,
        proof.lent,
        tuple(_once(mend for mend in written if mend)) if whole else (),
    )


def _certain(suspects: Sequence[Suspect], sure: Sequence[int]) -> dict[int, Mend]:
    """The mends, by number of the suspect; one line may make many layers, and all of them may ask for the same."""
    found = {number: each.suspicion.mend for number, each in enumerate(suspects) if each.suspicion.mend}
    outer = {number: outward(mend) for number, mend in found.items()}
    certain: dict[int, Mend] = {}
    for number, mend in found.items():
        network, further = suspects[number].evidence.network, outer[number]
        asking = sum(outer[other] == further for other in sure if other in outer)
        if further != mend and network.layers_at(further, mend) <= max(asking, 1):
            certain[number] = replace(further, every=True)
            continue
        asking = sum(found[other] == mend for other in sure if other in found)
        every = network.layers_at(mend) <= max(asking, 1)
        certain[number] = replace(mend, every=every, also=tuple(replace(each, every=every) for each in mend.also))
    return certain


def _once(mends: Iterable[Mend]) -> list[Mend]:
    found: list[Mend] = []
    for mend in mends:
        if mend not in found:
            found.append(mend)
    return found


def _suspected(evidence: Evidence) -> Iterator[Suspect]:
    """What every cause on the shelf says of one row; a setting of which none speaks is told by its own name."""
    targets = _targets(evidence)
    for code, cause in causes().items():
        for suspicion in cause.suspect(evidence):
            yield Suspect(suspicion.name or code, evidence, suspicion, targets)
    for code, suspicion in suspected(evidence, causes()):
        read = {row.match.name for row in evidence.network.readers(evidence.candidate) if row.difference.made_here}
        yield Suspect(code, evidence, suspicion, targets | read)
    for setting, (value, other) in evidence.differing.items():
        if not any(cause.speaks_of(evidence.kind, setting) for cause in causes().values()):
            sentence = f"{setting.replace('_', ' ')} is {say(value)} in the reference and {say(other)} here"
            yield Suspect(setting.replace("_", "-"), evidence, Suspicion(sentence, (value, other)), targets)


def _uncovered(suspects: list[Suspect]) -> list[Suspect]:
    """The suspects of whose rows no other cause says all there is to say; of two that say so, the first."""

    def covers(one: Suspect, other: Suspect) -> bool:
        return one.cause != other.cause and _layer(other) in one.suspicion.covers

    return [
        each
        for at, each in enumerate(suspects)
        if not any(covers(one, each) and (number < at or not covers(each, one)) for number, one in enumerate(suspects))
    ]


def _targets(evidence: Evidence) -> frozenset[str]:
    """The rows in which a remedy of this one must show: itself, or the first that are compared behind it.

    What moves data shows in both: a layer behind it, run alone, reads what it gives.
    """
    match, network = evidence.row.match, evidence.network
    own = {match.name} if evidence.paired and evidence.row.status not in ("moved", "stepwise") else set()
    if own and not match.carries:
        return frozenset(own)
    rows, _ = network.behind(match.name, 0 if match.reference else 1)
    return frozenset(own | {row.match.name for row in rows if row.faulty or row.difference.made_here})


def _finding(number: int, suspect: Suspect, proof: Proof, mend: Mend | None) -> Finding:
    match, suspicion = suspect.evidence.row.match, suspect.suspicion
    places = suspicion.places or (
        match.candidate.place if match.candidate else None,
        match.reference.place if match.reference else None,
    )
    written = mended(mend) if mend else None
    place = places[0]
    if isinstance(written, Mended) and suspicion.mend and written.place != suspicion.mend.place:
        place = written.place  # which hands the value down
    found = Finding(
        cause=suspect.cause,
        status="stated" if suspicion.stated or _evident(suspect, number in proof.refused) else "suspected",
        layer=_layer(suspect),
        sentence=suspicion.sentence,
        reference_value=say(suspicion.values[0]),
        candidate_value=say(suspicion.values[1]),
        place=place,
        reference_place=places[1],
        doubt=proof.refused.get(number, ""),
        mend=str(written) if isinstance(written, Mended) else suspicion.script,
    )
    if number not in proof.confirmed:
        return found
    before, after = (None if math.isnan(each) else each for each in proof.confirmed[number])
    return replace(found, status="confirmed", before=before, after=after, doubt="")


def _evident(suspect: Suspect, refused: bool) -> bool:
    """Whether two settings differ of layers that cannot be laid beside each other, and nothing is left to be tried.

    What was tried, and did not bring the layer to the reference's shape, is not evident.
    """
    row, cause, settings = suspect.evidence.row, causes().get(suspect.cause), suspect.evidence.differing
    named = cause is None or any(cause.speaks_of(suspect.evidence.kind, each) for each in settings)
    untried = row.status == "shape" and (refused or not suspect.suspicion.amendments)
    return bool(settings) and named and (row.mismatched or untried)


def _without_effect(suspect: Suspect, superfluous: bool) -> str:
    """What is true of two layers and no reason for what float32 shows."""
    said = f"{_layer(suspect)}: {suspect.suspicion.sentence}"
    if suspect.evidence.row.difference.made_beneath and not superfluous:
        return f"{said} ({suspect.cause}), which float32's rounding hides"
    return f"{said}, which makes no difference here"


def _layer(suspect: Suspect) -> str:
    return suspect.evidence.row.match.name


def _unknown(row: Judgement) -> Finding:
    match: Any = row.match
    made = row.difference.redrawn if row.difference.asleep else row.difference.isolated
    return Finding(
        "unknown",
        "unknown",
        match.name,
        f"differs by {made:.2g} on equal inputs, and no cause that is known here explains it",
        place=match.candidate.place,
        reference_place=match.reference.place,
    )
