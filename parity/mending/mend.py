"""The change of a line of code that a finding asks for: told as before and after, or as a patch of the files.

Nothing is imported, run or written here: files are read, and what cannot be changed with certainty is left alone.
"""

from __future__ import annotations

import ast
import difflib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from parity import places
from parity.errors import UsageError
from parity.mending.arguments import insertion
from parity.mending.around import Change
from parity.mending.change import changes
from parity.mending.nouns import Mend, Mended, NoMend, Unmendable
from parity.mending.outward import handed_down
from parity.mending.source import Edit, Source, parsed, within

__all__ = ["Mend", "Mended", "Unmendable", "diff", "line", "mended", "outward", "patched"]

_INSTALLED = ("/site-packages/", "/dist-packages/")


def mended(mend: Mend) -> Mended | Unmendable:
    """The expression of a mend's line before and after; or why that line cannot be changed so with certainty."""
    try:
        source = _source(mend)
        made = list(changes(source, mend))
        _checked(source, made)
        told = _told(source, mend, made)
    except NoMend as reason:
        return Unmendable(mend.place, str(reason))
    also = [mended(each) for each in mend.also]
    refused = next((each for each in also if isinstance(each, Unmendable)), None)
    return refused or replace(told, also=tuple(each for each in also if isinstance(each, Mended)))


def outward(mend: Mend) -> Mend:
    """The same asked of the line that handed the values down to a mend's own, step by step; itself if none did."""
    try:
        further = handed_down(_source(mend), mend)
        if further:
            list(changes(_source(further), replace(further, every=True)))
    except NoMend:  # it calls another class, which hands it on to this one's, or gives it in a way that stays as it is
        return mend
    return outward(further) if further else mend


def line(mend: Mend) -> str | None:
    """The same as one line of text, `net.py:14  nn.BatchNorm1d(8)  →  nn.BatchNorm1d(8, eps=1e-3)`, or None."""
    result = mended(mend)
    return str(result) if isinstance(result, Mended) else None


def patched(mends: Iterable[Mend]) -> dict[Path, str]:
    """The new texts of all files that the mends change, to be written as UTF-8 with their own line ends.

    Raises UsageError, naming the line, for a mend that cannot be made, alone or together with the others.
    """
    return {file: _before_and_after(group)[1] for file, group in _by_file(mends)}


def diff(mends: Iterable[Mend], root: Path) -> str:
    """A unified diff of the same that `patch -p1` and `git apply` take in `root`.

    Raises UsageError as `patched` does, and for a file that is not under `root`.
    """
    parts = ["".join(_diffed(_relative(file, root), *_before_and_after(group))) for file, group in _by_file(mends)]
    return "".join(sorted(parts))


def _by_file(mends: Iterable[Mend]) -> list[tuple[Path, list[Mend]]]:
    """The mends of each file, under the first name that it is given."""
    files: dict[str, list[Mend]] = {}
    for mend in _merged(mends):
        files.setdefault(os.path.realpath(mend.place.file), []).append(mend)
    return [(Path(group[0].place.file).absolute(), group) for group in files.values()]


def _merged(mends: Iterable[Mend]) -> list[Mend]:
    """Mends without repetition, with those that go with them; arguments of one call, each once."""
    merged: list[Mend] = []
    for mend in [part for each in mends for part in (replace(each, also=()), *each.also)]:
        if mend in merged:
            continue
        alike = next((each for each in merged if _only_arguments(each) == _only_arguments(mend)), None)
        if alike is None or _only_arguments(mend) is None:
            merged.append(mend)
            continue
        for name, value in mend.keywords.items():
            if name in alike.keywords and alike.keywords[name] != value:
                raise UsageError(f"{mend.place}: {name} is to be {alike.keywords[name]!r} and {value!r}")
        merged[merged.index(alike)] = replace(alike, keywords={**alike.keywords, **mend.keywords})
    return merged


def _only_arguments(mend: Mend) -> Mend | None:
    """A mend without the arguments that it sets, if it does nothing else."""
    place = replace(mend.place, file=os.path.realpath(mend.place.file))
    return replace(mend, place=place, keywords={}) if mend.sets_arguments else None


def _before_and_after(mends: list[Mend]) -> tuple[str, str]:
    """The text of a file, and its text with all of its mends made."""
    made: list[Change] = []
    source: Source | None = None
    for mend in mends:
        try:
            # Read once for all: the same file, read anew, could be another by now.
            source = source or _source(mend)
            made += (own := list(changes(source, mend)))
            _checked(source, own)
        except NoMend as reason:
            raise UsageError(f"{mend.place.file}:{mend.place.line}: cannot be mended: {reason}") from reason
    assert source is not None
    try:
        return source.edited([]), _checked(source, made)
    except NoMend as reason:
        lines = ", ".join(str(number) for number in sorted({mend.place.line for mend in mends}))
        raise UsageError(f"{mends[0].place.file}: lines {lines} cannot be mended together: {reason}") from reason


def _source(mend: Mend) -> Source:
    file = mend.place.file
    shipped = places.is_users(file) and not any(part in file for part in _INSTALLED)
    if not shipped and not file.startswith(str(Path(places.__file__).parent / "_cases")):
        raise NoMend("the line is not the user's own")
    return Source.read(Path(file))


def _checked(source: Source, made: list[Change]) -> str:
    """The new text; raises NoMend where it would be no Python, or the same as before."""
    text = source.edited(_edits(source, made))
    try:
        parsed(text.removeprefix("\ufeff"))
    except NoMend as error:
        raise NoMend("the changed line would not be Python") from error
    if text == source.edited([]):
        raise NoMend("the line says so already")
    return text


def _edits(source: Source, made: list[Change]) -> list[Edit]:
    needs = dict.fromkeys(each for change in made for each in change.needs)
    return [edit for change in made for edit in change.edits] + [_import(source, each) for each in needs]


def _import(source: Source, statement: str) -> Edit:
    """An import behind those at the beginning of a module."""
    behind = 0
    for each in source.tree.body:
        words = isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
        if not words and not isinstance(each, ast.Import | ast.ImportFrom):
            break
        behind = each.end_lineno or 0
    first = source.tree.body[0]
    decorated = [each.lineno for each in getattr(first, "decorator_list", ())]
    at = source.starts[behind] if behind else source.starts[min([first.lineno, *decorated]) - 1]
    return insertion(at, f"{statement}{source.line_break}")


def _told(source: Source, mend: Mend, made: list[Change]) -> Mended:
    span = min(each.shown[0] for each in made), max(each.shown[1] for each in made)
    edits = [edit for each in made for edit in each.edits]
    gone = any(not edit.pieces and within(span, edit.span) for edit in edits)
    after = "" if gone else source.shown(span, edits).rstrip(", ")
    needs = tuple(dict.fromkeys(each for change in made for each in change.needs))
    return Mended(mend.place, source.shown(span), after, needs)


def _relative(file: Path, root: Path) -> str:
    for one, other in ((file.absolute(), root.absolute()), (file.resolve(), root.resolve())):
        if one.is_relative_to(other):
            return one.relative_to(other).as_posix()
    raise UsageError(f"{file} is not under {root}")


def _diffed(name: str, before: str, after: str) -> Iterator[str]:
    for each in difflib.unified_diff(_lines(before), _lines(after), _named("a", name), _named("b", name)):
        yield each if each.endswith("\n") else f"{each}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """The lines that a patch knows: each ends with a line feed, whatever stands before it."""
    return [each for each in text.replace("\n", "\n\0").split("\0") if each]


def _named(side: str, name: str) -> str:
    """A name as the head of a patch has it: what is behind a blank would be taken for a date."""
    path = f"{side}/{name}"
    if any(each in path for each in '"\\\t\n'):
        raise UsageError(f"{name!r} cannot be named in a patch")
    return f"{path}\t" if " " in path else path
