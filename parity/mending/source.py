"""A module as its author wrote it: bytes, syntax tree, tokens, and edits of spans that leave all else alone."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from parity.mending.nouns import NoMend

Span = tuple[int, int]
_BOM = b"\xef\xbb\xbf"
_SILENT = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER)
_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")


@dataclass(frozen=True)
class Edit:
    """What stands in the place of a span: text, and spans of what was there, in which further edits may lie."""

    span: Span
    pieces: tuple[str | Span, ...]


@dataclass(frozen=True)
class Token:
    """A token and its bytes."""

    kind: int
    text: str
    start: int
    end: int


class Source:
    """A module's code. Offsets are of its bytes behind the byte order mark, as those of `ast` are."""

    def __init__(self, data: bytes) -> None:
        """Raises NoMend for what is no UTF-8, or no Python."""
        self.mark, self.data = (_BOM, data[len(_BOM) :]) if data.startswith(_BOM) else (b"", data)
        try:
            encoding = tokenize.detect_encoding(io.BytesIO(self.data).readline)[0]
            self.code = self.data.decode("utf-8")
        except (SyntaxError, UnicodeDecodeError) as error:
            raise NoMend("the file is not UTF-8") from error
        if encoding not in ("utf-8", "ascii"):
            raise NoMend(f"the file is written in {encoding}, not in UTF-8")
        if re.search(r"\r(?!\n)", self.code):
            raise NoMend("the file has carriage returns that end no line")
        self.tree = parsed(self.code)
        self.starts = [0, *(match.end() for match in re.finditer(rb"\n", self.data))]
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @classmethod
    def read(cls, file: Path) -> Source:
        """Raises NoMend for a file that is not there, cannot be read, or is no Python in UTF-8."""
        try:
            return cls(file.read_bytes())
        except OSError as error:
            raise NoMend(f"the file cannot be read: {error.strerror or error}") from error

    def line(self, number: int) -> str:
        """A line without what surrounds it; empty where the file has none of this number."""
        if not 1 <= number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.data)
        return self.text((self.starts[number - 1], end)).strip()

    @property
    def line_break(self) -> str:
        """How its first line ends."""
        return "\r\n" if self.data.partition(b"\n")[0].endswith(b"\r") else "\n"

    def line_of(self, offset: int) -> Span:
        """The line around an offset, without its end."""
        start = self.data.rfind(b"\n", 0, offset) + 1
        end = self.data.find(b"\n", offset)
        end = len(self.data) if end < 0 else end
        return start, end - 1 if self.data[start:end].endswith(b"\r") else end

    def text(self, span: Span) -> str:
        """What stands in a span."""
        return self.data[slice(*span)].decode("utf-8")

    def span(self, node: ast.AST) -> Span:
        """Where a node stands, without parentheses around it."""
        assert isinstance(node, ast.expr | ast.keyword | ast.stmt) and node.end_lineno and node.end_col_offset
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def outer(self, node: ast.AST, bound: Span) -> Span:
        """The same with its own parentheses, as far as they lie within a bound."""
        start, end = self.span(node)
        first, last = self.token_at(start), self.token_behind(end) - 1
        while first > 0 and last + 1 < len(self.tokens):
            one, other = self.tokens[first - 1], self.tokens[last + 1]
            if (one.text, other.text) != ("(", ")") or one.start < bound[0] or other.end > bound[1]:
                break
            first, last, start, end = first - 1, last + 1, one.start, other.end
        return start, end

    def token_at(self, offset: int) -> int:
        """The first token at or behind an offset, as a place among the tokens."""
        return bisect_left(self.tokens, offset, key=lambda token: token.start)

    def token_behind(self, offset: int) -> int:
        """The first token that ends behind an offset."""
        return bisect_left(self.tokens, offset + 1, key=lambda token: token.end)

    @cached_property
    def tokens(self) -> list[Token]:
        """Those that the grammar sees."""
        return [token for token in self._all if token.kind not in _SILENT]

    def parenthesised(self, span: Span) -> tuple[str | Span, ...]:
        """An expression so that a dot or an operator may follow it: in parentheses, if it needs them."""
        return (span,) if is_primary(self.text(span)) else ("(", span, ")")

    def comment_in(self, span: Span) -> bool:
        """Whether a comment stands there."""
        return any(
            token.kind == tokenize.COMMENT and span[0] <= token.start and token.end <= span[1] for token in self._all
        )

    @cached_property
    def _all(self) -> list[Token]:
        lines = self.code.split("\n")

        def offset(place: tuple[int, int]) -> int:
            line, column = place
            text = lines[line - 1] if line <= len(lines) else ""
            return (self.starts[line - 1] if line <= len(self.starts) else len(self.data)) + len(
                text[:column].encode("utf-8")
            )

        try:
            found = list(tokenize.generate_tokens(io.StringIO(self.code, newline="").readline))
        except (tokenize.TokenError, SyntaxError) as error:  # which knows less than the parser does
            raise NoMend(f"the file cannot be taken apart: {error}") from error
        return [Token(each.type, each.string, offset(each.start), offset(each.end)) for each in found]

    def edited(self, edits: Sequence[Edit]) -> str:
        """The whole text with these edits made; raises NoMend where two of them contradict each other."""
        done = _rendered(self.data, (0, len(self.data)), edits)
        return (self.mark + done).decode("utf-8")

    def shown(self, span: Span, edits: Sequence[Edit] = ()) -> str:
        """What stands in a span, with these edits made, in one line and without comments."""
        return in_one_line(_rendered(self.data, span, edits).decode("utf-8"))


def parsed(code: str) -> ast.Module:
    """The syntax tree of a module; raises NoMend for what is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NoMend(f"the file is not Python that can be read: {error}") from error


def stands_alone(code: str) -> bool:
    """Whether an expression needs no parentheses around it: its line breaks lie within brackets of its own."""
    try:
        ast.parse(code, mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True


def is_primary(code: str) -> bool:
    """Whether a dot may follow an expression as it stands."""
    if not stands_alone(code):
        return False
    node = ast.parse(code, mode="eval").body
    closed = isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Subscript | ast.List | ast.ListComp)
    return closed or node.col_offset > 0


def in_one_line(code: str) -> str:
    """An expression as it would stand in one line."""
    if "\n" not in code:
        return code.strip()
    parts: list[str] = []
    last: tokenize.TokenInfo | None = None
    for token in tokenize.generate_tokens(io.StringIO(f"({code})").readline):
        if token.type in _SILENT:
            continue
        if last is not None and token.start[0] == last.end[0]:
            parts.append(token.line[last.end[1] : token.start[1]])
        elif last is not None:
            if token.string in _CLOSING and last.string == ",":
                parts.pop()
            elif last.string not in (*_OPENING, ".") and token.string not in (*_CLOSING, ".", ","):
                parts.append(" ")
        parts.append(token.string)
        last = token
    return "".join(parts)[1:-1].strip()


def _rendered(data: bytes, span: Span, edits: Iterable[Edit]) -> bytes:
    """What stands in a span, with the edits in it made, one inside another where they are nested."""
    order = list(enumerate(edits))
    parts, at = [], span[0]
    while order:
        number, top = min(order, key=_outermost_first)
        order.remove((number, top))
        inside = [each for each in order if within(each[1].span, top.span)]
        order = [each for each in order if each not in inside]
        if top.span[0] < at:
            raise NoMend("two changes of this line overlap")
        parts.append(data[at : top.span[0]])
        for piece in top.pieces:
            if isinstance(piece, str):
                parts.append(piece.encode("utf-8"))
                continue
            mine = [each for each in inside if within(each[1].span, piece)]
            inside = [each for each in inside if each not in mine]
            parts.append(_rendered(data, piece, [edit for _, edit in mine]))
        if inside:
            raise NoMend("one change of this line takes away what another changes")
        at = top.span[1]
    parts.append(data[at : span[1]])
    return b"".join(parts)


def within(inner: Span, outer: Span) -> bool:
    """Whether a span lies in another; an empty one at its border does not."""
    if inner[0] == inner[1]:
        return outer[0] < inner[0] < outer[1]
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _outermost_first(numbered: tuple[int, Edit]) -> tuple[int, bool, int, int]:
    """By place; of those at one place insertions first, then the widest, and the later around the earlier."""
    number, edit = numbered
    start, end = edit.span
    return start, end > start, -end, -number if end > start else number
