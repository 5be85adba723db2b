"""Weight files: which framework reads and writes which, what does not fit told, written whole or not at all.

A file is whatever its user was given by others: its sizes are compared before anything is taken from it, and
no code in it is ever run. What is wrong with one is a UsageError that begins with its name.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from parity.axes import Shape
from parity.errors import UsageError

READ = {
    "keras": (".keras", ".weights.h5", ".h5", ".hdf5"),
    "tensorflow": (".npz", ".index"),
    "torch": (".safetensors", ".pt", ".pth", ".pt2"),
}
"""Suffixes by framework; Keras and TensorFlow also read a folder, that of a SavedModel."""
WRITTEN = {"keras": (".weights.h5", ".keras"), "tensorflow": (".npz",), "torch": (".safetensors", ".pt", ".pth")}
_NAMES = {"keras": "Keras", "tensorflow": "TensorFlow", "torch": "PyTorch"}
_FOLDERS = ("keras", "tensorflow")
_SHOWN = 4
_EXPANSION = 100
"""How many times its stored size a zip member may grow to: weights hardly compress, bombs a thousandfold."""


def check_readable(file: Path, framework: str) -> None:
    """Raise UsageError where there is no such file, or none that this framework's side reads."""
    if not file.exists():
        raise UsageError(f"{file}: there is no such file; expected trained weights of {_NAMES[framework]}")
    if file.is_dir():
        if framework in _FOLDERS and (file / "variables" / "variables.index").is_file():
            return
        more = " or a SavedModel folder, with variables/variables.index in it" if framework in _FOLDERS else ""
        raise UsageError(f"{file}: this is a folder; expected {_either(READ[framework])}{more}")
    if not file.is_file():
        raise UsageError(f"{file}: this is no plain file; expected {_either(READ[framework])}")
    if suffix_of(file, READ[framework]) is None:
        raise UsageError(
            f"{file}: {_NAMES[framework]} weights are not read from {file.suffix or 'a bare name'}; "
            f"expected {_either(READ[framework])}{' or a SavedModel folder' if framework in _FOLDERS else ''}"
        )


def check_writable(file: Path, framework: str) -> None:
    """Raise UsageError where this framework's side does not write such a file, or there is no folder for it."""
    if suffix_of(file, WRITTEN[framework]) is None:
        raise UsageError(
            f"{file}: {_NAMES[framework]} weights are not written to {file.suffix or 'a bare name'}; "
            f"expected {_either(WRITTEN[framework])}"
        )
    if file.is_dir():
        raise UsageError(f"{file}: this is a folder; expected a file")
    if not file.parent.is_dir():
        raise UsageError(f"{file}: there is no folder {file.parent}")


def suffix_of(file: Path, suffixes: Iterable[str]) -> str | None:
    """The longest of these suffixes with which the file's name ends."""
    return max((each for each in suffixes if file.name.endswith(each)), key=len, default=None)


def check_fit(file: Path, expected: Mapping[str, Shape], found: Mapping[str, Shape]) -> None:
    """Raise one UsageError that names every way in which a file's arrays are not those of the network."""
    missing = [name for name in expected if name not in found]
    unexpected = [name for name in found if name not in expected]
    other = [
        f"{name} is {tuple(found[name])} there and {tuple(expected[name])} in the network"
        for name in expected
        if name in found and tuple(found[name]) != tuple(expected[name])
    ]
    wrong = [
        f"{words}: {few(names)}"
        for names, words in (
            (missing, "missing from it"),
            (unexpected, "unknown to the network"),
            (other, "of another shape"),
        )
        if names
    ]
    if wrong:
        raise UsageError(f"{file}: does not fit the network, and nothing was loaded; {'; '.join(wrong)}")


def few(names: Iterable[str]) -> str:
    """The first few names, and how many more there are; each cut, for names come from files."""
    known = [name if len(name) <= 120 else f"{name[:117]}…" for name in names]
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return ", ".join(known[:_SHOWN]) + more


def unreadable(file: Path, what: str, error: object) -> UsageError:
    """What is raised of a file that is damaged, or not what its suffix says."""
    lines = str(error).strip().splitlines()
    reason = lines[0][:240] if lines else type(error).__name__
    return UsageError(f"{file}: cannot be read as {what}: {reason}. Is it whole, and what its suffix says?")


def check_zip(file: Path, what: str) -> None:
    """Raise UsageError for what is no zip archive, and for one whose members claim to be far more than is stored."""
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if member.file_size > _EXPANSION * member.compress_size + (1 << 20):
                    raise UsageError(
                        f"{file}: {few([member.filename])} claims {member.file_size:,} bytes of which "
                        f"{member.compress_size:,} are stored; nothing was loaded"
                    )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise unreadable(file, what, error) from error


@contextmanager
def draft(file: Path, suffix: str) -> Iterator[Path]:
    """A file beside its place, with the same suffix; moved there once it is whole, and removed if it never is."""
    try:
        number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=suffix)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from error
    os.close(number)
    place = Path(name)
    try:
        yield place
        place.chmod(0o666 & ~_umask())
        place.replace(file)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror or error}") from error
    finally:
        place.unlink(missing_ok=True)


def check_new(folder: Path) -> None:
    """Raise UsageError where a folder cannot be made, or would be written into what is there already."""
    if not folder.absolute().parent.is_dir():
        raise UsageError(f"{folder}: there is no folder {folder.parent}")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder}: this folder is not empty; expected a new one, or an empty one")
    if not folder.is_dir() and (folder.exists() or folder.is_symlink()):
        raise UsageError(f"{folder}: this is a file; expected a new folder")


@contextmanager
def drafts(folder: Path) -> Iterator[Path]:
    """A folder beside its place; moved there once it is whole, and removed with all that is in it if it never is."""
    check_new(folder)
    try:
        place = Path(tempfile.mkdtemp(dir=folder.absolute().parent, prefix=f".{folder.absolute().name}."))
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}") from error
    try:
        yield place
        place.chmod(0o777 & ~_umask())
        if folder.is_dir():
            folder.rmdir()  # which an empty one allows, and only that
        place.replace(folder)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
