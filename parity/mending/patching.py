"""A patch of the candidate's code, written only after the patched candidate, loaded afresh, was found to be parity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from parity.case import Case
from parity.errors import ParityError
from parity.files import draft
from parity.judge import DIVERGENCE, PARITY
from parity.line import Options, check
from parity.mending.mend import diff, mended, patched
from parity.mending.nouns import Unmendable
from parity.verdict import Verdict


def patch(case: Case, verdict: Verdict, options: Options, file: Path) -> str:
    """Write a unified diff of all confirmed mends to `file`, whole or not at all; returns what came of it.

    Paths in it are relative to the folder one stands in, or else to the case's: apply it there with `git apply` or
    `patch -p1`. Nothing is written where the mends do not make the two networks the same.
    """
    if verdict.verdict != DIVERGENCE:
        return f"no patch: {case.name} is {verdict.verdict}"
    if not verdict.mends or not verdict.explained:
        return f"no patch: {_missing(verdict)}"
    try:
        texts = {str(path): text for path, text in patched(verdict.mends).items()}
        text = _diff(verdict, case)
    except ParityError as error:
        return f"no patch: {error}"
    again = check(replace(case, candidate=replace(case.candidate, patched=texts)), replace(options, onnx=False))
    if again.verdict != PARITY:
        return f"no patch: with these {len(verdict.mends)} changes the candidate is {again.verdict}: {again.reasons[0]}"
    with draft(file, file.suffix) as path:
        path.write_text(text, encoding="utf-8", newline="")
    changes = "1 change" if len(verdict.mends) == 1 else f"{len(verdict.mends)} changes"
    return f"wrote {file}: {changes}; patched so and loaded afresh, the candidate is parity"


def _missing(verdict: Verdict) -> str:
    """Why there is none."""
    open_ends = [each for each in verdict.findings if each.status != "confirmed"]
    if open_ends:
        return f"not all that differs is proved ({', '.join(dict.fromkeys(each.cause for each in open_ends))})"
    unwritten = [each.cause for each in verdict.findings if not each.mend]
    if unwritten:
        return f"the mend is not one call or argument ({', '.join(dict.fromkeys(unwritten))})"
    refused = [str(each) for mend in verdict.mends if isinstance(each := mended(mend), Unmendable)]
    return refused[0] if refused else "what is proved does not explain all that differs"


def _diff(verdict: Verdict, case: Case) -> str:
    """The diff, from the folder one stands in if the files are in it, or else from the case's."""
    try:
        return diff(verdict.mends, Path.cwd())
    except ParityError:
        return diff(verdict.mends, case.candidate.folder)
