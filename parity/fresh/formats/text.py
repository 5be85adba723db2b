"""The comparison of fresh weights on one readable screen, for a terminal."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from parity.fresh.telling import Group as Alike
from parity.fresh.telling import few, groups, name, number, reach

_STYLES = {"same": "bold green", "other": "bold red", "inconclusive": "bold yellow"}
_MARKS = {
    "same": ("✓", "green"),
    "other": ("✗", "red"),
    "frozen": ("?", "yellow"),
    "unclear": ("?", "yellow"),
    "lonely": ("·", "yellow"),
    "aside": ("·", "dim"),
}
_NOTES = {
    "frozen": "the same under every seed",
    "unclear": "too few numbers",
    "lonely": "not compared",
    "aside": "does not matter",
}


def render(document: dict[str, Any], *, verbose: int = 0, quiet: bool = False, console: Console | None = None) -> str:
    """Print to the console if one is given, else return plain text.

    `quiet` tells only the verdict, `verbose` the distributions in words also where both draw alike.
    """
    parts = [_headline(document)] if quiet else _parts(document, verbose)
    if console is not None:
        console.print(Group(*parts))
        return ""
    plain = Console(file=io.StringIO(), width=132, no_color=True, highlight=False)
    plain.print(Group(*parts))
    assert isinstance(plain.file, io.StringIO)
    return "\n".join(line.rstrip() for line in plain.file.getvalue().splitlines()) + "\n"


def _parts(document: dict[str, Any], verbose: int) -> list[RenderableType]:
    frameworks = document["frameworks"]
    head = f"fresh weights: reference ({frameworks['reference']}) against candidate ({frameworks['candidate']}), "
    parts: list[RenderableType] = [
        Text(document["title"], style="bold"),
        Text(f"{head}{document['builds']} builds each\n"),
        _table(document),
    ]
    for each in groups(document):
        parts += _told(each, verbose)
    return [
        *parts,
        Text(),
        _headline(document),
        *(_line(f"· {each}") for each in document["reasons"]),
        _line(reach(document), 2, "dim"),
    ]


def _table(document: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading, justify in (
        ("", "left"),
        ("array", "left"),
        ("reference", "left"),
        ("candidate", "left"),
        ("deviation", "right"),
        ("candidate's", "right"),
        ("p", "right"),
        ("", "left"),
    ):
        table.add_column(heading, justify=justify, no_wrap=heading not in ("reference", "candidate"), overflow="fold")  # type: ignore[arg-type]
    for row in document["arrays"]:
        mark, style = _MARKS[row["status"]]
        one, other = row["reference"], row["candidate"]
        table.add_row(
            Text(mark, style=style),
            f"{row['layer']}.{row['role']}",
            Text(name(one)),
            Text(name(other)),
            number(one["deviation"] if one else None),
            number(other["deviation"] if other else None),
            number(row["p"]),
            Text(_NOTES.get(row["status"], ""), style=style),
        )
    return table


def _told(group: Alike, verbose: int) -> list[RenderableType]:
    """What the two draw, in words, and the calls that draw alike."""
    mark, style = _MARKS["other"]
    lines: list[RenderableType] = [
        Text.assemble("\n", (mark, style), " ", (" against ".join(group.names), "bold"), f"  {'; '.join(group.apart)}")
    ]
    for side, sentences in zip(("reference", "candidate"), group.sentences, strict=True):
        lines += [_line(f"{side}: {each}", 4, "dim") for each in sentences]
    meant: dict[str, list[str]] = {}
    for array, laws, code in group.arrays:
        if verbose or group.names[0] == group.names[1]:
            lines.append(_line(f"{array}: {laws}", 4, "dim"))
        if not code:
            lines.append(_line(f"{array}: no one call of the candidate's framework draws as the reference does", 4))
        for each in code:
            meant.setdefault(each, []).append(array)
    lines += [_line(f"{each}  # {few(arrays)}", 4, "green") for each, arrays in meant.items()]
    if any(code for _, _, code in group.arrays):
        lines.append(_line("each was tried: drawn so, the array cannot be told from the reference's", 4, "dim"))
    return lines


def _headline(document: dict[str, Any]) -> Text:
    words = {"same": "DRAWN ALIKE", "other": "DRAWN OTHERWISE", "inconclusive": "INCONCLUSIVE"}
    verdict = document["verdict"]
    return Text.assemble((words[verdict], _STYLES[verdict]), f"  {document['case']}")


def _line(words: str, indent: int = 2, style: str = "") -> Padding:
    return Padding(Text(words, style=style), (0, 0, 0, indent))
