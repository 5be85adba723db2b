"""`parity port`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from parity.commands._screen import progress
from parity.commands._words import FILE, casing, complete_case, one_by
from parity.errors import DIVERGENCE, INCONCLUSIVE


@click.command()
@click.argument("name", metavar="CASE", shell_complete=complete_case)
@casing
@click.option("-o", "--output", type=FILE, required=True, help="The weight file; its suffix decides its format.")
@click.option(
    "--to",
    type=click.Choice(["candidate", "reference"]),
    default="candidate",
    show_default=True,
    help="The side that takes the weights of the other, and is written.",
)
@click.option("--from", "source", type=FILE, help="Load these weights into the other side first.")
@click.option("--force", is_flag=True, help="Write also where the two sides do not come out as the same function.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, to stdout.")
def port(
    name: str,
    cases: Path | None,
    seed: int,
    batch: int,
    timeout: float,
    output: Path,
    to: str,
    source: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Carry weights from one side of CASE to the other, verify them there, and write them to a file.

    \b
    Exit codes: 0 written · 1 the sides diverge on these weights · 2 wrong usage
    · 3 some array could not be carried, or inconclusive · 4 a side failed.
    Nothing is written but with 0.
    """
    from parity.carry import carry
    from parity.line import Options

    case = one_by(name, cases)
    with progress(case.name) as told:
        options = Options(seed=seed, batch=batch, timeout=timeout, progress=told)
        done = carry(case, output, to, source, options, force=force)
    if as_json:
        click.echo(json.dumps(done.to_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_carried(done.to_dict(), output)))
    if done.file is None:
        sys.exit(DIVERGENCE if done.verdict.ledger.closed and done.verdict.verdict == "divergence" else INCONCLUSIVE)


def _carried(told: dict[str, Any], output: Path) -> list[str]:
    """What a port came to, in a few lines."""
    source, target = told["from"], told["to"]
    weights = source["weights"] or "its own weights"
    lines = [
        f"from     {source['side']} ({source['framework']}), {weights}",
        f"to       {target['side']} ({target['framework']})",
        f"carried  {told['arrays']:,} arrays, {told['numbers']:,} numbers",
        *(f"not carried  {each['name']}: {each['reason']}" for each in told["not_carried"]),
        f"{told['verdict'].upper()}  {told['case']}, on these weights ({len(told['probes'])} probes)",
        *(f"  {each}" for each in told["reasons"]),
        *(f"  note: {each}" for each in told["notes"]),
    ]
    if told["forced"]:
        lines.append("written although this is not parity (--force)")
    if told["file"]:
        return [*lines, f"written  {told['file']}, {told['bytes']:,} bytes"]
    why = "some arrays could not be carried" if told["not_carried"] or not told["arrays"] else "this is not parity"
    return [*lines, f"nothing was written to {output}: {why}"]


COMMAND = port
