"""A page for each case, and an index of them, in one folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from parity.errors import UsageError
from parity.files import draft
from parity.verdict import Verdict
from parity.zoo.examples import ZOO

INDEX = "README.md"


def check_folder(folder: Path) -> None:
    """Raise UsageError where no pages can be written to this folder."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; expected one to write pages into")


def save_pages(verdicts: Sequence[Verdict], folder: Path) -> None:
    """Write `CASE.md` for each case and the index of them, each whole or not at all.

    The layers of the zoo have no pages of their own, and one row together.
    """
    networks = [each for each in verdicts if each.case.folder != ZOO]
    layers = [each for each in verdicts if each.case.folder == ZOO]
    for verdict in networks:
        verdict.save(folder / f"{verdict.case.name}.md")
    with draft(folder / INDEX, ".md") as file:
        file.write_text("\n".join(_index(networks, layers)) + "\n", encoding="utf-8")


def _index(networks: Sequence[Verdict], layers: Sequence[Verdict]) -> Iterator[str]:
    yield "# What every case came to"
    yield ""
    yield "| case | verdict | as expected | reference | candidate | causes |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for each in networks:
        sides = [f"{side.framework}, {side.count():,} parameters" for side in (each.reference, each.candidate)]
        causes = ", ".join(dict.fromkeys(found.cause for found in each.findings))
        expected = "yes" if each.as_expected else f"**no**: {each.case.expect.verdict}"
        yield _row(f"[{each.case.name}]({each.case.name}.md)", each.verdict, expected, *sides, causes)
    if layers:
        same = sum(each.ok for each in layers)
        yield _row("zoo", f"{same} of {len(layers)} parity", "yes" if same == len(layers) else "**no**", "", "", "")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
