"""The far end of a warm process: it imports one framework, and forks a server of one side whenever it is asked to."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket

from parity.worker.server import serve


def forks(number: int, framework: str) -> None:
    """Answer "fork", which comes with a pipe and a log, and "wait PID", until the control socket closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.set_inheritable(number, False)
    with contextlib.suppress(ImportError):  # the build of each side tells what is missing
        room = importlib.import_module(f"parity.sides.{framework}")
        for late in getattr(room, "LATE", ()):
            importlib.import_module(late)
    control = socket.socket(fileno=number)
    while True:
        asked, files, _, _ = socket.recv_fds(control, 64, 2)
        word, _, rest = asked.partition(b" ")
        if word == b"fork":
            pid = os.fork()
            if not pid:
                control.close()
                _become(*files)
            for each in files:
                os.close(each)
            control.send(b"%d" % pid)
        elif word == b"wait":
            control.send(_ended(int(rest)))
        else:
            return


def _become(pipe: int, log: int) -> None:
    """Serve one side, and end without what the process that it was forked from would do in the end."""
    try:
        for standard in (1, 2):
            os.dup2(log, standard)
        os.close(log)
        serve(pipe)
    finally:
        os._exit(0)


def _ended(pid: int) -> bytes:
    try:
        done, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return b"0"  # asked for before, and told then
    return b"%d" % os.waitstatus_to_exitcode(status) if done else b"runs"
