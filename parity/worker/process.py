"""The process of one side: started anew, or forked from one that has its framework imported already."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

from parity.case import SideSpec

_MAIN = Path(__file__).with_name("__main__.py")
_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "GLOG_minloglevel": "3", "ABSL_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
_DEFAULTS = {
    # The verdict is about two functions, not about two devices: without the user's word, both run on the CPU.
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    # PyTorch's threads would else wait for each other without giving up their cores, which other processes need.
    "OMP_WAIT_POLICY": "PASSIVE",
}
_TICK = 0.01


class Process(Protocol):
    """A process that serves one side."""

    @property
    def pid(self) -> int: ...

    def kill(self) -> None:
        """End it, if it has not ended."""

    def ended(self, timeout: float) -> int | None:
        """Its exit code, or the signal that ended it below zero; None where it still runs after `timeout` seconds."""


Spawner = Callable[[SideSpec, Connection, IO[bytes]], Process]
"""Starts the process of a side, which serves the far end of a pipe and writes what it prints to a log.

Raises OSError where the interpreter of the side cannot be run.
"""


def spawned(spec: SideSpec, far: Connection, log: IO[bytes]) -> Process:
    """A process of its own, from nothing."""
    return _Spawned(_started(spec, [str(far.fileno())], far.fileno(), log))


class Nursery:
    """Forks the processes of many sides from one warm process for each framework and interpreter.

    What one case does to its process - modules of the same name, global settings, a crash - reaches no other
    case, as it would in a process that builds one network after the other. A warm process has imported its
    framework and has run nothing, since neither TensorFlow's nor PyTorch's threads outlive a fork.
    """

    def __init__(self) -> None:
        self._warm: dict[tuple[object, ...], _Warm] = {}
        self._lock = threading.Lock()

    def __call__(self, spec: SideSpec, far: Connection, log: IO[bytes]) -> Process:
        key = spec.framework, spec.python, *sorted(spec.environment.items())
        with self._lock:
            if key not in self._warm:
                self._warm[key] = _Warm(spec)
            warm = self._warm[key]
        return warm.fork(far, log)

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for warm in self._warm.values():
            warm.close()


class _Spawned:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def ended(self, timeout: float) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=timeout)
        return self._process.returncode


class _Warm:
    """A process that forks when it is asked to: see forks.py for the other end."""

    def __init__(self, spec: SideSpec) -> None:
        self._control, far = socket.socketpair()
        with far:
            self._process = _started(spec, [str(far.fileno()), spec.framework], far.fileno(), subprocess.DEVNULL)
        self._lock = threading.Lock()
        self._forked: dict[int, int | None] = {}
        """Each fork, and how it ended."""

    def fork(self, far: Connection, log: IO[bytes]) -> Process:
        with self._lock:
            try:
                socket.send_fds(self._control, [b"fork"], [far.fileno(), log.fileno()])
                pid = int(self._control.recv(32))
            except (OSError, ValueError) as error:
                code = self._process.wait()
                raise OSError(code, f"the process that it is forked from exited with code {code}") from error
            self._forked[pid] = None
        return _Forked(self, pid)

    def ended(self, pid: int) -> int | None:
        """What became of a fork; None where it still runs."""
        with self._lock:
            if self._forked[pid] is None:
                answer = b""
                with contextlib.suppress(OSError):
                    self._control.send(b"wait %d" % pid)
                    answer = self._control.recv(32)
                if not answer:  # the process that knew is gone itself, killed for its memory perhaps
                    self._end(pid)
                elif answer != b"runs":
                    self._forked[pid] = int(answer)
            return self._forked[pid]

    def kill(self, pid: int) -> None:
        with self._lock:
            if self._forked[pid] is None:  # its number is nobody else's until it was waited for
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _end(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self._forked[pid] = -signal.SIGKILL

    def close(self) -> None:
        """End it and all that was forked from it."""
        with self._lock:
            for pid, code in self._forked.items():
                if code is None:
                    self._end(pid)
            self._process.kill()
            self._process.wait()
            self._control.close()


class _Forked:
    def __init__(self, warm: _Warm, pid: int) -> None:
        self._warm, self._pid = warm, pid

    @property
    def pid(self) -> int:
        return self._pid

    def kill(self) -> None:
        self._warm.kill(self._pid)
        self.ended(5)

    def ended(self, timeout: float) -> int | None:
        late = time.monotonic() + timeout
        while (code := self._warm.ended(self._pid)) is None and time.monotonic() < late:
            time.sleep(_TICK)
        return code


def _started(spec: SideSpec, words: list[str], descriptor: int, log: IO[bytes] | int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [spec.python or sys.executable, str(_MAIN), *words],
        pass_fds=[descriptor],
        env=_DEFAULTS | dict(os.environ) | _QUIET | dict(spec.environment),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
