"""Messages between parity and a worker: large arrays go by a mapped file, all else through the pipe.

Both ends are parity's own processes of one user, and the far one runs that user's code already, so the pipe
may carry pickles; files carry raw numbers only, and no pickle is ever read from one. A file goes by its
descriptor: it has no name, and is gone with the last process that holds it, whichever that is.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import socket
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from parity.errors import NoAmendment, NoTwin, ParityError, UsageError
from parity.spool import Mapped, Sheet, at, mapped

CARRIED: Mapping[str, type[ParityError]] = {
    "no twin": NoTwin,
    "no amendment": NoAmendment,
    "usage": UsageError,
}
"""What a side raises that is no failure of its own: the near end raises the same, by this word."""
SMALL = 1 << 16
"""Arrays under this many bytes are not worth a file."""
_AT_ONCE = 250
"""Descriptors in one packet: Linux takes 253."""


def send(connection: Connection, message: Any) -> None:
    """Send any message of plain data and arrays. What is mapped from a file already is not written again."""
    buffer = io.BytesIO()
    writer = _Writer(buffer)
    writer.dump(message)
    files = writer.descriptors()
    connection.send_bytes(len(files).to_bytes(4) + buffer.getvalue())
    with _beside(connection) as pipe:
        for start in range(0, len(files), _AT_ONCE):
            socket.send_fds(pipe, [b"+"], files[start : start + _AT_ONCE])


def receive(connection: Connection) -> Any:
    """Receive one message. Its arrays are private copy-on-write maps; what the sender had mapped is read-only."""
    told = connection.recv_bytes()
    files: list[int] = []
    try:
        with _beside(connection) as pipe:
            while len(files) < int.from_bytes(told[:4]):
                byte, more, _, _ = socket.recv_fds(pipe, 1, _AT_ONCE)
                files += more
                if not byte:
                    raise EOFError
        return _Reader(io.BytesIO(told[4:]), files).load()
    finally:
        for each in files:
            os.close(each)


def _beside(connection: Connection) -> socket.socket:
    """The pipe as the socket that it is; to close this one leaves the pipe open."""
    return socket.socket(fileno=os.dup(connection.fileno()))


class _Writer(pickle.Pickler):
    """Writes large arrays into one file, the last that goes with the message; those that are mapped stay there."""

    def __init__(self, buffer: io.BytesIO) -> None:
        super().__init__(buffer, protocol=4)
        self._sheet: Sheet | None = None
        self._maps: dict[int, Mapped] = {}
        self._seen: dict[int, tuple[Any, tuple[Any, ...]]] = {}  # with the array, or its id may be given again

    def descriptors(self) -> list[int]:
        """The files that go with the message: its own last, if it has one."""
        own = [] if self._sheet is None else [self._sheet.descriptor]
        return [*(each.descriptor for each in self._maps.values()), *own]

    def persistent_id(self, thing: Any) -> Any:
        if not isinstance(thing, np.ndarray) or thing.nbytes < SMALL or thing.dtype.hasobject:
            return None
        if id(thing) not in self._seen:
            where = mapped(thing)
            self._seen[id(thing)] = thing, self._written(thing) if where is None else self._shown(thing, where)
        return self._seen[id(thing)][1]

    def _written(self, array: Any) -> tuple[Any, ...]:
        self._sheet = self._sheet or Sheet()
        return "written", self._sheet.add(array)

    def _shown(self, array: Any, where: Mapped) -> tuple[Any, ...]:
        """Which file shows the array, and where: it may be any view of what stands there."""
        self._maps.setdefault(id(where), where)
        start = array.ctypes.data - np.frombuffer(where, np.uint8).ctypes.data
        return "shown", list(self._maps).index(id(where)), start, array.dtype, array.shape, array.strides


class _Reader(pickle.Unpickler):
    def __init__(self, buffer: io.BytesIO, files: Sequence[int]) -> None:
        super().__init__(buffer)
        self._files = files
        self._own: mmap.mmap | None = None
        self._maps: dict[int, Mapped] = {}

    def persistent_load(self, key: Any) -> Any:
        word, *rest = key
        if word == "written":
            self._own = self._own or mmap.mmap(self._files[-1], 0, access=mmap.ACCESS_COPY)
            return at(self._own, rest[0])
        number, start, dtype, shape, strides = rest
        if number not in self._maps:
            self._maps[number] = Mapped.of(self._files[number])
        return np.ndarray(shape, dtype, self._maps[number], start, strides)
