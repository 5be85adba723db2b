"""Workers that build one layer of the zoo after the other: its modules are parity's own, and keep nothing."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from types import TracebackType

from parity.case import Case
from parity.errors import SideFailed
from parity.line import Options, batches, examine
from parity.run import Both
from parity.verdict import Verdict
from parity.worker.client import Worker, launched

_Pair = tuple[Worker, Worker, Both]


class Keeper:
    """Checks layers of the zoo, each thread on two workers of its own, which last until the context ends."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._all = ExitStack()
        self._lock = threading.Lock()

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._lock:
            self._all.close()

    def check(self, case: Case, options: Options) -> Verdict:
        """As `line.check`, without the third reference: one layer by itself is no network to export."""
        frameworks = case.reference.framework, case.candidate.framework
        kept: dict[tuple[str, str], _Pair] = self._own.__dict__.setdefault("kept", {})
        if frameworks in kept:
            reference, candidate, both = kept[frameworks]
            reference.build(case.reference)
            candidate.build(case.candidate)
        else:
            opened = launched(case.reference, case.candidate, options.timeout, options.spawner)
            with self._lock:
                reference, candidate, both = kept[frameworks] = self._all.enter_context(opened)
        try:
            return examine(case, reference, candidate, batches(case, options), options, both, None)
        except SideFailed:
            del kept[frameworks]  # what failed may have left anything behind
            raise
