"""On which line of a TOML file a key stands, which its parser does not tell."""

from __future__ import annotations

import re

_WORD = r"""[\w."' \t-]+?"""
_HEADER = re.compile(rf"\s*\[+({_WORD})\]+")
_KEY = re.compile(rf"\s*({_WORD})\s*=")


def line(lines: list[str], table: str, key: str, number: int = 0) -> int:
    """The line on which a key of a table stands, that on which the table begins, or the first.

    Both may be dotted. `number` counts in an array of tables, from 0.
    """
    wanted = [word for word in (*_words(table), *_words(key)) if word]
    depth = len([word for word in _words(table) if word])
    top = wanted[:1]
    current: list[str] = []
    seen, begins, near = -1, 0, (depth, 0)
    for at, text in enumerate(lines, start=1):
        if header := _HEADER.match(text):
            path = current = _words(header[1])
            seen += path == top
        elif assigned := _KEY.match(text):
            path = current + _words(assigned[1])
            if not current and table and path == top:
                return _inline(lines, at, wanted[-1] if key else "", number)
        else:
            continue
        if table and path[:1] == top and seen in (number, -1) and not begins:
            begins = at
        if key and (not table or seen in (number, -1)):
            if path[: len(wanted)] == wanted:
                return at
            if path == wanted[: len(path)] and len(path) > near[0]:  # the inline table that holds it
                near = len(path), at
    return near[1] or begins or 1


def _inline(lines: list[str], first: int, key: str, number: int) -> int:
    """The same for `table = { ... }`, or for one of `table = [{ ... }, { ... }]`, which begins on line `first`."""
    seen, begins = -1, first
    for at, text in enumerate(lines[first - 1 :], start=first):
        for found in re.finditer(rf"\{{|\b{re.escape(key)}\b(?=[\"']?\s*[=.])" if key else r"\{", text):
            seen += found[0] == "{"
            begins = at if found[0] == "{" and seen == number else begins
            if found[0] != "{" and seen == number:
                return at
    return begins


def _words(dotted: str) -> list[str]:
    """The words of a key: `a."b".c` is a, b, c."""
    return [word.strip(" \t\"'") for word in dotted.split(".")]
