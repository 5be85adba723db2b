"""The line: from a case to its verdict."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from parity.align import align, align_outputs
from parity.axes import to_canonical, unknown
from parity.case import Case, SideSpec
from parity.compare import compare, compare_layers
from parity.diagnose import diagnose
from parity.judge import judge, judge_layers
from parity.match import match
from parity.nouns import Outline, Probe, Side, Trace
from parity.port import account, merged, port
from parity.probes import for_candidate, probe_inputs, probe_weights
from parity.verdict import Third, Verdict
from parity.worker.client import Worker, launch

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Options:
    """How to check. `rtol`/`atol` override the case's; `progress` is told each stage as it begins."""

    seed: int = 0
    batch: int = 4
    rtol: float | None = None
    atol: float | None = None
    onnx: bool = True
    timeout: float = 300.0
    weights: str | None = None
    progress: Callable[[str], None] = field(default=lambda stage: None)


OpenOnnx = Callable[[Path], AbstractContextManager[Side]]


def check(case: Case, options: Options) -> Verdict:
    """Check one case, each side in a process of its own.

    Raises SideFailed when a side raises, exits, is killed or is late; UsageError for unfit input files.
    """
    options.progress("starting both sides")
    with _launched(case, options) as (reference, candidate):
        probe = probe_inputs(case.inputs, options.batch, options.seed)
        return examine(case, reference, candidate, probe, options, lambda file: _onnx_worker(file, options))


def outlines(case: Case, options: Options) -> tuple[Outline, Outline]:
    """Only build both sides and see their layers."""
    options.progress("starting both sides")
    with _launched(case, options) as (reference, candidate):
        probe = probe_inputs(case.inputs, options.batch, options.seed)
        theirs = for_candidate(probe, case.inputs)
        return both(lambda: reference.outline(probe), lambda: candidate.outline(theirs))


def examine(
    case: Case, reference: Side, candidate: Side, probe: Probe, options: Options, open_onnx: OpenOnnx | None
) -> Verdict:
    """The line itself, on two sides wherever they live."""
    clock = _Clock(options.progress)
    theirs = for_candidate(probe, case.inputs)
    with clock("outline"):
        outline, other = both(lambda: reference.outline(probe), lambda: candidate.outline(theirs))
    with clock("match"):
        matches = match(outline, other)
        ledger = account(outline, other, matches)
    with clock("port"):
        drawn = (options.weights or case.weights) == "probe"
        weights = probe_weights(outline, options.seed) if drawn else reference.weights()
        ported = port(weights, matches)
        if drawn:  # what has no counterpart is drawn too, so that a run can be repeated to the last digit
            ported = merged(probe_weights(other, options.seed), ported)
        both(lambda: reference.load(weights), lambda: candidate.load(ported))
    with clock("run"):
        trace, answer = both(lambda: reference.run(probe), lambda: candidate.run(theirs))
    with clock("compare"):
        rtol = case.rtol if options.rtol is None else options.rtol
        atol = case.atol if options.atol is None else options.atol
        differences = compare_layers(align(trace, answer, matches), matches, rtol, atol)
        scales = {each.name: each.scale or 0.0 for each in differences}
        givers = [*outline.outputs.values(), *[""] * len(answer.outputs)]
        outputs = [
            compare(pair, rtol, atol, scales.get(giver, 0.0))
            for pair, giver in zip(align_outputs(trace, answer), givers, strict=False)
        ]
    rows = judge_layers(matches, differences, ledger, all(each.agrees for each in outputs))
    verdict, reasons = judge(outline, other, rows, outputs, ledger)
    findings = diagnose(outline, other, rows)
    third = None
    if options.onnx and open_onnx:
        with clock("onnx"):
            third = _third(_Run(reference, outline, probe, trace), _Run(candidate, other, theirs, answer), open_onnx)
    return Verdict(
        case, verdict, reasons, outline, other, rows, tuple(outputs), ledger, findings, third, probe, dict(clock.spent)
    )


def both(one: Callable[[], T], other: Callable[[], U]) -> tuple[T, U]:
    """Ask both sides at once: each works in its own process, so the slower one sets the time."""
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(one), pool.submit(other)
        return first.result(), second.result()


@contextmanager
def _launched(case: Case, options: Options) -> Iterator[tuple[Worker, Worker]]:
    """Both workers, started together."""
    with (
        launch("reference", case.reference, options.timeout) as reference,
        launch("candidate", case.candidate, options.timeout) as candidate,
    ):
        yield reference, candidate


@contextmanager
def _onnx_worker(file: Path, options: Options) -> Iterator[Side]:
    with launch("onnx", SideSpec("onnx", str(file), file.parent), options.timeout) as worker:
        yield worker


@dataclass(frozen=True)
class _Run:
    """One side with what it was asked and what it answered."""

    side: Side
    outline: Outline
    probe: Probe
    trace: Trace


def _third(reference: _Run, candidate: _Run, open_onnx: OpenOnnx) -> Third:
    """Export the Keras side, run it in ONNX Runtime, and lay the three results beside each other."""
    exported = next((run for run in (reference, candidate) if run.outline.framework == "keras"), None)
    if exported is None:
        return Third(reason="neither side is Keras, and only that one is exported")
    try:
        with tempfile.TemporaryDirectory(prefix="parity-") as folder:
            file = Path(folder) / "exported.onnx"
            exported.side.export(file, exported.probe)
            with open_onnx(file) as onnx:
                result = onnx.run(exported.probe)
                versions = onnx.outline(exported.probe).versions
    except Exception as error:  # noqa: BLE001 - an export may fail in any way, and the verdict stands without it
        return Third(reason=str(error) or type(error).__name__)
    layers = {layer.name: layer.axes for layer in exported.outline.layers}
    arrays = {
        name: to_canonical(array, layers.get(layer, unknown(array.shape)))
        for (name, layer), array in zip(exported.outline.outputs.items(), result.outputs.values(), strict=True)
    }
    third = Trace({}, arrays)
    return Third(
        versions=versions,
        between=_farthest(reference.trace, candidate.trace),
        reference=_farthest(reference.trace, third),
        candidate=_farthest(third, candidate.trace),
    )


def _farthest(one: Trace, other: Trace) -> float | None:
    """The largest distance relative to the scale over all outputs; None where one could not be compared."""
    found = [compare(pair).relative for pair in align_outputs(one, other)]
    numbers = [each for each in found if each is not None]
    return max(numbers) if numbers and len(numbers) == len(found) else None


class _Clock:
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
