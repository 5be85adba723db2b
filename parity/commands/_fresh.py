"""`parity check --init`: not what two networks compute, but from what their fresh weights are drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parity.commands._screen import printed, progress
from parity.errors import SIDE_FAILED, ParityError, UsageError

if TYPE_CHECKING:
    from parity.case import Case
    from parity.line import Options


def check_alone(others: Mapping[str, Any]) -> None:
    """Raise UsageError for an option that means nothing to fresh weights."""
    if given := [option for option, value in others.items() if value]:
        raise UsageError(
            f"--init does not go with {', '.join(given)}: it builds both sides anew under many seeds and looks at the "
            "weights that they are born with"
        )


def drawn(
    found: Sequence[Case],
    options: Options,
    builds: int | None,
    reports: Sequence[Path],
    *,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> int:
    """Compare from what both sides of each case draw their fresh weights; the highest exit code."""
    from dataclasses import replace

    from parity.fresh.check import BUILDS, check_init

    codes, documents = [], []
    for case in found:
        try:
            with progress(case.name) as told:
                seen = check_init(case, replace(options, progress=told), builds or BUILDS)
        except ParityError as error:
            if error.exit_code != SIDE_FAILED:
                raise
            click.echo(f"{click.style('ERROR', fg='red', bold=True)}  {case.name}\n{error}", err=True)
            codes.append(SIDE_FAILED)
            continue
        codes.append(seen.exit_code)
        documents.append(seen.to_dict())
        for path in reports:
            seen.save(path)
        if not as_json:
            printed(partial(_text, documents[-1], verbose, quiet))
    if as_json:
        click.echo(json.dumps(documents[0] if len(documents) == 1 else documents, ensure_ascii=False, indent=2))
    return max(codes)


def _text(document: dict[str, Any], verbose: int, quiet: bool, console: Any) -> None:
    from parity import report

    report.render(document, "text", verbose=verbose, quiet=quiet, console=console)
