"""`parity check`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parity.commands._board import board
from parity.commands._fresh import check_alone, drawn
from parity.commands._screen import progress
from parity.commands._telling import Telling
from parity.commands._words import FILE, Finite, casing, complete_case, found_by
from parity.errors import UsageError, nearest

if TYPE_CHECKING:
    from parity.case import Case
    from parity.line import Options
    from parity.several import Outcome
    from parity.verdict import Verdict


@click.command()
@click.argument("names", metavar="CASE...", nargs=-1, shell_complete=complete_case)
@click.option("--all", "everything", is_flag=True, help="Check every case of the folder.")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="How many cases run at once."
)
@casing
@click.option("--rtol", type=Finite(min=0), help="Allow this share of the reference's magnitude.")
@click.option("--atol", type=Finite(min=0), help="Allow this absolute difference.")
@click.option(
    "--probe",
    "probes",
    multiple=True,
    metavar="NAME",
    help="Run this probe too, one of those of --thorough: impulse, ramp, padded or indices. Repeatable.",
)
@click.option("--thorough", is_flag=True, help="Run all probes, also the dearer ones.")
@click.option("--inputs", "inputs", type=FILE, help="Run these inputs too: .npy, .npz or a folder of them.")
@click.option("--weights", "weights", type=FILE, help="Load trained weights into the reference and run them too.")
@click.option("--as-is", is_flag=True, help="Compare both on their own weights, and carry none.")
@click.option("--candidate-weights", type=FILE, help="Load these into the candidate. Goes with --as-is.")
@click.option(
    "--init", "fresh", is_flag=True, help="Compare instead from which distributions both draw their fresh weights."
)
@click.option(
    "--builds",
    type=click.IntRange(min=8),
    metavar="N",
    help="With --init: build each side under so many seeds [default: 64].",
)
@click.option("--no-onnx", is_flag=True, help="Do without ONNX as third reference.")
@click.option("--no-expect", is_flag=True, help="Judge as if parity were expected, whatever the case says.")
@click.option(
    "--report",
    "reports",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Write a report; .json, .md or .txt decides how. Repeatable.",
)
@click.option("--pages", type=FILE, metavar="DIR", help="Write a page of each case, and an index, into this folder.")
@click.option(
    "--patch",
    "patch_file",
    type=FILE,
    help="Where the causes of a divergence are proved, write a diff that mends them, after it was tried.",
)
@click.option(
    "--repro",
    "repro_folder",
    metavar="DIR",
    type=FILE,
    help="Of a divergence, write the smallest scripts and arrays that show it without parity into this new folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the JSON report, and nothing else, to stdout.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the verdict.")
@click.option("-v", "--verbose", count=True, help="Print every layer and the whole ledger.")
def check(
    names: tuple[str, ...],
    everything: bool,
    jobs: int,
    cases: Path | None,
    seed: int,
    batch: int,
    timeout: float,
    rtol: float | None,
    atol: float | None,
    probes: tuple[str, ...],
    thorough: bool,
    inputs: Path | None,
    weights: Path | None,
    as_is: bool,
    candidate_weights: Path | None,
    fresh: bool,
    builds: int | None,
    no_onnx: bool,
    no_expect: bool,
    reports: tuple[Path, ...],
    pages: Path | None,
    patch_file: Path | None,
    repro_folder: Path | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Check CASE..., each a name or the path of a case's folder."""
    from parity import report
    from parity.case import Expectation
    from parity.files import check_new
    from parity.line import Options
    from parity.pages import check_folder, save_pages
    from parity.several import check_several

    found = [
        each if not no_expect else replace(each, expect=Expectation()) for each in found_by(names, everything, cases)
    ]
    for path in reports:
        report.format_for(path)
        if not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}")
        if path.is_dir():
            raise UsageError(f"{path}: this is a folder; expected a file")
    alone = {
        "--report": reports,
        "--inputs": inputs,
        "--weights": weights,
        "--candidate-weights": candidate_weights,
        "--patch": patch_file,
        "--repro": repro_folder,
    }
    for option, given in alone.items():
        if given and len(found) > 1:
            raise UsageError(f"{option} goes with one case, {len(found)} were asked for")
    if repro_folder:
        check_new(repro_folder)
    if pages:
        check_folder(pages)
    if fresh:
        tolerances = {"--rtol": rtol is not None, "--atol": atol is not None}
        more = {"--as-is": as_is, "--probe": probes, "--thorough": thorough, "--pages": pages}
        check_alone({**alone, **more, **tolerances, "--report": ()})
        options = Options(seed=seed, batch=batch, timeout=timeout)
        sys.exit(drawn(found, options, builds, reports, as_json=as_json, quiet=quiet, verbose=verbose))
    if builds is not None:
        raise UsageError("--builds goes with --init, which builds each side so often")
    options = Options(
        seed=seed,
        batch=batch,
        timeout=timeout,
        rtol=rtol,
        atol=atol,
        onnx=not no_onnx,
        probes=_known(probes),
        thorough=thorough,
        inputs=inputs,
        **_weighed(found[0], weights, candidate_weights, as_is),
    )
    telling = Telling(len(found) > 1, as_json, quiet, verbose)
    outcomes: list[Outcome] = []
    with board([each.name for each in found]) as told:
        for outcome in check_several(found, options, jobs, told):
            outcomes.append(outcome)
            telling.outcome(outcome)
    for verdict in [each.verdict for each in outcomes if each.verdict]:
        for path in reports:
            verdict.save(path)
        if patch_file:
            _patch(verdict, options, patch_file)
        if repro_folder:
            _repro(verdict, options, repro_folder)
    documents = [each.verdict.to_dict() for each in outcomes if each.verdict]
    if pages:
        save_pages([each.verdict for each in outcomes if each.verdict], pages)
    telling.end(outcomes, documents)
    sys.exit(max(each.code for each in outcomes))


def _weighed(case: Case, weights: Path | None, candidate_weights: Path | None, as_is: bool) -> dict[str, Any]:
    """The wishes about weights. Raises UsageError for files that do not go with the case or with each other."""
    from parity.files import check_readable

    if candidate_weights is not None and not as_is:
        raise UsageError(
            "--candidate-weights goes with --as-is; without it the candidate takes the reference's weights"
        )
    for file, side in ((weights, case.reference), (candidate_weights, case.candidate)):
        if file is not None:
            check_readable(file, side.framework)
    wished = "as-is" if as_is else "built" if weights else None
    return {"weights": wished, "reference_file": weights, "candidate_file": candidate_weights}


def _known(probes: tuple[str, ...]) -> tuple[str, ...]:
    """The probes asked for besides the cheap ones. Raises UsageError for a name that there is not."""
    from parity.probes import THOROUGH

    for name in probes:
        if name not in THOROUGH:
            raise UsageError(f"--probe {name}: there is no such probe{nearest(name, THOROUGH)}")
    return probes


def _patch(verdict: Verdict, options: Options, file: Path) -> None:
    """A patch of the candidate, and what came of it in a sentence beside the verdict."""
    from parity.mending.patching import patch

    with progress(f"{verdict.case.name}, patched") as told:
        said = patch(verdict.case, verdict, replace(options, progress=told), file)
    click.echo(said, err=True)


def _repro(verdict: Verdict, options: Options, folder: Path) -> None:
    """Scripts that show the fault by themselves, and what came of them in a sentence beside the verdict."""
    from parity.repro import repro

    with progress(f"{verdict.case.name}, taken apart") as told:
        said = repro(verdict.case, verdict, replace(options, progress=told), folder)
    click.echo(said, err=True)


COMMAND = check
