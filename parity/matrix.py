"""`[matrix]` of a case.toml: words that each take several values, so that one file stands for several cases."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

WORD = re.compile(r"\{(\w+)\}")
"""Where a word stands for its value in a string of the file."""


def combinations(matrix: Mapping[str, list[str]]) -> list[dict[str, str]]:
    """Every choice of one value for each word, the last word running fastest; one empty choice without a matrix."""
    return [dict(zip(matrix, values, strict=True)) for values in itertools.product(*matrix.values())]


def named(family: str, chosen: Mapping[str, str]) -> str:
    """The name of the case of one choice."""
    return "-".join((family, *chosen.values()))


def filled(data: Any, chosen: Mapping[str, str]) -> Any:
    """The same data with each `{word}` in its strings replaced, however deep; keys stay as they are."""
    if isinstance(data, str):
        return WORD.sub(lambda found: chosen.get(found[1], found[0]), data)
    if isinstance(data, dict):
        return {key: filled(value, chosen) for key, value in data.items()}
    return [filled(each, chosen) for each in data] if isinstance(data, list) else data


def braced(data: Any) -> Iterator[str]:
    """Each word that stands in braces in a string of this data."""
    if isinstance(data, str):
        yield from WORD.findall(data)
    elif isinstance(data, dict):
        for value in data.values():
            yield from braced(value)
    elif isinstance(data, list):
        for value in data:
            yield from braced(value)
