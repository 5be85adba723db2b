"""`parity new`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from parity.commands._board import board
from parity.commands._telling import Telling
from parity.commands._words import folder_of
from parity.errors import UsageError

_BUILD = "module:callable"


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--keras", metavar=_BUILD, help="What builds the network in Keras, as in net_keras:build.")
@click.option("--torch", metavar=_BUILD, help="What builds it in PyTorch.")
@click.option("--tensorflow", metavar=_BUILD, help="What builds it in TensorFlow.")
@click.option(
    "--reference",
    type=click.Choice(["keras", "tensorflow", "torch"]),
    help="Which of the two is right [default: TensorFlow, else Keras].",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=SIZExSIZE[:TYPE]",
    help="An input, one sample with its channels last, where no network declares it. Repeatable.",
)
@click.option("--cases", type=click.Path(path_type=Path), help="Folder of the cases [default: as of `check`].")
def new(
    name: str,
    keras: str | None,
    torch: str | None,
    tensorflow: str | None,
    reference: str | None,
    inputs: tuple[str, ...],
    cases: Path | None,
) -> None:
    """Write the case NAME from two callables, and check it: NAME is a folder, or a name among the cases.

    Modules are found from where you stand. What the networks take is asked of them, and tried.
    """
    from parity.line import Options
    from parity.new import make, said, side
    from parity.several import Outcome

    builds = {"tensorflow": tensorflow, "keras": keras, "torch": torch}
    given = {framework: build for framework, build in builds.items() if build}
    if len(given) != 2:
        named = " and ".join(f"--{each}" for each in given) or "none"
        raise UsageError(f"expected two of --keras, --torch and --tensorflow; got {named}")
    if reference and reference not in given:
        raise UsageError(f"--reference {reference}: expected one of the two, {' or '.join(given)}")
    specs = [side(framework, build, Path.cwd()) for framework, build in given.items()]
    if reference and specs[1].framework == reference:
        specs.reverse()
    folder = Path(name) if "/" in name else folder_of(cases) / name
    with board([name]) as told:
        options = Options(progress=lambda stage: told(name, stage))
        case, verdict = make(folder, specs[0], specs[1], [said(each) for each in inputs], options)
    outcome = Outcome(case, sum(verdict.timings.values()), verdict)
    Telling(False, False, False, 0).outcome(outcome)
    click.echo(f"\nwritten: {folder}/case.toml. From now on: parity check {name}")
    sys.exit(outcome.code)


COMMAND = new
