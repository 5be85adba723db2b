"""The words that several commands take, and how a case is found by its name."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from parity.errors import ParityError, UsageError, nearest

if TYPE_CHECKING:
    from parity.case import Case

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path)


class Finite(click.FloatRange):
    """A range of floats without NaN and infinity."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        number = super().convert(value, parameter, context)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", parameter, context)
        return number


def casing(command: F) -> F:
    """The options by which a case is found and its sides are run."""
    options = [
        click.option(
            "--cases",
            type=click.Path(path_type=Path),
            help="Folder of the cases [default: [tool.parity] cases, else those shipped].",
        ),
        click.option(
            "--seed",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            help="Seed of the inputs and of the probe weights.",
        ),
        click.option("--batch", type=click.IntRange(min=1), default=8, show_default=True, help="Samples in the batch."),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True, max=1e6),
            default=300.0,
            show_default=True,
            help="Seconds that a side may take for one answer.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def complete_case(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from parity import cases

    with contextlib.suppress(ParityError):
        return [name for name in cases.known(folder_of(context.params.get("cases"))) if name.startswith(incomplete)]
    return []


def found_by(names: tuple[str, ...], everything: bool, cases: Path | None) -> list[Case]:
    from parity.cases import find, listed, shipped

    folder = folder_of(cases)
    if everything and names:
        raise UsageError("got both --all and names; expected one of the two")
    if everything:
        names = (*listed(folder), *(("zoo",) if folder == shipped() else ()))
        if not names:
            raise UsageError(f"{folder}: holds no case; expected folders with a case.toml")
    if not names:
        raise UsageError(
            "no case named; expected `parity check CASE...` or `parity check --all`. `parity list` names them."
        )
    return [case for name in names for case in _in_zoo(name, folder) or find(name, folder)]


def _in_zoo(name: str, folder: Path) -> list[Case]:
    """The layers that a word stands for beside the cases that ship: `zoo`, `zoo-conv`, `zoo-conv-3`."""
    from parity.cases import shipped

    if name.partition("-")[0] != "zoo" or folder != shipped():
        return []
    from parity.zoo.examples import in_zoo, kinds

    if found := in_zoo(name):
        return found
    known = [f"zoo-{kind}" for kind in kinds()]
    raise UsageError(f"unknown layer {name!r}{nearest(name, known)} `parity check zoo` checks all of them.")


def one_by(name: str, cases: Path | None) -> Case:
    """The one case of this name. Raises UsageError for a family."""
    found = found_by((name,), False, cases)
    if len(found) > 1:
        raise UsageError(f"{name} stands for {len(found)} cases; expected one, as {found[0].name}")
    return found[0]


def folder_of(cases: Path | None) -> Path:
    from parity.cases import configured, shipped

    return cases or configured(Path.cwd()) or shipped()
