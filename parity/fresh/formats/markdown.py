"""The comparison of fresh weights as a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity.fresh.reach import reach


def render(document: dict[str, Any]) -> str:
    """GitHub-flavoured Markdown."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: dict[str, Any]) -> Iterator[str]:
    frameworks = document["frameworks"]
    yield f"# {document['case']}, fresh weights: {document['verdict'].upper()}"
    yield ""
    sides = f"{frameworks['reference']} against {frameworks['candidate']}"
    yield f"{document['title']}: {sides}, {document['builds']} builds of each. {reach(document)}."
    if document["reasons"]:
        yield ""
    for reason in document["reasons"]:
        yield f"- {reason}"
    yield ""
    yield "| array | status | reference | candidate | deviation | candidate's | p | would find |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in document["arrays"]:
        yield _row(row)
    others = [row for row in document["arrays"] if row["status"] == "other"]
    if others:
        yield ""
        yield "## What differs"
    for row in others:
        yield from _told(row)


def _row(row: dict[str, Any]) -> str:
    faces = row["reference"], row["candidate"]
    cells = [
        f"`{row['layer']}.{row['role']}`",
        row["status"] + (f": {row['reason']}" if row["reason"] else ""),
        *("–" if face is None else face["name"] or "(unknown)" for face in faces),
        *("–" if face is None else f"{face['deviation']:.3g}" for face in faces),
        "–" if row["p"] is None else f"{row['p']:.3g}",
        "–" if row["finds"] is None else f"{row['finds']:.1%}",
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _told(row: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"**{row['layer']}.{row['role']}**: {'; '.join(row['apart'])}"
    yield ""
    for side in ("reference", "candidate"):
        if face := row[side]:
            place = f" ({row['places'][side]})" if row["places"][side] else ""
            yield f"- {side}{place}: {face['name'] or '(unknown)'}, {face['law']}"
    if advice := row["advice"]:
        place = advice["place"]
        where = f" at {place['file'].rpartition('/')[2]}:{place['line']}" if place else ""
        yield f"- draws as the reference does{where}: " + "; ".join(f"`{code}`" for code in advice["code"])
