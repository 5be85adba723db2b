"""Folders of cases: which cases there are, and by which words each is found."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parity.case import Case
from parity.case_file import FILE, begins, load, titles
from parity.errors import CaseError, UsageError, nearest


@dataclass(frozen=True)
class _Home:
    """A folder with a case.toml in it, and the title of each case that the file stands for."""

    folder: Path
    titles: Mapping[str, str]

    @property
    def words(self) -> set[str]:
        return {self.folder.name, *self.titles}


def shipped() -> Path:
    """The folder of the cases that come with parity."""
    package = Path(__file__).parent
    installed = package / "_cases"
    return installed if installed.is_dir() else package.parent / "cases"


def configured(start: Path) -> Path | None:
    """The folder named by `[tool.parity] cases` in the nearest pyproject.toml at or above `start`."""
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if not file.is_file():
            continue
        try:
            tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{file}: {error}") from error
        ours = tool.get("parity", {}) if isinstance(tool, dict) else tool
        if not isinstance(ours, dict):
            raise UsageError(f"{file}: [tool.parity] is {ours!r}; expected a table")
        if not (named := ours.get("cases")):
            return None
        if not isinstance(named, str) or not (folder / named).is_dir():
            raise UsageError(f"{file}: [tool.parity] cases = {named!r}; expected a folder beside this file")
        return folder / named
    return None


def listed(folder: Path) -> dict[str, str]:
    """The cases in a folder: the title of each by its name, sorted.

    A file that does not hold is listed under the name of its folder, with what is wrong in place of the title.
    """
    return dict(sorted((name, title) for home in _homes(folder) for name, title in home.titles.items()))


def known(folder: Path) -> list[str]:
    """Every word that `find` takes in this folder, sorted: the cases, and the families of several."""
    return sorted(set().union(*(home.words for home in _homes(folder))))


def find(name: str, folder: Path) -> tuple[Case, ...]:
    """The cases of a name in `folder`, or of the path of a folder of their own: one, or all of a family.

    Raises UsageError for an unknown name, CaseError for a case.toml that does not hold.
    """
    path = Path(name)
    if path.name == FILE and path.is_file():
        return load(path)
    if (path / FILE).is_file():
        return load(path / FILE)
    if "/" in name and not path.exists() and path.parent.is_dir():  # as in ports/lenet5-sequential-modules
        name, folder = path.name, path.parent
    elif "/" in name or (path.is_dir() and name not in known(folder)):
        raise UsageError(f"{name}: this folder holds no {FILE}")
    for home in _homes(folder):
        if name in home.words:
            return tuple(case for case in load(home.folder / FILE) if name in (home.folder.name, case.name))
    words = known(folder)
    raise UsageError(f"unknown case {name!r}{nearest(name, words)} `parity list` names all {len(listed(folder))}.")


def _homes(folder: Path) -> list[_Home]:
    """The folders of cases in a folder. Raises CaseError where one word stands for the cases of two of them."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; expected one that holds cases, each with a {FILE}")
    homes = [_Home(file.parent, titles(file)) for file in sorted(folder.glob(f"*/{FILE}"))]
    owners: dict[str, _Home] = {}
    for home in homes:
        for word in sorted(home.words):
            other = owners.setdefault(word, home)
            if other is not home:
                of, by = sorted((home, other), key=lambda each: each.folder.name == word)
                file = of.folder / FILE
                raise CaseError(
                    f"{file}:{begins(file, 'matrix')}: {word!r} is also what {by.folder / FILE} is found by; "
                    "expected each name once. Has one of the folders another name?"
                )
    return homes
