"""`parity explain`."""

from __future__ import annotations

from pathlib import Path

import click

from parity.commands._words import FILE
from parity.errors import UsageError, nearest


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from parity.diagnosis.explain import pages

    return [code for code in pages() if code.startswith(incomplete)]


@click.command()
@click.argument("code", metavar="[CAUSE]", required=False, default="", shell_complete=_complete)
@click.option("-o", "--output", type=FILE, help="Write the page of all causes here.")
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


COMMAND = explain
