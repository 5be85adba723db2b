"""What is going on while cases are checked: on a terminal, a table of those that run; nothing in a pipe."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from parity.commands._screen import progress

if TYPE_CHECKING:
    from rich.table import Table

Told = Callable[[str, str], None]
"""Takes the name of a case and the stage that it enters; an empty stage where it is done."""


@contextlib.contextmanager
def board(names: Sequence[str]) -> Iterator[Told]:
    """Show how far the cases are, until the context ends."""
    if len(names) == 1:
        with progress(names[0]) as told:
            yield lambda name, stage: told(stage) if stage else None
    elif not sys.stderr.isatty():
        yield lambda name, stage: None
    else:
        from rich.console import Console
        from rich.live import Live

        running = _Running(len(names))
        with Live(console=Console(stderr=True), get_renderable=running.table, refresh_per_second=8, transient=True):
            yield running.told


class _Running:
    """The cases that run now, each with its stage and since when."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._begun = time.monotonic()
        self._stages: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def told(self, name: str, stage: str) -> None:
        with self._lock:
            _, since = self._stages.get(name, ("", time.monotonic()))
            if stage:
                self._stages[name] = stage, since
            else:
                self._stages.pop(name, None)
                self._done += 1

    def table(self) -> Table:
        from rich.table import Table

        now = time.monotonic()
        table = Table(box=None, pad_edge=False, show_header=False)
        with self._lock:
            table.add_row(f"{self._done} of {self._total}", "", f"{now - self._begun:.0f} s", style="dim")
            for name, (stage, since) in self._stages.items():
                table.add_row(name, stage, f"{now - since:.0f} s")
        return table
