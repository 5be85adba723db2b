"""A verdict on one readable screen, for a terminal."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from parity.together import together

SUFFIX = ".txt"
_STYLES = {"parity": "bold green", "divergence": "bold red", "inconclusive": "bold yellow"}
_MARKS = {
    "same": ("✓", "green"),
    "hidden": ("≈", "yellow"),
    "differs": ("✗", "red"),
    "shape": ("✗", "red"),
    "lonely": ("·", "yellow"),
}
_NOTES = {
    "lonely": "no partner",
    "moved": "in another order",
    "stepwise": "step by step on one side",
    "nan": "NaN on both sides",
    "overflow": "infinite on both sides",
    "empty": "empty on both sides",
    "untested": "settings differ, these inputs cannot tell",
    "hidden": "differs below the floor",
    "order unknown": "axes lost on the way",
}


_STATUSES = {"confirmed": ("✓", "green"), "stated": ("=", ""), "suspected": ("?", "yellow"), "unknown": ("✗", "red")}
"""How a finding stands: proved by a run, evident from the two networks, not proved, without a cause."""


def render(document: dict[str, Any], *, verbose: int = 0, quiet: bool = False, console: Console | None = None) -> str:
    """Print to the console if one is given, else return plain text.

    `quiet` tells only the verdict; `verbose` tells all layers, also those that move data, and the whole ledger.
    """
    parts = _parts(document, verbose=verbose, quiet=quiet)
    if console is not None:
        console.print(Group(*parts))
        return ""
    plain = Console(file=io.StringIO(), width=132, no_color=True, highlight=False)
    plain.print(Group(*parts))
    assert isinstance(plain.file, io.StringIO)
    return "\n".join(line.rstrip() for line in plain.file.getvalue().splitlines()) + "\n"


def _parts(document: dict[str, Any], *, verbose: int, quiet: bool) -> list[RenderableType]:
    if quiet:
        return [_headline(document)]
    parts: list[RenderableType] = [_sides(document), _layers(document, verbose), _outputs(document)]
    if document["onnx"]:
        parts.append(_onnx(document["onnx"], document))
    parts.append(_ledger(document["ledger"], verbose))
    if document["findings"]:
        parts.append(_findings(document["findings"], document))
    parts += [Text(), _headline(document)]
    parts += [Padding(Text(f"· {reason}"), (0, 0, 0, 2)) for reason in document["reasons"]]
    parts += [Padding(Text(f"note: {note}", style="dim"), (0, 0, 0, 2)) for note in document["notes"]]
    if verbose:
        spent = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in document["timings"].items())
        parts.append(Text(f"  {spent}", style="dim"))
    return parts


def _headline(document: dict[str, Any]) -> Text:
    expected = document["expected"]
    verdict = document["verdict"]
    line = Text.assemble((verdict.upper(), _STYLES[verdict]), f"  {document['case']}")
    if verdict != "parity" or expected["verdict"] != "parity" or not expected["met"]:
        if expected["met"]:
            line.append("  (as this case expects)", style="dim")
        elif expected["verdict"] != verdict:
            line.append(f"  ({expected['verdict']} was expected)", style="bold")
        else:
            line.append(f"  (the causes {', '.join(expected['causes'])} were expected)", style="bold")
    return line


def _sides(document: dict[str, Any]) -> Text:
    def told(side: str) -> str:
        versions = " ".join(f"{name} {version}" for name, version in document[side]["versions"].items())
        return f"{side}: {versions}, {document[side]['parameters']['total']:,} parameters"

    return Text.assemble((f"{document['title']}\n", "bold"), told("reference"), " · ", told("candidate"), "\n")


def _layers(document: dict[str, Any], verbose: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading, justify in (
        ("", "left"),
        ("reference", "left"),
        ("candidate", "left"),
        ("shape", "left"),
        ("parameters", "right"),
        ("alone", "right"),
        *((heading, "right") for heading in (("max abs", "allowed") if _tolerant(document) else ("gap", "floor"))),
        ("", "left"),
    ):
        table.add_column(heading, justify=justify, no_wrap=heading != "", overflow="fold")  # type: ignore[arg-type]
    for row in document["layers"]:
        if verbose or row["faulty"] or not row["carries"]:
            table.add_row(*_row(row))
    return table


def _tolerant(document: dict[str, Any]) -> bool:
    """Whether the user's tolerance decides."""
    return any(row["allowed"] is not None for row in (*document["layers"], *document["outputs"]))


def _row(row: dict[str, Any]) -> list[RenderableType]:
    mark, style = _MARKS.get(row["status"], ("?", "yellow"))
    if row["faulty"]:
        mark, style = "✗", "red"
    note = _NOTES.get(row["status"], "")
    if row["source"]:
        note = "no partner, begins here" if row["status"] == "lonely" else "begins here"
    return [
        Text(mark, style=style),
        Text(row["reference"] or "–", style="" if row["reference"] else "dim"),
        Text(row["candidate"] or "–", style="" if row["candidate"] else "dim"),
        Text(_either(row["reference_shape"], row["candidate_shape"], _shape)),
        Text(_either(row["reference_parameters"], row["candidate_parameters"], _count)),
        Text(_number(row["isolated"])),
        *(Text(_number(row[name])) for name in _deciding(row)),
        Text(note, style=style),
    ]


def _outputs(document: dict[str, Any]) -> RenderableType:
    lines = [
        Text.assemble(
            (f"{each['name']}: ", "bold"),
            _apart(each),
        )
        for each in document["outputs"]
    ]
    return Group(Text(), *lines)


def _apart(output: dict[str, Any]) -> str:
    if output["where"] is None:
        return "not compared, shapes {} and {}".format(*output["compared_shapes"])
    distance, bound = map(_number, (output[name] for name in _deciding(output)))
    scale, place = f"scale {_number(output['scale'])}", f"at {tuple(output['where'])}"
    if output["allowed"] is not None:
        return f"max abs {distance} {place}, allowed {bound}, {scale}"
    return f"gap {distance}, floor {bound}, {scale}; in float32 {_number(output['max_abs'])} {place}"


def _deciding(row: dict[str, Any]) -> tuple[str, str]:
    """The distance that decides, and what it is held against: the measured floor, or the user's tolerance."""
    return ("gap", "floor") if row["allowed"] is None else ("max_abs", "allowed")


def _onnx(onnx: dict[str, Any], document: dict[str, Any]) -> Text:
    names = document["reference"]["framework"], document["candidate"]["framework"]
    line = Text.assemble(("distances: ", "bold"))
    if not onnx["reason"]:
        line.append(f"{names[0]}–{names[1]} {_number(onnx['reference_candidate'])} · ")
        line.append(f"{names[0]}–onnx {_number(onnx['reference_onnx'])} · ")
        line.append(f"{names[1]}–onnx {_number(onnx['candidate_onnx'])} — ")
    line.append(onnx["implies"])
    return line


def _ledger(ledger: dict[str, Any], verbose: int) -> RenderableType:
    uses: dict[str, int] = {}
    for entry in ledger["entries"]:
        uses[entry["use"]] = uses.get(entry["use"], 0) + 1
    told = ", ".join(f"{count} {use}" for use, count in sorted(uses.items(), key=lambda pair: -pair[1]))
    lines: list[RenderableType] = [
        Text.assemble(("ledger: ", "bold"), f"{told or 'empty'}; totals differ by {ledger['sum']}")
    ]
    unequal = [each for each in ledger["balances"] if each["difference"]]
    for each in unequal:
        counts = f"{each['reference_count']:,} − {each['candidate_count']:,} = {each['difference']:,}"
        lines.append(Text(f"  {each['reference'] or each['candidate']}: {counts}  {each['explanation']}"))
    if verbose:
        lines.extend(Text(_entry(entry), style="dim") for entry in ledger["entries"])
    return Group(*lines)


def _entry(entry: dict[str, Any]) -> str:
    return f"  {entry['use']:11} {entry['reference'] or '–'} → {entry['candidate'] or '–'}  {entry['reason']}"


def _findings(findings: list[dict[str, Any]], document: dict[str, Any]) -> Group:
    counts = Counter(each["status"] for each in findings)
    told = ", ".join(f"{counts[status]} {status}" for status in _STATUSES if counts[status])
    lines = [Text.assemble("\n", ("causes", "bold"), f": {told}", style="")]
    for each in findings:
        mark, style = _STATUSES[each["status"]]
        lines.append(
            Text.assemble("  ", (mark, style), " ", (each["cause"], "bold"), f"  {each['layer']}: {each['sentence']}")
        )
        if each["status"] == "confirmed" and each["before"] is not None:
            made = _number(each["before"]), _number(each["after"])
            lines.append(Text(f"      alone it differs by {made[0]}, mended in memory by {made[1]}", style="dim"))
        if each["doubt"]:
            lines.append(Text(f"      not proved: {each['doubt']}", style="dim"))
        if each["mend"]:
            lines.append(Text(f"      {each['mend']}", style="green" if each["status"] == "confirmed" else "dim"))
        elif place := each["place"]:
            where = f"{place['file'].rpartition('/')[2]}:{place['line']}"
            lines.append(Text(f"      {where}  {place['code']}", style="dim"))
    if came := together(document):
        lines.append(Text(f"  {came}"))
    return Group(*lines)


def _either(reference: Any, candidate: Any, told: Any) -> str:
    if reference is None or candidate is None or reference == candidate:
        return str(told(candidate if reference is None else reference))
    return f"{told(reference)} ≠ {told(candidate)}" if told is _count else f"{told(reference)} | {told(candidate)}"


def _shape(shape: list[int]) -> str:
    return "×".join(map(str, shape))


def _count(count: int) -> str:
    return f"{count:,}" if count else ""


def _number(number: float | None) -> str:
    return "–" if number is None else "0" if number == 0 else f"{number:.2g}"
