"""A page for each case, and an index of them, in one folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from parity import report
from parity.errors import UsageError
from parity.files import draft

INDEX = "README.md"


def check_folder(folder: Path) -> None:
    """Raise UsageError where no pages can be written to this folder."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; expected one to write pages into")


def save_pages(documents: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write `CASE.md` for each report document, and the index of them, each whole or not at all."""
    for document in documents:
        report.save(dict(document), folder / f"{document['case']}.md")
    with draft(folder / INDEX, ".md") as file:
        file.write_text("\n".join(_index(documents)) + "\n", encoding="utf-8")


def _index(documents: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "# What every case came to"
    yield ""
    yield "| case | verdict | expected | reference | candidate | causes |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for each in documents:
        sides = [
            f"{each[side]['framework']}, {each[side]['parameters']['total']:,} parameters"
            for side in ("reference", "candidate")
        ]
        causes = dict.fromkeys(found["cause"] for found in each["findings"] if found["cause"])
        expected = "yes" if each["expected"]["met"] else f"**no**: {each['expected']['verdict']}"
        cells = [f"[{each['case']}]({each['case']}.md)", each["verdict"], expected, *sides, ", ".join(causes)]
        yield f"| {' | '.join(cells)} |"
