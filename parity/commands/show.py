"""`parity show`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from parity.commands._screen import printed, progress
from parity.commands._words import casing, complete_case, one_by


@click.command()
@click.argument("name", metavar="CASE", shell_complete=complete_case)
@casing
@click.option("--json", "as_json", is_flag=True, help="Print JSON to stdout.")
def show(name: str, cases: Path | None, seed: int, batch: int, timeout: float, as_json: bool) -> None:
    """Show both networks of CASE side by side: layers, shapes, parameters, totals."""
    from parity.line import Options, outlines
    from parity.show import document, render

    case = one_by(name, cases)
    with progress(case.name) as told:
        both = outlines(case, Options(seed=seed, batch=batch, timeout=timeout, progress=told))
    shown = document(case, *both)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        printed(lambda console: render(shown, console))


COMMAND = show
