"""Messages between parity and a worker: large arrays go by a mapped file, all else through the pipe.

Both ends are parity's own processes of one user, and the far one runs that user's code already, so the pipe
may carry pickles; files carry raw numbers only, and no pickle is ever read from one.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import tempfile
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from parity.errors import NoAmendment, NoTwin, ParityError, UsageError

CARRIED: Mapping[str, type[ParityError]] = {
    "no twin": NoTwin,
    "no amendment": NoAmendment,
    "usage": UsageError,
}
"""What a side raises that is no failure of its own: the near end raises the same, by this word."""
SMALL = 1 << 16
"""Arrays under this many bytes are not worth a file."""
_ALIGN = 64


def send(connection: Connection, message: Any, folder: Path) -> None:
    """Send any message of plain data and arrays; `folder` is where mapped files may be put."""
    buffer = io.BytesIO()
    writer = _Writer(buffer, folder)
    writer.dump(message)
    writer.close()
    connection.send_bytes(buffer.getvalue())


def receive(connection: Connection) -> Any:
    """Receive one message. Its arrays are private copy-on-write maps, whose file is gone already."""
    return _Reader(io.BytesIO(connection.recv_bytes())).load()


class _Writer(pickle.Pickler):
    def __init__(self, buffer: io.BytesIO, folder: Path) -> None:
        super().__init__(buffer, protocol=4)
        self._folder, self._path = folder, ""
        self._file: BinaryIO | None = None
        self._seen: dict[int, tuple[Any, tuple[Any, ...]]] = {}  # with the array, or its id may be given again

    def persistent_id(self, thing: Any) -> Any:
        if not isinstance(thing, np.ndarray) or thing.nbytes < SMALL or thing.dtype.hasobject:
            return None
        if id(thing) not in self._seen:
            if self._file is None:
                number, self._path = tempfile.mkstemp(suffix=".arrays", dir=self._folder)
                self._file = os.fdopen(number, "wb")
            self._file.write(bytes(-self._file.tell() % _ALIGN))
            place = self._file.tell()
            self._file.write(np.ascontiguousarray(thing).reshape(-1).view(np.uint8).data)
            self._seen[id(thing)] = (thing, (self._path, place, thing.dtype, thing.shape))
        return self._seen[id(thing)][1]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class _Reader(pickle.Unpickler):
    def __init__(self, buffer: io.BytesIO) -> None:
        super().__init__(buffer)
        self._maps: dict[str, mmap.mmap] = {}

    def persistent_load(self, key: Any) -> Any:
        path, place, dtype, shape = key
        if path not in self._maps:
            with Path(path).open("rb") as file:
                self._maps[path] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            Path(path).unlink()
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._maps[path], dtype, count, place).reshape(shape)
