"""The far end of the wire: holds one Side and answers requests until the pipe closes."""

from __future__ import annotations

import os
import signal
import traceback
from multiprocessing.connection import Connection
from typing import Any

from parity import places
from parity.build import build, fresh
from parity.case import SideSpec
from parity.errors import ParityError
from parity.nouns import Side
from parity.worker import wire


def serve(number: int) -> None:
    """Answer requests on the inherited pipe of this file number: `("ok", result)` or a failure to each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    os.set_inheritable(number, False)  # or a process that the user's code starts would hold the pipe open
    connection = Connection(number)
    side: Side | None = None
    spec: SideSpec | None = None
    while True:
        try:
            verb, arguments, options, sides = wire.receive(connection)
        except (EOFError, OSError):
            return
        try:
            if verb == "build":
                (spec,) = arguments
                side = build(spec)
                answer: tuple[Any, ...] = ("ok", None)
            elif verb == "fresh":
                assert side is not None and spec is not None
                answer = ("ok", fresh(spec, side, *arguments))
            else:
                assert side is not None
                side.among(sides)
                answer = ("ok", getattr(side, verb)(*arguments, **options))
        except ParityError as error:
            word = next((word for word, kind in wire.CARRIED.items() if isinstance(error, kind)), "")
            answer = (word, str(error)) if word else ("failed", str(error), "")
        except BaseException as error:  # noqa: BLE001 - the user's code may raise anything, SystemExit too
            answer = ("failed", *_reported(error))
        wire.send(connection, answer)


def _reported(error: BaseException) -> tuple[str, str]:
    """What was raised, and the user's own frames of it; all frames where none is the user's."""
    if isinstance(error, SystemExit):
        return f"its code called sys.exit({error.code!r})", places.told(error)
    told = places.told(error)
    if "\n" not in told:
        told = places.capped("".join(traceback.format_exception(error)[-6:]).rstrip())
    return f"its code raised {type(error).__name__}", told
