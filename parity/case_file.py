"""case.toml -> Cases, strictly: what is not understood is an error with its line and the nearest right word."""

from __future__ import annotations

import importlib.util
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from parity.case import Case, Expectation, Input, SideSpec, not_free
from parity.errors import CaseError, nearest
from parity.matrix import braced, combinations, filled, named
from parity.toml_lines import line

FRAMEWORKS = ("keras", "tensorflow", "torch")
VERDICTS = ("parity", "divergence", "inconclusive")
FILE = "case.toml"
_NUMBER = (int, float)
_VALUE = re.compile(r"[\w.-]+")

# For each table: key -> (type or types, whether it must be there).
_SIDE = {
    "framework": (str, True),
    "build": (str, True),
    "arguments": (dict, False),
    "environment": (dict, False),
    "python": (str, False),
}
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
        "matrix": (dict, False),
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


def load(file: Path) -> tuple[Case, ...]:
    """Read one case.toml: its case, or with a `[matrix]` one for each choice of its words.

    Raises CaseError, with `file:line`, for anything that is not understood.
    """
    reader, data = _read(file)
    return tuple(reader.case(data, chosen) for chosen in reader.choices(data))


def titles(file: Path) -> dict[str, str]:
    """The title of each case of a file by its name; what is wrong where the file cannot be read that far."""
    try:
        reader, data = _read(file)
        title, choices = str(data.get("title", "")), reader.choices(data)
    except CaseError as error:
        return {file.resolve().parent.name: f"({str(error).removeprefix(f'{file.parent}/')})"}
    return {named(reader.family, chosen): filled(title, chosen) for chosen in choices}


def begins(file: Path, table: str) -> int:
    """The line on which a table of a file begins, or the first."""
    return line(_read(file)[0].lines, table, "")


def _read(file: Path) -> tuple[_Reader, dict[str, Any]]:
    """The file as TOML. Raises CaseError where it is none."""
    try:
        text = file.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise CaseError(f"{file}:1: not UTF-8, which TOML is: {error}") from error
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        raise CaseError(f"{file}:{where[1] if where else 1}: not TOML: {error}") from error
    return _Reader(file, text), data


class _Reader:
    """One file being read: checks each table against its keys and knows on which line each stands."""

    def __init__(self, file: Path, text: str) -> None:
        self.file, self.lines = file, text.splitlines()
        self.family = file.resolve().parent.name

    def choices(self, data: Mapping[str, Any]) -> list[dict[str, str]]:
        """One choice of values for the words of `[matrix]` for each case of the file; one empty choice without it."""
        if "matrix" not in data:
            return [{}]
        matrix = data["matrix"]
        if not isinstance(matrix, dict) or not matrix:
            self.fail("", "matrix", f"matrix = {matrix!r}; expected a table of words, each with its values")
        for word, values in matrix.items():
            if not isinstance(values, list) or not values or not all(isinstance(each, str) for each in values):
                self.fail("matrix", word, f"{word} = {values!r}; expected an array of one string or more")
            if wrong := [each for each in values if not _VALUE.fullmatch(each)]:
                self.fail(
                    "matrix",
                    word,
                    f"{word} holds {wrong[0]!r}; expected letters, digits, '_', '.' and '-', as it ends a case's name",
                )
            if repeated := [each for each in values if values.count(each) > 1]:
                self.fail("matrix", word, f"{word} holds {repeated[0]!r} twice; expected each value once")
        used = self.used(data, matrix)
        if idle := [word for word in matrix if word not in used]:
            self.fail("matrix", idle[0], f"no string of this file holds {{{idle[0]}}}; its cases would be the same")
        choices = combinations(matrix)
        names = [named(self.family, chosen) for chosen in choices]
        if clash := [each for each in names if names.count(each) > 1]:
            self.fail(
                "matrix", "", f"two cases would be called {clash[0]!r}; expected values that join to one name each"
            )
        return choices

    def used(self, data: Mapping[str, Any], matrix: Mapping[str, Any]) -> set[str]:
        """The words in braces in this file's strings. Fails for one that the matrix does not have."""
        used: set[str] = set()
        for key, value in data.items():
            tables = value if key == "inputs" and isinstance(value, list) else [value]
            for number, table in enumerate(tables):
                entries = [(key, *entry) for entry in table.items()] if isinstance(table, dict) else [("", key, table)]
                for name, entry, held in entries:
                    for word in braced(held) if key != "matrix" else ():
                        if word not in matrix:
                            self.fail(name, entry, f"{{{word}}} is no word of [matrix]{nearest(word, matrix)}", number)
                        used.add(word)
        return used

    def case(self, data: dict[str, Any], chosen: Mapping[str, str]) -> Case:
        data = filled(data, chosen)
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
            name=named(self.family, chosen),
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
        return SideSpec(
            framework=framework,
            build=f"{module}:{function}",
            folder=(folder / home).resolve(),
            arguments=data.get("arguments", {}),
            python=python,
            environment=self.environment(table, data.get("environment", {})),
        )

    def environment(self, side: str, data: Mapping[str, Any]) -> dict[str, str]:
        """The environment variables of a side's process."""
        for key, value in data.items():
            where = f"{side}.environment"
            if not isinstance(value, str):
                self.fail(where, key, f'{key} = {value!r}; expected a string, as in {key} = "{value}"')
            if not key or "=" in key or "\0" in key + value:
                self.fail(where, key, f"{key!r} = {value!r}; no process can have such a variable")
        return dict(data)

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
        raise CaseError(f"{self.file}:{line(self.lines, table, key, number)}: {message}")


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBER) and not isinstance(value, bool) and math.isfinite(value)
