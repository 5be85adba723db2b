"""The near end of the wire: starts the process of one side and is a Side itself."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, TypeVar

from parity import places
from parity.case import SideSpec
from parity.errors import SideFailed, UsageError
from parity.fresh.drawing import Drawn, Wanted
from parity.nouns import Amendment, Array, Excerpt, Intake, Origin, Outline, Probe, Trace, Weights
from parity.run import Both
from parity.worker import wire
from parity.worker.process import Spawner, spawned

T = TypeVar("T")
U = TypeVar("U")
_GRACE = 2.0
"""Seconds that a side still has for its answer once the other one failed."""
_GONE = "its process"
FIRST_RUN = "running its network for the first time"
_DOING = {
    "build": "building its network",
    "intakes": "telling what it takes",
    "outline": FIRST_RUN,
    "weights": "handing over its weights",
    "origins": "telling how its weights are drawn",
    "fresh": "building its network again under other seeds",
    "load": "taking the ported weights",
    "part": "having layers shown in parts",
    "calibrate": "having its statistics set",
    "run": "running its network",
    "excerpt": "taking a layer out of its network",
    "outputs": "running its network by itself",
    "read": "reading its weights from a file",
    "save": "writing its weights to a file",
    "export": "being exported to ONNX",
}


@contextlib.contextmanager
def launch(role: str, spec: SideSpec, timeout: float, spawner: Spawner = spawned) -> Iterator[Worker]:
    """Start a side's process and let it begin to build at once; stop it and clear its files in the end."""
    worker = Worker(role, spec, timeout, spawner)
    try:
        yield worker
    finally:
        worker.close()


@contextlib.contextmanager
def launched(
    reference: SideSpec, candidate: SideSpec, timeout: float, spawner: Spawner = spawned
) -> Iterator[tuple[Worker, Worker, Both]]:
    """Both sides, started together, and the way to ask them at once."""
    with (
        launch("reference", reference, timeout, spawner) as one,
        launch("candidate", candidate, timeout, spawner) as other,
    ):
        yield one, other, _Together(one, other)


class _Together:
    """Asks two workers at once. When one fails, or the user interrupts, nobody waits long for the other."""

    def __init__(self, *workers: Worker) -> None:
        self._workers = workers

    def __call__(self, one: Callable[[], T], other: Callable[[], U], /) -> tuple[T, U]:
        with self._sharing(), ThreadPoolExecutor(2) as pool:
            first, second = pool.submit(one), pool.submit(other)
            asked: list[Future[Any]] = [first, second]
            try:
                done, rest = wait(asked, return_when=FIRST_EXCEPTION)
                if rest and wait(rest, timeout=_GRACE).not_done:
                    self._stop()
            except BaseException:
                self._stop()
                raise
            for each in asked:
                if each in done:
                    each.result()  # raises what failed first
            return first.result(), second.result()

    @contextlib.contextmanager
    def _sharing(self) -> Iterator[None]:
        """Each has its share of the cores while this lasts, and all of them before and behind it."""
        try:
            for worker in self._workers:
                worker.among(len(self._workers))
            yield
        finally:
            for worker in self._workers:
                worker.among(1)

    def _stop(self) -> None:
        for worker in self._workers:
            worker.kill()


class Worker:
    """A Side in a process of its own. Any request raises SideFailed if that process fails or is late."""

    def __init__(self, role: str, spec: SideSpec, timeout: float, spawner: Spawner = spawned) -> None:
        self.role, self._sides, self._timeout = role, 1, timeout
        self._folder = Path(tempfile.mkdtemp(prefix="parity-"))
        self._log = (self._folder / "log").open("w+b")
        near, far = Pipe()
        try:
            self._process = spawner(spec, far, self._log)
        except OSError as error:
            self._clear()
            interpreter = spec.python or sys.executable
            raise SideFailed(role, "starting", f"{interpreter} cannot be run: {error.strerror}") from error
        far.close()
        self._connection = near
        self._pending: str | None = None
        try:
            self.build(spec)
        except BaseException:
            self.close()
            raise

    def build(self, spec: SideSpec) -> None:
        """Let it begin to build this network, in the place of the one that it holds."""
        if self._pending:
            self._receive()
        self._send("build", spec)

    def intakes(self) -> tuple[Intake, ...]:
        intakes: tuple[Intake, ...] = self._ask("intakes")
        return intakes

    def outline(self, probe: Probe) -> Outline:
        outline: Outline = self._ask("outline", probe)
        return outline

    def weights(self) -> Weights:
        weights: Weights = self._ask("weights")
        return weights

    def origins(self) -> Mapping[str, Mapping[str, Origin]]:
        origins: Mapping[str, Mapping[str, Origin]] = self._ask("origins")
        return origins

    def again(self, thing: Any, probe: Probe) -> Weights:
        raise TypeError("a build is made where its side is: ask for `fresh`")

    def fresh(self, wanted: Sequence[Wanted], seeds: Sequence[int], probe: Probe) -> list[Drawn]:
        """Build the network again under each seed, and see what is drawn."""
        drawn: list[Drawn] = self._ask("fresh", tuple(wanted), tuple(seeds), probe)
        return drawn

    def load(self, weights: Weights) -> None:
        self._ask("load", weights)

    def part(self, layers: Mapping[str, int]) -> bool:
        return bool(self._ask("part", layers))

    def among(self, sides: int) -> None:
        self._sides = sides  # told with each request

    def calibrate(self, probe: Probe, seed: int) -> None:
        self._ask("calibrate", probe, seed)

    def run(
        self,
        probe: Probe,
        *,
        double: bool = False,
        given: Mapping[str, Array] | None = None,
        amendments: Sequence[Amendment] = (),
    ) -> Trace:
        trace: Trace = self._ask("run", probe, double=double, given=given, amendments=tuple(amendments))
        return trace

    def excerpt(
        self, layer: str, probe: Probe, *, role: str, given: Mapping[str, Array], double: bool = False
    ) -> Excerpt:
        excerpt: Excerpt = self._ask("excerpt", layer, probe, role=role, given=given, double=double)
        return excerpt

    def outputs(self, probe: Probe) -> Mapping[str, Array]:
        outputs: Mapping[str, Array] = self._ask("outputs", probe)
        return outputs

    def read(self, file: Path) -> None:
        try:
            self._ask("read", file)
        except SideFailed as failure:
            if failure.doing == _DOING["read"] and failure.reason.startswith(_GONE):
                # A library in C may crash on a damaged file; the process did nothing else at that time.
                raise UsageError(
                    f"{file}: cannot be read: {failure.reason} while it read it. Is it whole?"
                ) from failure
            raise

    def save(self, file: Path) -> None:
        self._ask("save", file)

    def export(self, file: Path, probe: Probe) -> None:
        self._ask("export", file, probe)

    @property
    def process(self) -> int:
        """The number of its process."""
        return self._process.pid

    def kill(self) -> None:
        """End the process, which has nothing to save."""
        self._process.kill()

    def close(self) -> None:
        """End the process and remove its files."""
        self.kill()
        self._connection.close()
        self._clear()

    def _ask(self, verb: str, *arguments: Any, **options: Any) -> Any:
        if self._pending:
            self._receive()
        self._send(verb, *arguments, **options)
        return self._receive()

    def _send(self, verb: str, *arguments: Any, **options: Any) -> None:
        self._pending = verb
        try:
            wire.send(self._connection, (verb, arguments, options, self._sides))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self._ended() from error

    def _receive(self) -> Any:
        assert self._pending is not None
        doing = _DOING[self._pending]
        try:
            if not self._connection.poll(self._timeout):
                self._process.kill()
                raise SideFailed(self.role, doing, f"no answer within {self._timeout:g} s (--timeout)")
            state, *rest = wire.receive(self._connection)
        except (EOFError, ConnectionResetError) as error:
            raise self._ended() from error
        self._pending = None
        if state == "ok":
            return rest[0]
        if state in wire.CARRIED:
            raise wire.CARRIED[state](rest[0])
        raise SideFailed(self.role, doing, *rest)

    def _ended(self) -> SideFailed:
        """The process is gone: by which signal or exit code, and what it wrote last."""
        code = self._process.ended(timeout=5)
        if code is not None and code < 0:
            reason = f"{_GONE} was killed by {_signal_name(-code)}"
        else:
            reason = f"{_GONE} exited with code {code}"
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return SideFailed(self.role, _DOING[self._pending or "run"], reason, places.capped("\n".join(lines[-8:])))

    def _clear(self) -> None:
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has no name of its own
        return f"signal {number}"
