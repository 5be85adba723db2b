"""A comparison of fresh weights in words, for every format: what differs, group by group, and how far it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_SHOWN = 3


@dataclass(frozen=True)
class Group:
    """Arrays that differ in the same way: both initialisers by name, what differs, and each in a sentence.

    `arrays` holds, for each array, its name, what both sides draw there, and the lines of code that draw alike.
    """

    names: tuple[str, str]
    apart: tuple[str, ...]
    sentences: tuple[tuple[str, ...], tuple[str, ...]]
    arrays: tuple[tuple[str, str, tuple[str, ...]], ...]


def groups(document: dict[str, Any]) -> Iterator[Group]:
    """The arrays that are drawn from other distributions, in the order in which each group begins."""
    together: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in document["arrays"]:
        if row["status"] == "other":
            together.setdefault((name(row["reference"]), name(row["candidate"])), []).append(row)
    for names, rows in together.items():
        faces = [(row["reference"] or {}, row["candidate"] or {}) for row in rows]
        yield Group(
            names,
            tuple(dict.fromkeys(each for row in rows for each in row["apart"])),
            (tuple(faces[0][0].get("sentences", ())), tuple(faces[0][1].get("sentences", ()))),
            tuple(
                (f"{row['layer']}.{row['role']}", _laws(*both), tuple(_code(row)))
                for row, both in zip(rows, faces, strict=True)
            ),
        )


def _laws(reference: dict[str, Any], candidate: dict[str, Any]) -> str:
    return " | ".join(each["law"] for each in (reference, candidate) if each)


def _code(row: dict[str, Any]) -> Iterator[str]:
    advice = row["advice"]
    if advice is None:
        return
    place = advice["place"]
    where = f"{place['file'].rpartition('/')[2]}:{place['line']}  " if place else ""
    yield from (f"{where}{code}" for code in advice["code"])


def name(face: dict[str, Any] | None) -> str:
    """An initialiser by its name; – for no array."""
    return "–" if face is None else face["name"] or "(unknown)"


def reach(document: dict[str, Any]) -> str:
    """What the comparison can see, and how often it errs."""
    found = [(row["finds"], f"{row['layer']}.{row['role']}") for row in document["arrays"] if row["finds"]]
    error = f"two networks that draw alike are called other once in {1 / document['level']:,.0f} comparisons at most"
    if not found:
        return error
    usual = sorted(found)[len(found) // 2][0]
    worst, where = max(found)
    return (
        f"a deviation that is off by {usual:.1%} is found 19 times in 20 in the median array, "
        f"by {worst:.1%} in the one that shows least ({where}); {error}"
    )


def number(value: float | None) -> str:
    """Three digits; – for none."""
    return "–" if value is None else f"{value:.3g}"


def few(names: Sequence[str]) -> str:
    """The first names of many."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
