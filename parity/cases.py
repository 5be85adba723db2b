"""case.toml -> Case, strictly: what is not understood is an error with its line and the nearest right word."""

from __future__ import annotations

import importlib.util
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from parity.case import Case, Expectation, Input, SideSpec, not_free
from parity.errors import CaseError, UsageError, nearest

FRAMEWORKS = ("keras", "tensorflow", "torch")
VERDICTS = ("parity", "divergence", "inconclusive")
_FILE = "case.toml"
_NUMBER = (int, float)
_WORD = r"""[\w."' \t-]+?"""
_HEADER = re.compile(rf"\s*\[+({_WORD})\]+")
_KEY = re.compile(rf"\s*({_WORD})\s*=")

# For each table: key -> (type or types, whether it must be there).
_SIDE = {"framework": (str, True), "build": (str, True), "arguments": (dict, False), "python": (str, False)}
_TABLES: dict[str, dict[str, tuple[Any, bool]]] = {
    "": {
        "title": (str, True),
        "source": (str, False),
        "weights": (str, False),
        "rtol": (_NUMBER, False),
        "atol": (_NUMBER, False),
        "reference": (dict, True),
        "candidate": (dict, True),
        "inputs": (list, True),
        "expect": (dict, False),
        "match": (dict, False),
        "port": (dict, False),
    },
    "reference": _SIDE,
    "candidate": _SIDE,
    "inputs": {
        "name": (str, True),
        "shape": (list, True),
        "axes": (str, True),
        "candidate_axes": (str, False),
        "dtype": (str, False),
        "distribution": (str, False),
        "range": (list, False),
        "file": (str, False),
        "free": (str, False),
    },
    "expect": {"verdict": (str, False), "causes": (list, False)},
}
_WORDS = {str: "a string", dict: "a table", list: "an array", _NUMBER: "a number"}
_DTYPES = ("float32", "float64", "float16", "int32", "int64", "uint8", "bool")


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


def listed(folder: Path) -> list[str]:
    """The names of the cases in a folder, sorted."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; expected one that holds cases, each with a {_FILE}")
    return sorted(path.parent.name for path in folder.glob(f"*/{_FILE}"))


def title(folder: Path) -> str:
    """The title in a case's folder; what is wrong with its case.toml where it cannot be read."""
    try:
        return str(tomllib.loads((folder / _FILE).read_text(encoding="utf-8")).get("title", ""))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return f"({_FILE}: {error})"


def find(name: str, folder: Path) -> Case:
    """A case by its name in `folder`, or by the path of its own folder.

    Raises UsageError for an unknown name, CaseError for a case.toml that does not hold.
    """
    path = Path(name)
    if path.name == _FILE and path.is_file():
        return load(path)
    if (path / _FILE).is_file():
        return load(path / _FILE)
    if (folder / name / _FILE).is_file():
        return load(folder / name / _FILE)
    if "/" in name or path.is_dir():
        raise UsageError(f"{name}: this folder holds no {_FILE}")
    known = listed(folder)
    raise UsageError(f"unknown case {name!r}{nearest(name, known)} `parity list` names all {len(known)}.")


def load(file: Path) -> Case:
    """Read one case.toml. Raises CaseError, with `file:line`, for anything that is not understood."""
    try:
        text = file.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise CaseError(f"{file}:1: not UTF-8, which TOML is: {error}") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise CaseError(f"{file}:{line[1] if line else 1}: not TOML: {error}") from error
    return _Reader(file, text).case(data)


class _Reader:
    """One file being read: checks each table against its keys and knows on which line each stands."""

    def __init__(self, file: Path, text: str) -> None:
        self.file, self.lines = file, text.splitlines()

    def case(self, data: Mapping[str, Any]) -> Case:
        self.check("", data)
        folder = self.file.parent.resolve()
        weights = self.choice("", "weights", data.get("weights", "probe"), ("probe", "built"))
        inputs = tuple(self.input(each, number, folder) for number, each in enumerate(data["inputs"]))
        if not inputs:
            self.fail("", "inputs", "no inputs; expected at least one [[inputs]] table")
        if repeated := {each.name for each in inputs if [i.name for i in inputs].count(each.name) > 1}:
            self.fail(
                "inputs", "name", f"two inputs are called {', '.join(sorted(repeated))!r}; expected each name once"
            )
        return Case(
            name=folder.name,
            title=data["title"],
            folder=folder,
            source=data.get("source", ""),
            reference=self.side("reference", data["reference"], folder),
            candidate=self.side("candidate", data["candidate"], folder),
            inputs=inputs,
            weights=weights,
            rtol=data.get("rtol"),
            atol=data.get("atol"),
            expect=self.expectation(data.get("expect", {})),
            pins=self.words("match", data.get("match", {})),
            layouts=self.words("port", data.get("port", {})),
        )

    def words(self, table: str, data: Mapping[str, Any]) -> dict[str, str]:
        """A table in which the user's own names stand for strings."""
        for key, value in data.items():
            if not isinstance(value, str):
                self.fail(table, key, f"{key} = {value!r}; expected a string. Is a name with dots in quotes?")
        return dict(data)

    def side(self, table: str, data: Mapping[str, Any], folder: Path) -> SideSpec:
        self.check(table, data)
        framework = self.choice(table, "framework", data["framework"], FRAMEWORKS)
        module, _, function = data["build"].partition(":")
        if not module.rpartition("/")[2] or not function.isidentifier():
            self.fail(
                table, "build", f'build = {data["build"]!r}; expected "module:callable", as in "net_{framework}:build"'
            )
        home, _, module = module.rpartition("/")
        beside = (folder / home / module.replace(".", "/")).resolve()
        found = beside.with_suffix(".py").is_file() or beside.is_dir()
        if not found and (home or ("python" not in data and importlib.util.find_spec(module.split(".")[0]) is None)):
            self.fail(table, "build", f"build = {data['build']!r}: there is no file {beside.with_suffix('.py')}")
        python = data.get("python")
        if python is not None:
            python = str(folder / python) if "/" in python else python
            if "/" in python and not Path(python).is_file():
                self.fail(table, "python", f"python = {data['python']!r}: there is no file {python}")
        return SideSpec(framework, f"{module}:{function}", (folder / home).resolve(), data.get("arguments", {}), python)

    def input(self, data: Any, number: int, folder: Path) -> Input:
        if not isinstance(data, dict):
            self.fail("", "inputs", "inputs is not an array of tables; expected [[inputs]] with name, shape and axes")
        self.check("inputs", data, number)
        shape, axes = data["shape"], tuple(data["axes"].split())
        if not all(isinstance(each, int) and not isinstance(each, bool) and each > 0 for each in shape):
            self.fail("inputs", "shape", f"shape = {shape}; expected positive whole numbers, without the batch", number)
        if len(set(axes)) != len(axes) or len(axes) != len(shape) or "batch" in axes:
            self.fail(
                "inputs",
                "axes",
                f"axes = {data['axes']!r}; expected {len(shape)} different names for {shape}, without the batch",
                number,
            )
        candidate_axes = tuple(data["candidate_axes"].split()) if "candidate_axes" in data else None
        if candidate_axes is not None and sorted(candidate_axes) != sorted(axes):
            self.fail(
                "inputs",
                "candidate_axes",
                f"candidate_axes = {data['candidate_axes']!r}; expected {data['axes']!r} in the candidate's order",
                number,
            )
        bounds = data.get("range")
        if bounds is not None and not (
            len(bounds) == 2 and all(_is_number(each) for each in bounds) and bounds[0] <= bounds[1]
        ):
            self.fail("inputs", "range", f"range = {bounds}; expected [low, high]", number)
        file = folder / data["file"] if "file" in data else None
        if file is not None and (file.suffix not in (".npy", ".npz") or not file.is_file()):
            what = "there is no such file" if file.suffix in (".npy", ".npz") else "expected a .npy or .npz file"
            self.fail("inputs", "file", f"file = {data['file']!r}: {what}", number)
        free = tuple(data.get("free", "").split())
        if wrong := not_free(free, axes):
            self.fail("inputs", "free", f"free = {data['free']!r}: {wrong}", number)
        return Input(
            name=data["name"],
            shape=tuple(shape),
            axes=axes,
            candidate_axes=candidate_axes,
            dtype=self.choice("inputs", "dtype", data.get("dtype", "float32"), _DTYPES, number),
            distribution=self.choice(
                "inputs", "distribution", data.get("distribution", "normal"), ("normal", "uniform"), number
            ),
            range=tuple(bounds) if bounds is not None else None,
            file=file,
            free=free,
        )

    def expectation(self, data: Mapping[str, Any]) -> Expectation:
        self.check("expect", data)
        causes = data.get("causes", [])
        if not all(isinstance(each, str) for each in causes):
            self.fail("expect", "causes", f"causes = {causes}; expected an array of strings")
        verdict = self.choice("expect", "verdict", data.get("verdict", "parity"), VERDICTS)
        return Expectation(verdict, tuple(causes))

    def check(self, table: str, data: Mapping[str, Any], number: int = 0) -> None:
        """Each key is known and of its type, and none is missing."""
        keys = _TABLES[table]
        for key, value in data.items():
            if key not in keys:
                self.fail(table, key, f"unknown key {key!r}{nearest(key, keys)}", number)
            wanted = keys[key][0]
            if not isinstance(value, wanted) or isinstance(value, bool):
                self.fail(table, key, f"{key} = {value!r}; expected {_WORDS[wanted]}", number)
            if wanted is _NUMBER and not 0 <= value < math.inf:
                self.fail(table, key, f"{key} = {value!r}; expected a finite number that is not negative", number)
        for key, (_, needed) in keys.items():
            if needed and key not in data:
                self.fail(table, "", f"the key {key!r} is missing{f' from [{table}]' if table else ''}", number)

    def choice(self, table: str, key: str, value: str, allowed: tuple[str, ...], number: int = 0) -> str:
        if value not in allowed:
            self.fail(table, key, f"{key} = {value!r}{nearest(value, allowed)}", number)
        return value

    def fail(self, table: str, key: str, message: str, number: int = 0) -> NoReturn:
        raise CaseError(f"{self.file}:{self.line(table, key, number)}: {message}")

    def line(self, table: str, key: str, number: int = 0) -> int:
        """The line on which a key of a table stands, that on which the table begins, or the first."""
        wanted = [word for word in (table, key) if word]
        current: list[str] = []
        seen, begins = -1, 0
        for at, text in enumerate(self.lines, start=1):
            if header := _HEADER.match(text):
                path = current = _words(header[1])
                seen += path == [table]
            elif assigned := _KEY.match(text):
                path = current + _words(assigned[1])
                if not current and path == [table]:
                    return self.inline_line(at, key, number)
            else:
                continue
            if path[:1] == [table] and seen in (number, -1) and not begins:
                begins = at
            if key and path[: len(wanted)] == wanted and (not table or seen in (number, -1)):
                return at
        return begins or 1

    def inline_line(self, first: int, key: str, number: int) -> int:
        """The same for `table = { ... }`, or for one of `table = [{ ... }, { ... }]`, which begins on line `first`."""
        seen, begins = -1, first
        for at, text in enumerate(self.lines[first - 1 :], start=first):
            for found in re.finditer(rf"\{{|\b{re.escape(key)}\b(?=[\"']?\s*[=.])" if key else r"\{", text):
                seen += found[0] == "{"
                begins = at if found[0] == "{" and seen == number else begins
                if found[0] != "{" and seen == number:
                    return at
        return begins


def _words(dotted: str) -> list[str]:
    """The words of a key: `a."b".c` is a, b, c."""
    return [word.strip(" \t\"'") for word in dotted.split(".")]


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBER) and not isinstance(value, bool) and math.isfinite(value)
