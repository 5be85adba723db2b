"""Every way in which parity can refuse, each with its exit code and a message that a user can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

PARITY, DIVERGENCE, USAGE, INCONCLUSIVE, SIDE_FAILED = 0, 1, 2, 3, 4
BROKEN, INTERRUPTED = 70, 130
"""Exit codes of the command line; the last two are parity's own fault (`EX_SOFTWARE` of sysexits.h) and Ctrl-C."""


class ParityError(Exception):
    """The root of the tree. Its text says what happened, what was expected and what to do."""

    exit_code = USAGE


class UsageError(ParityError):
    """The words that parity was given do not fit: an unknown case, a bad option, an unknown suffix."""


class CaseError(UsageError):
    """A case.toml that cannot be read as a Case; the text starts with `file:line`."""


class OutlineError(ParityError):
    """A network cannot be outlined or loaded as it stands, by parity's own knowledge of its framework."""

    exit_code = SIDE_FAILED


class NotPorted(ParityError):
    """Some array of the two networks has nowhere to go; the text names each, with the reason. Nothing was changed."""

    exit_code = INCONCLUSIVE


class NoTwin(OutlineError):
    """A side cannot run in float64; the text says why. The verdict then rests on float32."""


@dataclass
class SideFailed(ParityError):
    """One side raised, exited, was killed or answered too late.

    `side` is "reference", "candidate" or "onnx"; `doing` the request in words; `reason` one sentence;
    `details` the side's own traceback, trimmed to the user's frames, or the last lines that it wrote.
    """

    side: str
    doing: str
    reason: str
    details: str = ""

    exit_code = SIDE_FAILED

    def __str__(self) -> str:
        head = f"the {self.side} failed while {self.doing}: {self.reason}"
        return f"{head}\n{self.details}" if self.details else head


class NotParity(ParityError):
    """Raised by `Verdict.raise_for_divergence()`; carries the verdict's own summary as its text."""

    exit_code = DIVERGENCE


def nearest(word: str, known: Iterable[str]) -> str:
    """The nearest right word as a question; where none is near, all of them."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else f"; expected one of {', '.join(words)}."
