"""`parity list`."""

from __future__ import annotations

from pathlib import Path

import click

from parity.commands._words import folder_of


@click.command("list")
@click.option("--cases", type=click.Path(path_type=Path), help="Folder of the cases.")
@click.option("--names", is_flag=True, help="Only the names, one a line.")
def list_cases(cases: Path | None, names: bool) -> None:
    """List the cases, with their titles."""
    from parity.cases import listed

    found = listed(folder_of(cases))
    width = max(map(len, found), default=0)
    for name, title in found.items():
        click.echo(name if names else f"{name:{width}}  {title}")


COMMAND = list_cases
