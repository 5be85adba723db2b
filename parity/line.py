"""The line: from a case to its verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from parity import guards
from parity.case import Case, SideSpec
from parity.diagnosis.elsewhere import diagnosed
from parity.diagnosis.noise import only_noise
from parity.diagnosis.trial import Trial
from parity.errors import SideFailed
from parity.judge import DIVERGENCE, judge, judge_layers, notes, spare
from parity.look import Face, Seen, Tolerance, doubts_of, look, worst_of
from parity.nouns import Matches, Outline, Probe, Side, Weights
from parity.own_inputs import own_probes
from parity.own_weights import Own, compared
from parity.pairing import pair
from parity.port import account, folds, merged, port
from parity.probes import CHEAP, battery, for_candidate, probe_inputs, probe_weights, unmade
from parity.run import Both, Sides
from parity.third import Exported, OpenOnnx, third_reference
from parity.verdict import Verdict
from parity.worker.client import FIRST_RUN, launch, launched
from parity.worker.process import Spawner, spawned


@dataclass(frozen=True)
class Options:
    """How to check. `rtol`/`atol` override the case's; `progress` is told each stage as it begins.

    `weights` overrides the case's: on which weights both run, a key of `SETS`. `reference_file` is loaded into
    the reference first, and is then what "built" means; `candidate_file` into the candidate, where it keeps its own.
    `probes` names some besides the cheap ones; `inputs` is a file or folder of the user's own batches to run as well.
    `spawner` starts the processes of the sides.
    """

    seed: int = 0
    batch: int = 8
    rtol: float | None = None
    atol: float | None = None
    onnx: bool = True
    timeout: float = 300.0
    weights: str | None = None
    reference_file: Path | None = None
    candidate_file: Path | None = None
    probes: tuple[str, ...] = ()
    thorough: bool = False
    inputs: Path | None = None
    spawner: Spawner = spawned
    progress: Callable[[str], None] = field(default=lambda stage: None)


SETS = {"probe": ("probe",), "built": ("built", "probe"), "carried": ("built",), "as-is": ("as-is",)}
"""The sets of weights on which both run: drawn ones, those that the reference holds, or each side's own."""
DRAWS = 8
"""How often weights are drawn again where some layer would read only zeros."""


def check(case: Case, options: Options) -> Verdict:
    """Check one case, each side in a process of its own.

    Raises SideFailed when a side raises, exits, is killed or is late; UsageError for unfit input files.
    """
    options.progress("starting both sides")
    probes = batches(case, options)
    with launched(case.reference, case.candidate, options.timeout, options.spawner) as (reference, candidate, both):
        return examine(case, reference, candidate, probes, options, both, lambda file: _onnx_worker(file, options))


def batches(case: Case, options: Options) -> tuple[Probe, ...]:
    """What a case is run on: its battery of probes, and the batches that the user brings."""
    names = dict.fromkeys((*CHEAP, *options.probes))
    drawn = battery(case.inputs, options.batch, options.seed, names=tuple(names), thorough=options.thorough)
    return drawn if options.inputs is None else (*drawn, *own_probes(options.inputs, case.inputs))


def outlines(case: Case, options: Options) -> tuple[Outline, Outline]:
    """Only build both sides and see their layers."""
    options.progress("starting both sides")
    probe = probe_inputs(case.inputs, options.batch, options.seed)
    theirs = for_candidate(probe, case.inputs)
    with (
        launched(case.reference, case.candidate, options.timeout, options.spawner) as (reference, candidate, both),
        _telling_shapes((probe, theirs), case),
    ):
        return both(lambda: reference.outline(probe), lambda: candidate.outline(theirs))


def examine(
    case: Case,
    reference: Side,
    candidate: Side,
    probes: Sequence[Probe],
    options: Options,
    both: Both,
    open_onnx: OpenOnnx | None,
) -> Verdict:
    """The line itself, on two sides wherever they live."""
    clock = Clock(options.progress)
    faces = [(probe, for_candidate(probe, case.inputs)) for probe in probes]
    (outline, other), matches = met(case, (reference, candidate), faces[0], options, both, clock)
    with clock("match"):
        ledger = account(outline, other, matches)
    tolerance = Tolerance(
        case.rtol if options.rtol is None else options.rtol, case.atol if options.atol is None else options.atol
    )
    seen: list[Seen] = []
    own = Own()
    for name, sides in loaded(case, options, (reference, candidate), (outline, other), matches, faces[0], both, clock):
        if name == "as-is":
            own = compared(*sides.weights, matches)
        with clock("run"):
            shown, first = look(sides, faces, matches, name, tolerance, options.seed)
            seen += shown
    differences, outputs = worst_of(seen)
    agree = all(each.agrees for each in outputs)
    rows = judge_layers(matches, differences, ledger, agree)
    doubts = [*own.far, *doubts_of(seen, outline, other, matches, (*differences, *outputs))]
    verdict, reasons = judge(outline, other, rows, outputs, ledger, doubts)
    with clock("diagnose"):
        names = {each.name.rpartition(", ")[0] for each in seen}
        ran = [face for face in faces if face[0].name in names]
        parts = verdict == DIVERGENCE or any(row.faulty or row.astray for row in rows)
        trial = Trial(sides, ran, matches, ledger) if parts else None
        diagnosis = only_noise(trial, rows, outputs) if trial and tolerance.given else None
        trial = None if tolerance.given else trial
        diagnosis = diagnosis or diagnosed(
            (outline, other), rows, agree, (reference, candidate), faces, both, trial, own
        )
    third = None
    if options.onnx and open_onnx:
        with clock("onnx"):
            third = third_reference(
                Exported(reference, outline, faces[0][0], first.reference),
                Exported(candidate, other, faces[0][1], first.candidate),
                open_onnx,
            )
    return Verdict(
        case=case,
        verdict=verdict,
        reasons=(*reasons, *(own.near if reasons else ())),
        notes=(
            *own.notes(verdict),
            *unmade(options.probes, probes),
            *notes(rows, seen, outline, other),
            *spare(ledger),
            *diagnosis.notes,
        ),
        reference=outline,
        candidate=other,
        layers=rows,
        outputs=outputs,
        ledger=ledger,
        findings=diagnosis.findings,
        explained=diagnosis.explained,
        left=diagnosis.left,
        lent=diagnosis.lent,
        mends=diagnosis.mends,
        onnx=third,
        probes=tuple(each.name for each in seen),
        timings=dict(clock.spent),
    )


def met(
    case: Case, sides: tuple[Side, Side], face: Face, options: Options, both: Both, clock: Clock
) -> tuple[tuple[Outline, Outline], Matches]:
    """Both sides outlined, with the weights of their files, and matched."""
    reference, candidate = sides
    with clock("outline"), _telling_shapes(face, case):
        outlines = both(lambda: reference.outline(face[0]), lambda: candidate.outline(face[1]))
    for side, file in ((reference, options.reference_file), (candidate, options.candidate_file)):
        if file is not None:
            with clock("read"):
                side.read(file.absolute())  # its process may stand in another folder
    with clock("match"):
        return pair(case, sides, outlines, face, options.seed, both)


def loaded(
    case: Case,
    options: Options,
    live: tuple[Side, Side],
    outlines: tuple[Outline, Outline],
    matches: Matches,
    face: Face,
    both: Both,
    clock: Clock,
) -> Iterator[tuple[str, Sides]]:
    """Both sides with each set of weights that they are to run on, one after the other, and its name."""
    reference, candidate = live
    for name, weights in _weights(case, options, reference, outlines[0], face[0]):
        with clock("port"):
            if name == "as-is":
                theirs: Weights = _copied(candidate.weights())
            else:
                # What has no counterpart is drawn too, so that a run can be repeated to the last digit.
                theirs = merged(probe_weights(outlines[1], options.seed), port(weights, matches))
            sides = Sides(reference, candidate, (weights, theirs), both, folds(matches))
            sides.load(sides.weights)
        yield name, sides


@contextmanager
def _telling_shapes(face: Face, case: Case) -> Iterator[None]:
    """Where a side cannot take its inputs, say what it was given: most often `candidate_axes` is missing."""
    try:
        yield
    except SideFailed as error:
        if error.side in ("reference", "candidate") and error.doing == FIRST_RUN:
            probe = face[error.side == "candidate"]
            shapes = {name: "×".join(map(str, array.shape)) for name, array in probe.arrays.items()}
            given = ", ".join(f"{name} {shape} ({' '.join(probe.axes[name])})" for name, shape in shapes.items())
            ask, key = "is that what it takes?", "shape"
            if error.side == "candidate":
                ask, key = "does it take another order of axes?", "candidate_axes"
            error.details += f"\nThe {error.side} was given {given}; {ask} ({key} in {case.folder.name}/case.toml)"
        raise


def _weights(
    case: Case, options: Options, reference: Side, outline: Outline, probe: Probe
) -> Iterator[tuple[str, Weights]]:
    """The sets of weights to run on: those that the reference holds, if they are asked for, and probes."""
    wanted = SETS[options.weights or case.weights]
    for name in wanted:
        if name != "probe":
            yield "trained" if name == "built" and options.reference_file else name, _copied(reference.weights())
    if "probe" not in wanted:
        return
    for attempt in range(DRAWS):
        reference.load(probe_weights(outline, options.seed + attempt * 7919))
        reference.calibrate(probe, options.seed)
        silent = guards.silent(reference.run(probe))
        if not list(guards.reads_something(outline, silent)):
            break  # by chance a narrow relu gives nothing at all, and would hide what is behind it
    yield "probe", _copied(reference.weights())


def _copied(weights: Weights) -> Weights:
    """The weights of a live side, which would change with it."""
    return {layer: {role: np.array(array) for role, array in roles.items()} for layer, roles in weights.items()}


@contextmanager
def _onnx_worker(file: Path, options: Options) -> Iterator[Side]:
    with launch("onnx", SideSpec("onnx", str(file), file.parent), options.timeout, options.spawner) as worker:
        yield worker


class Clock:
    """Seconds spent in each stage, and the stage told as it begins."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self.spent: dict[str, float] = {}
        self._progress = progress

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        self._progress(stage)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.spent[stage] = time.perf_counter() - start
