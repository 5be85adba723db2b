"""Both networks side by side, in the spirit of `model.summary()`."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity.case import Case
from parity.nouns import Layer, Outline
from parity.pairing.match import match


def document(case: Case, reference: Outline, candidate: Outline) -> dict[str, Any]:
    """Plain data: the rows of the table, matched layers beside each other, and both totals."""
    return {
        "case": case.name,
        "title": case.title,
        "layers": [
            {"kind": row.kind, "reference": _layer(row.reference), "candidate": _layer(row.candidate)}
            for row in match(reference, candidate)
        ],
        "reference": _totals(reference),
        "candidate": _totals(candidate),
    }


def render(shown: dict[str, Any], console: Console) -> None:
    """Print the table."""
    table = Table(box=None, pad_edge=False, header_style="dim", show_footer=True, footer_style="bold")
    for side in ("reference", "candidate"):
        totals = shown[side]
        table.add_column(f"{side} ({totals['framework']})", footer="total", no_wrap=True)
        table.add_column("shape", no_wrap=True)
        table.add_column("parameters", footer=f"{totals['total']:,}", justify="right", no_wrap=True)
        if side == "reference":
            table.add_column("", width=2)
    for row in shown["layers"]:
        table.add_row(*_cells(row["reference"]), "", *_cells(row["candidate"]))
    console.print(Text(shown["title"], style="bold"), table, sep="\n")
    for side in ("reference", "candidate"):
        totals = shown[side]
        buffers = f", and {totals['buffers']:,} numbers in buffers" if totals["buffers"] else ""
        sum_ = f"{totals['total']:,} = {totals['trainable']:,} trainable + {totals['non_trainable']:,} not"
        console.print(f"{side}: {sum_}{buffers}")


def _layer(layer: Layer | None) -> dict[str, Any] | None:
    if layer is None:
        return None
    held = {each.role: list(each.shape) for each in layer.parameters}
    return {
        "name": layer.name,
        "kind": layer.kind,
        "shape": list(layer.shape),
        "parameters": layer.counted,
        "holds": held,
    }


def _totals(outline: Outline) -> dict[str, Any]:
    return {
        "framework": outline.framework,
        "total": outline.count(),
        "trainable": outline.count(trainable=True),
        "non_trainable": outline.count(trainable=False),
        "buffers": sum(each.size for each in outline.parameters() if not each.counted),
    }


def _cells(layer: dict[str, Any] | None) -> tuple[str, str, str]:
    if layer is None:
        return "–", "", ""
    return layer["name"], "×".join(map(str, layer["shape"])), f"{layer['parameters']:,}" if layer["parameters"] else ""
