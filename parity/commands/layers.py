"""`parity layers`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from parity.commands._screen import progress
from parity.commands._words import FILE
from parity.errors import DIVERGENCE, UsageError


@click.command()
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind of layer (may be repeated).")
@click.option("-o", "--output", type=FILE, help="Write the page here instead of to stdout.")
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
    with progress("layers") as told:
        found = []
        for row in rows(kinds):
            told(row.rule.kind)
            found.append(row)
    text = page(found)
    if output is None:
        click.echo(text, nl=False)
    else:
        with draft(output, output.suffix) as file:
            file.write_text(text, encoding="utf-8")
    if not all(row.holds for row in found):
        sys.exit(DIVERGENCE)


COMMAND = layers
