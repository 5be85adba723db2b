"""Report documents -> text and files. The formats know only the document, so a saved one can be told again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from parity import shelf
from parity.errors import UsageError

_SHELVES = {"parity-init/1": "parity.fresh.formats"}
"""Where documents that are no verdict are told."""


def render(document: dict[str, Any], name: str, **options: Any) -> str:
    """Tell a document in the format of this name; each schema has formats of its own."""
    formats = shelf.read(_SHELVES.get(document["schema"], "parity.formats"), "render")
    if name not in formats:
        raise UsageError(f"a document {document['schema']} is not told as {name}; expected {', '.join(formats)}")
    told: str = formats[name](document, **options)
    return told


def format_for(path: Path) -> str:
    """The format that a file's suffix asks for. Raises UsageError for a suffix of none."""
    suffixes = {suffix: name for name, suffix in shelf.read("parity.formats", "SUFFIX").items()}
    if path.suffix not in suffixes:
        raise UsageError(
            f"{path}: no report is written to {path.suffix or 'a bare name'}; expected {', '.join(sorted(suffixes))}"
        )
    return suffixes[path.suffix]


def save(document: dict[str, Any], path: Path) -> None:
    """Write a report whole or not at all: beside its place first, then moved over what stood there."""
    told = render(document, format_for(path))
    try:
        number, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(told)
        Path(draft).chmod(0o666 & ~_umask())
        Path(draft).replace(path)
    except OSError as error:
        Path(draft).unlink()
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    except BaseException:
        Path(draft).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
