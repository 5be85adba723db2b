"""A divergence -> the smallest scripts and arrays that show it without parity: one for each layer that parts alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from parity.axes import canonical
from parity.case import Case
from parity.errors import NoTwin
from parity.files import drafts
from parity.judge import DIVERGENCE, Judgement
from parity.line import Clock, Options, batches, loaded, met
from parity.look import Face
from parity.nouns import Array, Difference, Excerpt, Layer, Matches, Outline
from parity.probes import for_candidate
from parity.repro.script import ROLES, Fault, script
from parity.run import Sides, drawn_anew, given_of
from parity.sizes import sizes_of
from parity.verdict import Verdict
from parity.worker.client import launched

_HERE = re.compile(r"\bhere\b")
"""How a finding calls the candidate, in whose code it is told; a script holds both."""


@dataclass(frozen=True)
class _Aim:
    """Two layers that part, where it was seen, and whether only on values drawn anew. `ends`: outputs, not layers."""

    name: str
    layers: tuple[str, str]
    probe: str
    anew: bool = False
    told: float | None = None
    ends: bool = False


def repro(case: Case, verdict: Verdict, options: Options, folder: Path) -> str:
    """Write a script and its arrays for each layer at which the divergence begins; returns what came of it.

    The `folder` is made whole or not at all. Nothing is written of what is no divergence. Raises UsageError for a
    folder that holds something.
    """
    if verdict.verdict != DIVERGENCE:
        return f"no scripts: {case.name} is {verdict.verdict}"
    aims = [*_aims(verdict)]
    if not aims:
        return f"no scripts: no layer of {case.name} was seen to part, {verdict.reasons[0]}"
    faults = list(_faults(case, verdict, options, aims))
    if not faults:
        return f"no scripts: {aims[0].name} parts at a size at which the two sides call other layers"
    taken: Counter[str] = Counter()
    with drafts(folder) as place:
        for fault in faults:
            name = "repro_" + re.sub(r"\W+", "_", fault.name)
            taken[name] += 1
            name = name if taken[name] == 1 else f"{name}_{taken[name]}"
            source, arrays = script(fault)
            (place / f"{name}.py").write_text(source, encoding="utf-8")
            np.savez(place / f"{name}.npz", allow_pickle=False, **arrays)
    partly = [fault.name for fault in faults if not all(each.code for each in fault.excerpts)]
    told = f"wrote {folder}: {len(faults)} script{'s' if len(faults) > 1 else ''}, each with its arrays"
    return f"{told}; compared by their values alone: {', '.join(partly)}" if partly else told


def _aims(verdict: Verdict) -> Iterator[_Aim]:
    """What is to be shown: each layer that parts by itself, and where there is none, the outputs that part."""
    loners = {
        (role, layer.name)
        for row in verdict.layers
        if row.source and not row.difference.compared
        for role, layer in zip(ROLES, (row.match.reference, row.match.candidate), strict=True)
        if layer
    }
    found = [row for row in verdict.layers if _parts_here(row, loners)]
    for row in found:
        each = row.difference
        alone = each.isolated_share is not None and each.isolated_share > 1
        yield _Aim(
            row.match.name,
            row.match.shown,
            (each.alone_on[0 if alone else 1] if each.made_here else "") or each.probe,
            bool(each.made_here and not alone),
            (each.isolated if alone else each.redrawn) if each.made_here else each.max_abs,
        )
    if found:
        return
    pairs = zip(verdict.reference.outputs.items(), verdict.candidate.outputs.values(), strict=False)
    for (name, layer), other in pairs:
        end = next((each for each in verdict.outputs if each.name == name), None)
        ran = end is not None and None not in (end.reference_shape, end.candidate_shape)
        if ran and end is not None and not end.agrees and layer and other:
            yield _Aim(name, (layer, other), end.probe, told=_apart(end), ends=True)


def _parts_here(row: Judgement, loners: set[tuple[str, str]]) -> bool:
    """Whether a layer parts by itself, what has no partner right before it counted in.

    Where it was not seen alone, that is what was concluded.
    """
    unrun = None in (row.difference.reference_shape, row.difference.candidate_shape)
    if not row.faulty or unrun or row.match.reference is None or row.match.candidate is None:
        return False
    if row.difference.made_here is not None:
        return row.difference.made_here
    layers = zip(ROLES, (row.match.reference, row.match.candidate), strict=True)
    return row.source or any((role, name) in loners for role, layer in layers for name in layer.inputs)


def _apart(each: Difference) -> float | None:
    return each.max_abs if each.gap is None else each.gap


def _faults(case: Case, verdict: Verdict, options: Options, aims: Sequence[_Aim]) -> Iterator[Fault]:
    """Both sides once more, run as each aim was seen, and taken apart there."""
    clock = Clock(options.progress)
    faces = {probe.name: (probe, for_candidate(probe, case.inputs)) for probe in batches(case, options)}
    first = next(iter(faces.values()))
    with launched(case.reference, case.candidate, options.timeout, options.spawner) as (reference, candidate, both):
        live = (reference, candidate)
        outlines, matches = met(case, live, first, options, both, clock)
        for weights, sides in loaded(case, options, live, outlines, matches, first, both, clock):
            for aim in aims:
                probe, _, held = aim.probe.rpartition(", ")
                if held.removesuffix(" weights") == weights and _called(sides, faces[probe], first, aim):
                    with clock("excerpt"):
                        excerpts = _excerpts(sides, faces[probe], matches, aim, options)
                    yield _fault(verdict, aim, excerpts, outlines)


def _called(sides: Sides, face: Face, first: Face, aim: _Aim) -> bool:
    """Whether both layers are called on a probe: at another size than the declared one, others may be."""
    if sizes_of(face[0]) == sizes_of(first[0]):
        return True
    return all(name in trace.steps for name, trace in zip(aim.layers, sides.run(face), strict=True))


def _excerpts(sides: Sides, face: Face, matches: Matches, aim: _Aim, options: Options) -> tuple[Excerpt, Excerpt]:
    """In float64 where both sides can and both layers run so by themselves, else in float32."""
    tolerance = options.rtol is not None or options.atol is not None
    found: list[tuple[Excerpt, Excerpt]] = []
    for double in (False,) if tolerance else (True, False):
        try:
            found.append(_at(sides, face, matches, aim, options.seed, double))
        except NoTwin:
            continue
        if all(each.code for each in found[-1]):
            return found[-1]
    return max(found, key=lambda pair: sum(bool(each.code) for each in pair))


def _at(sides: Sides, face: Face, matches: Matches, aim: _Aim, seed: int, double: bool) -> tuple[Excerpt, Excerpt]:
    """Both layers behind the reference's values, or what was drawn in their place."""
    trace = sides.reference.run(face[0], double=double)
    plain = sides.unfolded(trace)
    yours: Mapping[str, Array] = given_of(plain, matches)
    mine: Mapping[str, Array] = {
        match.shown[0]: trace.steps[match.shown[0]]
        for match in matches
        if match.reference and match.candidate and match.shown[1] in yours
    }
    if aim.anew:
        mine, yours = drawn_anew(sides, plain, matches, seed)
    one, other = aim.layers
    if not aim.ends:
        mine = {name: each for name, each in mine.items() if name != one}
        yours = {name: each for name, each in yours.items() if name != other}
    excerpts = sides.both(
        lambda: sides.reference.excerpt(one, face[0], role=ROLES[0], given=mine, double=double),
        lambda: sides.candidate.excerpt(other, face[1], role=ROLES[1], given=yours, double=double),
    )
    if one in sides.folds:
        why = "the candidate adds its bias in the layer behind it"
        excerpts = replace(excerpts[0], code="", reason=why), excerpts[1]
    if all(each.code for each in excerpts):
        return excerpts
    runs = sides.both(
        lambda: sides.reference.run(face[0], double=double, given=mine),
        lambda: sides.candidate.run(face[1], double=double, given=yours),
    )
    runs = sides.unfolded(runs[0]), runs[1]
    told = []
    for excerpt, run, name in zip(excerpts, runs, aim.layers, strict=True):
        output = run.isolated.get(name, run.steps[name])
        told.append(excerpt if excerpt.code else replace(excerpt, output=output, axes=canonical(excerpt.axes)))
    return told[0], told[1]


def _fault(verdict: Verdict, aim: _Aim, excerpts: tuple[Excerpt, Excerpt], outlines: tuple[Outline, Outline]) -> Fault:
    layers = tuple(_layer(outline, name) for outline, name in zip(outlines, aim.layers, strict=True))
    shown = {aim.name, *excerpts[0].calls, *excerpts[1].calls}
    findings = [each for each in verdict.findings if each.layer in shown and each.status != "unknown"]
    return Fault(
        name=aim.name,
        excerpts=excerpts,
        names=aim.layers,
        places=(layers[0].place if layers[0] else None, layers[1].place if layers[1] else None),
        sentences=[f"{each.layer}: {_HERE.sub('in the candidate', each.sentence)}" for each in findings],
        told=aim.told,
        versions={**outlines[0].versions, **outlines[1].versions},
        anew=aim.anew,
    )


def _layer(outline: Outline, name: str) -> Layer | None:
    return next((layer for layer in outline.layers if layer.name == name), None)
