"""What is printed: on a terminal in colour and with what is being done, in a pipe in plain lines."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click


def printed(told: Callable[[Any], object]) -> None:
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
def progress(name: str) -> Iterator[Callable[[str], None]]:
    """A line on the terminal that tells the stage; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda stage: None
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{name}: starting") as status:
        yield lambda stage: status.update(f"{name}: {stage}")
