"""A verdict as a page: for a pull request, a wiki, or the project's own reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from parity.figures import bound, digits
from parity.nouns import CARRIED
from parity.together import together

SUFFIX = ".md"
ROUNDING = 1e-5
"""The share of the scale below which a distance of float32 runs is told as a bound."""


def render(document: dict[str, Any]) -> str:
    """GitHub-flavoured Markdown."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: dict[str, Any]) -> Iterator[str]:
    expected = document["expected"]
    yield f"# {document['case']}: {document['verdict'].upper()}"
    yield ""
    yield document["title"] + (
        ", as this case expects." if expected["met"] else f"; {expected['verdict']} was expected."
    )
    if document["reasons"] or document["notes"]:
        yield ""
    for reason in document["reasons"]:
        yield f"- {' '.join(reason.split())}"
    for note in document["notes"]:
        yield f"- Note: {note}"
    yield ""
    yield from _table(
        ("side", "versions", "parameters", "trainable", "not trainable", "buffers"),
        (_side(side, document[side]) for side in ("reference", "candidate")),
    )
    yield "## Layers"
    yield from _table(
        (
            "reference",
            "candidate",
            "status",
            "reference shape",
            "candidate shape",
            "reference parameters",
            "candidate parameters",
            "alone",
            *_headings(document),
        ),
        (_layer(row) for row in document["layers"]),
    )
    yield "## Outputs"
    yield from _table(
        ("output", *_headings(document), "scale", "cosine"),
        ((each["name"], *_apart(each), digits(each["scale"]), digits(each["cosine"])) for each in document["outputs"]),
    )
    if onnx := document["onnx"]:
        yield f"Third reference: {onnx['implies']}."
        yield from _table(
            ("distance between", "share of the scale"),
            (
                (words, _number(onnx[key], ROUNDING))
                for words, key in (
                    ("reference and candidate", "reference_candidate"),
                    ("reference and ONNX", "reference_onnx"),
                    ("candidate and ONNX", "candidate_onnx"),
                )
            ),
        )
        yield ""
    yield "## Ledger"
    yield f"The totals differ by {document['ledger']['sum']}."
    yield from _table(
        ("reference", "candidate", "reference count", "candidate count", "difference", "why"),
        (
            (
                each["reference"],
                each["candidate"],
                f"{each['reference_count']:,}",
                f"{each['candidate_count']:,}",
                f"{each['difference']:,}",
                each["explanation"],
            )
            for each in document["ledger"]["balances"]
        ),
    )
    open_entries = [entry for entry in document["ledger"]["entries"] if entry["use"] not in CARRIED]
    if open_entries:
        yield from _table(
            ("not carried", "to", "use", "reason"),
            ((entry["reference"], entry["candidate"], entry["use"], entry["reason"]) for entry in open_entries),
        )
    if document["findings"]:
        yield "## Causes"
        yield from _table(
            ("cause", "status", "layer", "what", "where", "mend"),
            (
                (*(each[key] for key in ("cause", "status", "layer", "sentence")), _place(each["place"]), _mend(each))
                for each in document["findings"]
            ),
        )
        if came := together(document):
            yield f"{came[:1].upper()}{came[1:]}."


def _side(name: str, side: dict[str, Any]) -> tuple[Any, ...]:
    counts = side["parameters"]
    versions = " ".join(f"{package} {version}" for package, version in side["versions"].items())
    return (name, versions, *(f"{counts[each]:,}" for each in ("total", "trainable", "non_trainable", "buffers")))


def _headings(document: dict[str, Any]) -> tuple[str, str]:
    """Whether the measured floor decides, or the user's tolerance."""
    tolerant = any(row["allowed"] is not None for row in (*document["layers"], *document["outputs"]))
    return ("max abs", "allowed") if tolerant else ("gap", "floor")


def _layer(row: dict[str, Any]) -> tuple[Any, ...]:
    status = f"**{row['status']}**" if row["faulty"] else row["status"]
    shapes = [
        "×".join(map(str, shape)) if shape is not None else None
        for shape in (row["reference_shape"], row["candidate_shape"])
    ]
    counts = [
        f"{count:,}" if count is not None else None
        for count in (row["reference_parameters"], row["candidate_parameters"])
    ]
    return (
        row["reference"],
        row["candidate"],
        status,
        *shapes,
        *counts,
        _number(row["isolated"], row["floor"]),
        *_apart(row),
    )


def _apart(row: dict[str, Any]) -> tuple[str | None, str | None]:
    """The distance that decides, and what it is held against."""
    if row["allowed"] is not None:
        return _number(row["max_abs"], ROUNDING * row["scale"]), digits(row["allowed"])
    return _number(row["gap"], row["floor"]), _number(row["floor"], row["floor"])


def _table(headings: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    headings = list(headings)
    yield ""
    yield _row(headings)
    yield _row(["---"] * len(headings))
    yield from (_row(row) for row in rows)
    yield ""


def _row(cells: Iterable[Any]) -> str:
    return (
        "| "
        + " | ".join("–" if cell is None else " ".join(str(cell).split()).replace("|", "\\|") for cell in cells)
        + " |"
    )


def _number(number: float | None, rounding: float | None) -> str | None:
    """Two digits of a difference; of what is only rounding, which differs between machines, no more than a bound."""
    if number is None or number == 0 or rounding is None or number > rounding:
        return digits(number)
    return f"< {bound(number)}"


def _mend(finding: dict[str, Any]) -> str | None:
    """The code to write, without the place that stands beside it."""
    return f"`{finding['mend'].partition('  ')[2].strip()}`" if finding["mend"] else None


def _place(place: dict[str, Any] | None) -> str | None:
    return f"`{place['file'].rpartition('/')[2]}:{place['line']}` `{place['code']}`" if place else None
