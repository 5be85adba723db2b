"""Which line of the user's code we are in: the first frame outside the frameworks and outside parity."""

from __future__ import annotations

import inspect
import linecache
import sys
import sysconfig
import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from parity.nouns import Place

_PYTHON = (sysconfig.get_paths()["stdlib"] + "/", sysconfig.get_paths()["platstdlib"] + "/")
_FRAMES, _LINES, _LETTERS = 3, 9, 500
_WITHIN = 3
"""How many calls, of functions of the user's by lines of the user's, a place tells of."""
_OURS = str(Path(__file__).parent)
_SHIPPED = f"{_OURS}/_cases/"  # an installed parity carries its cases inside itself
_FRAMEWORKS = ("torch", "keras", "tensorflow", "tf_keras", "numpy", "onnx", "onnxruntime", "tf2onnx")
_FOREIGN = tuple(f"/site-packages/{name}/" for name in _FRAMEWORKS)


@lru_cache(maxsize=4096)
def is_users(file: str) -> bool:
    """Whether a file is the user's, rather than a framework's, Python's own or parity's."""
    if file.startswith(("<frozen", "<string>", "<__array_function__")):
        return False
    if file.startswith(_OURS) and not file.startswith(_SHIPPED):
        return False
    if file.startswith(_PYTHON) and "/site-packages/" not in file:
        return False
    return not any(part in file for part in _FOREIGN)


def here() -> Place | None:
    """The innermost line of the user's that is being executed; None where there is none."""
    return _users(sys._getframe(1), _WITHIN)


def _users(frame: FrameType | None, deep: int) -> Place | None:
    """The innermost line of the user's at or around a frame, within those around it."""
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None or not deep:
        return None
    file, line = frame.f_code.co_filename, frame.f_lineno
    return Place(file, line, linecache.getline(file, line).strip(), _users(frame.f_back, deep - 1))


def told(error: BaseException) -> str:
    """An exception for its author: its own frames only, then its type and text."""
    frames = [frame for frame in _frames(error.__traceback__) if is_users(frame.filename)]
    if len(frames) > _FRAMES:
        frames = [*frames[:1], *frames[1 - _FRAMES :]]
    lines = [f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n    {frame.line}\n' for frame in frames]
    return capped("".join([*lines, *traceback.format_exception_only(error)]).rstrip())


def capped(text: str) -> str:
    """A text of any length in a few lines: its beginning and, where it is long, its end."""
    lines = [line if len(line) <= _LETTERS else f"{line[:200]} … {line[-50:]}" for line in text.splitlines()]
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 3], "…", *lines[-2:]]
    return "\n".join(lines)


def _frames(trace: TracebackType | None) -> list[traceback.FrameSummary]:
    return list(traceback.extract_tb(trace))


def signature(made: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters of a class in order, those that are no positions behind `*`; nothing where they cannot be told."""
    return _signature(made)


@lru_cache(maxsize=256)  # every call of a layer asks for that of its class
def _signature(made: Callable[..., Any]) -> tuple[str, ...]:
    try:
        parameters = list(inspect.signature(made).parameters.values())
    except (TypeError, ValueError):
        return ()
    names = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    more = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    return (*names, "*", *more) if more else tuple(names)
