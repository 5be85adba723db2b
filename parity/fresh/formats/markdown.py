"""The comparison of fresh weights as a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity.fresh.telling import groups, name, number, reach


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
    for position, group in enumerate(groups(document)):
        if not position:
            yield ""
            yield "## What differs"
        yield ""
        yield f"**{' against '.join(group.names)}**: {'; '.join(group.apart)}"
        yield ""
        for side, sentences in zip(("reference", "candidate"), group.sentences, strict=True):
            yield from (f"- {side}: {each}" for each in sentences)
        for array, laws, code in group.arrays:
            yield f"- `{array}`: {laws}" + "".join(f"; `{each}`" for each in code)


def _row(row: dict[str, Any]) -> str:
    faces = row["reference"], row["candidate"]
    cells = [
        f"`{row['layer']}.{row['role']}`",
        row["status"] + (f": {row['reason']}" if row["reason"] else ""),
        *map(name, faces),
        *("–" if face is None else number(face["deviation"]) for face in faces),
        number(row["p"]),
        "–" if row["finds"] is None else f"{row['finds']:.1%}",
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
