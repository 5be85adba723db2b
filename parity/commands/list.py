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
    from parity.cases import listed, shipped

    folder = folder_of(cases)
    found = listed(folder)
    width = max(map(len, found), default=0)
    if folder == shipped():
        found["zoo"] = "Every kind of layer with its options, Keras against PyTorch, as zoo-conv-3"
    for name, title in found.items():
        click.echo(name if names else f"{name:{width}}  {title}")


COMMAND = list_cases
