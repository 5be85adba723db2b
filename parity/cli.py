"""Words in, exit code out. Nothing heavy is imported before the words are understood."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from parity import __version__
from parity.errors import (
    BROKEN,
    DIVERGENCE,
    INCONCLUSIVE,
    INTERRUPTED,
    PARITY,
    SIDE_FAILED,
    ParityError,
    UsageError,
    nearest,
)

if TYPE_CHECKING:
    from parity.case import Case
    from parity.verdict import Verdict

F = TypeVar("F", bound=Callable[..., Any])

_EPILOG = """\b
Exit codes: 0 each case came out as it expects · 1 a divergence that was not
expected, or an expected one that did not come · 2 wrong usage · 3 inconclusive
· 4 a side failed. Of several cases, the highest counts.
"""


class _Group(click.Group):
    """Turns every error of parity's own into its message and exit code."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except ParityError as error:
            click.echo(f"{click.style('error:', fg='red', bold=True)} {error}", err=True)
            context.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:  # or click would leave with the code that means divergence
            click.echo("interrupted", err=True)
            context.exit(INTERRUPTED)
        except Exception as error:  # noqa: BLE001 - or it would leave with the code that means divergence
            import traceback

            told = "".join(traceback.format_exception(error)[-3:]).rstrip()
            click.echo(
                f"{click.style('parity itself failed:', fg='red', bold=True)} please report this\n{told}", err=True
            )
            context.exit(BROKEN)


class Finite(click.FloatRange):
    """A range of floats without NaN and infinity."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        number = super().convert(value, parameter, context)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", parameter, context)
        return number


_FILE = click.Path(path_type=Path)


def _casing(command: F) -> F:
    """The options by which a case is found and its sides are run."""
    options = [
        click.option(
            "--cases",
            type=click.Path(path_type=Path),
            help="Folder of the cases [default: [tool.parity] cases, else those shipped].",
        ),
        click.option(
            "--seed",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            help="Seed of the inputs and of the probe weights.",
        ),
        click.option("--batch", type=click.IntRange(min=1), default=8, show_default=True, help="Samples in the batch."),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True, max=1e6),
            default=300.0,
            show_default=True,
            help="Seconds that a side may take for one answer.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from parity import cases

    with contextlib.suppress(ParityError):
        return [name for name in cases.listed(_folder(context.params.get("cases"))) if name.startswith(incomplete)]
    return []


def _complete_cause(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from parity.diagnosis.explain import pages

    return [code for code in pages() if code.startswith(incomplete)]


@click.group(cls=_Group, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="parity")
def main() -> None:
    """Are two implementations of a network, in Keras and in PyTorch, the same function?

    And if they are, weights are carried from one to the other.
    """


@main.command()
@click.argument("names", metavar="CASE...", nargs=-1, shell_complete=_complete)
@click.option("--all", "everything", is_flag=True, help="Check every case of the folder.")
@_casing
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
@click.option("--inputs", "inputs", type=_FILE, help="Run these inputs too: .npy, .npz or a folder of them.")
@click.option("--weights", "weights", type=_FILE, help="Load trained weights into the reference and run them too.")
@click.option("--as-is", is_flag=True, help="Compare both on their own weights, and carry none.")
@click.option("--candidate-weights", type=_FILE, help="Load these into the candidate. Goes with --as-is.")
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
@click.option(
    "--patch",
    "patch_file",
    type=_FILE,
    help="Where the causes of a divergence are proved, write a diff that mends them, after it was tried.",
)
@click.option(
    "--repro",
    "repro_folder",
    metavar="DIR",
    type=_FILE,
    help="Of a divergence, write the smallest scripts and arrays that show it without parity into this new folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the JSON report, and nothing else, to stdout.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the verdict.")
@click.option("-v", "--verbose", count=True, help="Print every layer and the whole ledger.")
def check(
    names: tuple[str, ...],
    everything: bool,
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
    patch_file: Path | None,
    repro_folder: Path | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Check CASE..., each a name or the path of a case's folder."""
    from parity import report
    from parity.files import check_new

    found = _found(names, everything, cases)
    for path in reports:
        report.format_for(path)
        if not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}")
        if path.is_dir():
            raise UsageError(f"{path}: this is a folder; expected a file")
    if reports and len(found) > 1:
        raise UsageError(f"--report takes one case, {len(found)} were asked for")
    if inputs and len(found) > 1:
        raise UsageError(f"--inputs goes with one case, {len(found)} were asked for")
    if patch_file and len(found) > 1:
        raise UsageError(f"--patch goes with one case, {len(found)} were asked for")
    if repro_folder:
        if len(found) > 1:
            raise UsageError(f"--repro goes with one case, {len(found)} were asked for")
        check_new(repro_folder)
    if fresh:
        _alone_with_init(
            {
                "--weights": weights,
                "--candidate-weights": candidate_weights,
                "--as-is": as_is,
                "--inputs": inputs,
                "--probe": probes,
                "--thorough": thorough,
                "--rtol": rtol is not None,
                "--atol": atol is not None,
                "--patch": patch_file,
                "--repro": repro_folder,
            }
        )
        common = {"seed": seed, "batch": batch, "timeout": timeout}
        sys.exit(_drawn(found, common, builds, reports, as_json=as_json, quiet=quiet, verbose=verbose))
    if builds is not None:
        raise UsageError("--builds goes with --init, which builds each side so often")
    wishes: dict[str, Any] = {
        "seed": seed,
        "batch": batch,
        "timeout": timeout,
        "rtol": rtol,
        "atol": atol,
        "onnx": not no_onnx,
        "probes": _known(probes),
        "thorough": thorough,
        "inputs": inputs,
        **_weighed(found, weights, candidate_weights, as_is),
    }
    codes, documents = [], []
    for case in found:
        code, verdict = _checked(case, no_expect, wishes)
        codes.append(code)
        if verdict is None:
            continue
        documents.append(verdict.to_dict())
        for path in reports:
            verdict.save(path)
        if not as_json:
            _print(verdict, quiet=quiet, verbose=verbose)
        if patch_file:
            _patch(case, verdict, wishes, patch_file)
        if repro_folder:
            _repro(case, verdict, wishes, repro_folder)
    if as_json:
        click.echo(
            json.dumps(documents[0] if len(found) == 1 and documents else documents, ensure_ascii=False, indent=2)
        )
    sys.exit(max(codes))


@main.command("list")
@click.option("--cases", type=click.Path(path_type=Path), help="Folder of the cases.")
@click.option("--names", is_flag=True, help="Only the names, one a line.")
def list_cases(cases: Path | None, names: bool) -> None:
    """List the cases, with their titles."""
    from parity.cases import listed, title

    folder = _folder(cases)
    found = listed(folder)
    width = max(map(len, found), default=0)
    for name in found:
        click.echo(name if names else f"{name:{width}}  {title(folder / name)}")


@main.command()
@click.argument("name", metavar="CASE", shell_complete=_complete)
@_casing
@click.option("--json", "as_json", is_flag=True, help="Print JSON to stdout.")
def show(name: str, cases: Path | None, seed: int, batch: int, timeout: float, as_json: bool) -> None:
    """Show both networks of CASE side by side: layers, shapes, parameters, totals."""
    from parity.line import Options, outlines
    from parity.show import document, render

    (case,) = _found((name,), False, cases)
    with _progress(case.name) as progress:
        both = outlines(case, Options(seed=seed, batch=batch, timeout=timeout, progress=progress))
    shown = document(case, *both)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        _show(lambda console: render(shown, console))


@main.command()
@click.argument("name", metavar="CASE", shell_complete=_complete)
@_casing
@click.option("-o", "--output", type=_FILE, required=True, help="The weight file; its suffix decides its format.")
@click.option(
    "--to",
    type=click.Choice(["candidate", "reference"]),
    default="candidate",
    show_default=True,
    help="The side that takes the weights of the other, and is written.",
)
@click.option("--from", "source", type=_FILE, help="Load these weights into the other side first.")
@click.option("--force", is_flag=True, help="Write also where the two sides do not come out as the same function.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, to stdout.")
def port(
    name: str,
    cases: Path | None,
    seed: int,
    batch: int,
    timeout: float,
    output: Path,
    to: str,
    source: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Carry weights from one side of CASE to the other, verify them there, and write them to a file.

    \b
    Exit codes: 0 written · 1 the sides diverge on these weights · 2 wrong usage
    · 3 some array could not be carried, or inconclusive · 4 a side failed.
    Nothing is written but with 0.
    """
    from parity.carry import carry
    from parity.line import Options

    (case,) = _found((name,), False, cases)
    with _progress(case.name) as progress:
        options = Options(seed=seed, batch=batch, timeout=timeout, progress=progress)
        done = carry(case, output, to, source, options, force=force)
    if as_json:
        click.echo(json.dumps(done.to_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_carried(done.to_dict(), output)))
    if done.file is None:
        sys.exit(DIVERGENCE if done.verdict.ledger.closed and done.verdict.verdict == "divergence" else INCONCLUSIVE)


@main.command()
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind of layer (may be repeated).")
@click.option("-o", "--output", type=_FILE, help="Write the page here instead of to stdout.")
def layers(kinds: tuple[str, ...], output: Path | None) -> None:
    """Port every layer that parity knows both ways, and print how far apart the two frameworks compute it.

    Builds each example of each rule in this process; all of them take minutes. Exits with 1 where an example
    is above 1e-12 of its output's scale.
    """
    from parity.files import draft
    from parity.rulebook import rules
    from parity.zoo.layers import page, rows

    for kind in kinds:
        if kind not in rules():
            raise UsageError(f"--kind {kind}: there is no such kind; expected {', '.join(rules())}")
    with _progress("layers") as progress:
        found = []
        for row in rows(kinds):
            progress(row.rule.kind)
            found.append(row)
    text = page(found)
    if output is None:
        click.echo(text, nl=False)
    else:
        with draft(output, output.suffix) as file:
            file.write_text(text, encoding="utf-8")
    if not all(row.holds for row in found):
        sys.exit(DIVERGENCE)


@main.command()
@click.argument("code", metavar="[CAUSE]", required=False, default="", shell_complete=_complete_cause)
@click.option("-o", "--output", type=_FILE, help="Write the page of all causes here.")
def explain(code: str, output: Path | None) -> None:
    """Tell what a CAUSE is, how it shows and how to mend it; without one, all that parity knows by name."""
    from parity.diagnosis.explain import markdown, pages, text
    from parity.files import draft

    known = pages()
    if code and code not in known:
        raise UsageError(f"unknown cause {code!r}{nearest(code, known)} `parity explain` names all {len(known)}.")
    if output is not None:
        with draft(output, output.suffix) as file:
            file.write_text(text(known[code]) if code else markdown(), encoding="utf-8")
    elif code:
        click.echo(text(known[code]), nl=False)
    else:
        width = max(map(len, known))
        for page in known.values():
            click.echo(f"{click.style(page.code.ljust(width), bold=True)}  {page.title}")


def _carried(told: dict[str, Any], output: Path) -> list[str]:
    """What a port came to, in a few lines."""
    source, target = told["from"], told["to"]
    weights = source["weights"] or "its own weights"
    lines = [
        f"from     {source['side']} ({source['framework']}), {weights}",
        f"to       {target['side']} ({target['framework']})",
        f"carried  {told['arrays']:,} arrays, {told['numbers']:,} numbers",
        *(f"not carried  {each['name']}: {each['reason']}" for each in told["not_carried"]),
        f"{told['verdict'].upper()}  {told['case']}, on these weights ({len(told['probes'])} probes)",
        *(f"  {each}" for each in told["reasons"]),
        *(f"  note: {each}" for each in told["notes"]),
    ]
    if told["forced"]:
        lines.append("written although this is not parity (--force)")
    if told["file"]:
        return [*lines, f"written  {told['file']}, {told['bytes']:,} bytes"]
    why = "some arrays could not be carried" if told["not_carried"] or not told["arrays"] else "this is not parity"
    return [*lines, f"nothing was written to {output}: {why}"]


def _weighed(found: list[Case], weights: Path | None, candidate_weights: Path | None, as_is: bool) -> dict[str, Any]:
    """The wishes about weights. Raises UsageError for files that do not go with the case or with each other."""
    from parity.files import check_readable

    if candidate_weights is not None and not as_is:
        raise UsageError(
            "--candidate-weights goes with --as-is; without it the candidate takes the reference's weights"
        )
    if (weights or candidate_weights) and len(found) > 1:
        raise UsageError(f"weight files go with one case, {len(found)} were asked for")
    for file, side in ((weights, found[0].reference), (candidate_weights, found[0].candidate)):
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


def _checked(case: Case, no_expect: bool, wishes: dict[str, Any]) -> tuple[int, Verdict | None]:
    """One case's exit code and verdict. A side that fails is told, and the other cases still get their turn."""
    from dataclasses import replace

    from parity.case import Expectation
    from parity.line import Options
    from parity.line import check as run

    if no_expect:
        case = replace(case, expect=Expectation())
    try:
        with _progress(case.name) as progress:
            verdict = run(case, Options(**wishes, progress=progress))
    except ParityError as error:
        if error.exit_code != SIDE_FAILED:
            raise
        click.echo(f"{click.style('ERROR', fg='red', bold=True)}  {case.name}\n{error}", err=True)
        return SIDE_FAILED, None
    if verdict.as_expected:
        return PARITY, verdict
    return INCONCLUSIVE if verdict.verdict == "inconclusive" else DIVERGENCE, verdict


def _alone_with_init(others: dict[str, Any]) -> None:
    """Raise UsageError for an option that means nothing to fresh weights."""
    if given := [option for option, value in others.items() if value]:
        raise UsageError(
            f"--init does not go with {', '.join(given)}: it builds both sides anew under many seeds and looks at the "
            "weights that they are born with"
        )


def _drawn(
    found: list[Case],
    common: dict[str, Any],
    builds: int | None,
    reports: tuple[Path, ...],
    *,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> int:
    """Compare from what both sides of each case draw their fresh weights; the highest exit code."""
    from parity import report
    from parity.fresh.check import BUILDS, check_init
    from parity.line import Options

    codes, documents = [], []
    for case in found:
        try:
            with _progress(case.name) as progress:
                seen = check_init(case, Options(**common, progress=progress), builds or BUILDS)
        except ParityError as error:
            if error.exit_code != SIDE_FAILED:
                raise
            click.echo(f"{click.style('ERROR', fg='red', bold=True)}  {case.name}\n{error}", err=True)
            codes.append(SIDE_FAILED)
            continue
        codes.append(seen.exit_code)
        document = seen.to_dict()
        documents.append(document)
        for path in reports:
            seen.save(path)
        if not as_json:

            def told(console: Any, document: dict[str, Any] = document) -> object:
                return report.render(document, "text", verbose=verbose, quiet=quiet, console=console)

            _show(told)
    if as_json:
        click.echo(json.dumps(documents[0] if len(documents) == 1 else documents, ensure_ascii=False, indent=2))
    return max(codes)


def _patch(case: Case, verdict: Verdict, wishes: dict[str, Any], file: Path) -> None:
    """A patch of the candidate, and what came of it in a sentence beside the verdict."""
    from parity.line import Options
    from parity.mending.patching import patch

    with _progress(f"{case.name}, patched") as progress:
        told = patch(case, verdict, Options(**wishes, progress=progress), file)
    click.echo(told, err=True)


def _repro(case: Case, verdict: Verdict, wishes: dict[str, Any], folder: Path) -> None:
    """Scripts that show the fault by themselves, and what came of them in a sentence beside the verdict."""
    from parity.line import Options
    from parity.repro import repro

    with _progress(f"{case.name}, taken apart") as progress:
        told = repro(case, verdict, Options(**wishes, progress=progress), folder)
    click.echo(told, err=True)


def _found(names: tuple[str, ...], everything: bool, cases: Path | None) -> list[Case]:
    from parity.cases import find, listed

    folder = _folder(cases)
    if everything and names:
        raise UsageError("got both --all and names; expected one of the two")
    if everything:
        names = tuple(listed(folder))
        if not names:
            raise UsageError(f"{folder}: holds no case; expected folders with a case.toml")
    if not names:
        raise UsageError(
            "no case named; expected `parity check CASE...` or `parity check --all`. `parity list` names them."
        )
    return [find(name, folder) for name in names]


def _folder(cases: Path | None) -> Path:
    from parity.cases import configured, shipped

    return cases or configured(Path.cwd()) or shipped()


def _print(verdict: Verdict, *, quiet: bool, verbose: int) -> None:
    from parity import report

    _show(lambda console: report.render(verdict.to_dict(), "text", verbose=verbose, quiet=quiet, console=console))


def _show(told: Callable[[Any], object]) -> None:
    """Print on a console: in colour on a terminal (rich respects NO_COLOR), in plain lines in a pipe."""
    from rich.console import Console

    if sys.stdout.isatty():
        told(Console(highlight=False))
        return
    columns = os.environ.get("COLUMNS", "")
    plain = Console(
        file=io.StringIO(),
        highlight=False,
        no_color=True,
        width=int(columns) if columns.isdigit() and int(columns) else 140,
    )
    told(plain)
    assert isinstance(plain.file, io.StringIO)
    click.echo("\n".join(line.rstrip() for line in plain.file.getvalue().splitlines()))


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Callable[[str], None]]:
    """A line on the terminal that tells the stage; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda stage: None
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{name}: starting") as status:
        yield lambda stage: status.update(f"{name}: {stage}")
