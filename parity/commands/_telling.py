"""How the outcomes of cases are printed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from parity.commands._screen import printed
from parity.errors import PARITY

if TYPE_CHECKING:
    from parity.several import Outcome


@dataclass(frozen=True)
class Telling:
    """To which length, and how. Of several, what came out as expected is told in a line."""

    several: bool
    as_json: bool
    quiet: bool
    verbose: int

    def outcome(self, outcome: Outcome) -> None:
        """What became of one case, as soon as it is known."""
        from parity import report

        verdict, failure = outcome.verdict, outcome.failure
        if failure:
            click.echo(f"{click.style('ERROR', fg='red', bold=True)}  {outcome.case.name}\n{failure}", err=True)
        if verdict is None or self.as_json:
            return
        quiet = self.quiet or (self.several and verdict.as_expected and not self.verbose)
        printed(
            lambda console: report.render(verdict.to_dict(), "text", verbose=self.verbose, quiet=quiet, console=console)
        )

    def end(self, outcomes: Sequence[Outcome], documents: list[dict[str, Any]]) -> None:
        """What became of all of them."""
        if self.as_json:
            told = documents if self.several or not documents else documents[0]
            click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        elif self.several and not self.quiet:
            verdicts = Counter(each.verdict.verdict if each.verdict else "failed" for each in outcomes)
            counts = ", ".join(f"{count} {word}" for word, count in verdicts.items())
            wrong = sum(each.code != PARITY for each in outcomes)
            expected = f"{wrong} not as expected" if wrong else "all as expected"
            click.echo(f"\n{len(outcomes)} cases: {counts}; {expected}")
