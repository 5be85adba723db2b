"""The source text of a candidate, with what a planter asks of it, and edits that leave all else as it stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise


@dataclass(frozen=True)
class Edit:
    """What stands in the place of a span of the text."""

    start: int
    end: int
    text: str


class Code:
    """A module's text and its syntax tree. Columns are letters: the text is ASCII."""

    def __init__(self, text: str) -> None:
        assert text.isascii()
        self.text = text
        self.tree = ast.parse(text)
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node in which each node stands."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def built(self) -> dict[str, ast.Call]:
        """What is kept under an attribute of `self`, where that is one call: `self.bn = nn.BatchNorm1d(8)`."""
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                target = node.targets[0]
                if isinstance(target, ast.Attribute) and name_of(target.value) == "self":
                    found[target.attr] = node.value
        return found

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """The calls of these functions, by the last part of their names, in the order of the text."""
        found = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and name_of(node.func) in names]
        yield from sorted(found, key=self.start)

    def layer(self, call: ast.Call) -> str:
        """The class of the layer that is called, `Linear` of `self.fc(x)`; nothing for any other call."""
        function = call.func
        if isinstance(function, ast.Attribute) and name_of(function.value) == "self" and function.attr in self.built:
            return name_of(self.built[function.attr].func)
        return ""

    def layer_calls(self) -> Iterator[ast.Call]:
        """The calls of layers that are kept in attributes."""
        found = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and node.args and self.layer(node)]
        yield from sorted(found, key=self.start)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement in which a node stands."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def statements(self) -> Iterator[list[ast.stmt]]:
        """The bodies of all functions but constructors."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef) and node.name != "__init__":
                yield node.body

    def start(self, node: ast.AST) -> int:
        """Where a node begins."""
        return self._starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        """Where a node ends."""
        return self._starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def of(self, node: ast.AST) -> str:
        """The text of a node."""
        return self.text[self.start(node) : self.end(node)]

    def replaced(self, node: ast.AST, text: str) -> Edit:
        """Another text in the place of a node."""
        return Edit(self.start(node), self.end(node), text)

    def without_line(self, statement: ast.stmt) -> Edit:
        """A statement taken out, with its line."""
        return Edit(self._starts[statement.lineno - 1], self._starts[statement.end_lineno or 0], "")

    def without_element(self, node: ast.expr, row: Sequence[ast.expr]) -> Edit:
        """An element of a call or list taken out, with its comma."""
        at = list(row).index(node)
        if at + 1 < len(row):
            return Edit(self.start(node), self.start(row[at + 1]), "")
        before = self.end(row[at - 1])
        return Edit(before, self.end(node), "")

    def without_keyword(self, call: ast.Call, name: str) -> Edit:
        """An argument taken out, with the comma before it."""
        keyword = next(each for each in call.keywords if each.arg == name)
        before = [self.end(each) for each in (*call.args, *call.keywords) if self.end(each) <= self.start(keyword)]
        if before:
            return Edit(max(before), self.end(keyword), "")
        behind = [self.start(each) for each in call.keywords if self.start(each) > self.start(keyword)]
        return Edit(self.start(keyword), min(behind, default=self.end(keyword)), "")

    def with_keyword(self, call: ast.Call, name: str, value: str) -> Edit:
        """An argument with another value, or one more argument."""
        keyword = next((each for each in call.keywords if each.arg == name), None)
        if keyword is not None:
            return self.replaced(keyword.value, value)
        last = [self.end(each) for each in (*call.args, *call.keywords)]
        at = max(last, default=self.end(call) - 1)
        return Edit(at, at, f", {name}={value}" if last else f"{name}={value}")

    def without_call(self, call: ast.Call) -> Edit:
        """What a function is applied to, in the place of the call; a line that then says nothing is taken out."""
        return self.in_place_of(call, self.of(operand_of(call)))

    def in_place_of(self, node: ast.AST, text: str) -> Edit:
        """Another text in the place of an expression; a line that then says nothing is taken out."""
        statement = self.statement(node)
        if isinstance(statement, ast.Assign) and statement.value is node and self.of(statement.targets[0]) == text:
            return self.without_line(statement)
        return self.replaced(node, text)


def name_of(node: ast.AST) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def operand_of(call: ast.Call) -> ast.expr:
    """What a function is applied to: its first argument, or the tensor whose method it is."""
    if is_method(call):
        return call.func.value  # type: ignore[attr-defined, no-any-return]
    return call.args[0]


def is_method(call: ast.Call) -> bool:
    """Whether a method of a tensor is called: `x.relu()`, but neither `F.relu(x)` nor `self.act(x)`."""
    function = call.func
    return isinstance(function, ast.Attribute) and name_of(function.value) not in ("F", "torch", "nn", "self", "utils")


def keyword_of(call: ast.Call, name: str) -> ast.expr | None:
    """The value of an argument that is given by name."""
    return next((each.value for each in call.keywords if each.arg == name), None)


def argument_of(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """The value of an argument, given by position or by name."""
    return call.args[position] if position < len(call.args) else keyword_of(call, name)


def value_of(node: ast.AST | None) -> object:
    """The value of a literal; None where it is none."""
    try:
        return None if node is None else ast.literal_eval(node)  # type: ignore[arg-type]
    except ValueError:
        return None


def edited(text: str, edits: Sequence[Edit]) -> tuple[str, frozenset[int]] | None:
    """The text with these edits, and the lines on which they stand; None where two of them overlap.

    Where a whole line is gone, or only hands a name on, so that no layer stands on it any more, both neighbours count
    as its place.
    """
    made = sorted(edits, key=lambda each: (each.start, each.end))
    if any(one.end > other.start for one, other in pairwise(made)):
        return None
    parts: list[str] = []
    lines: set[int] = set()
    done = 0
    for each in made:
        parts.append(text[done : each.start])
        first = "".join(parts).count("\n") + 1
        parts.append(each.text)
        gone = not each.text and "\n" in text[each.start : each.end]
        lines |= {first - 1, first} if gone else set(range(first, first + each.text.rstrip("\n").count("\n") + 1))
        done = each.end
    changed = "".join([*parts, text[done:]])
    rows = changed.splitlines()
    bare = {line for line in lines if line <= len(rows) and re.fullmatch(r"\s*(return|\w+ =) \w+", rows[line - 1])}
    beside = {at for line in bare for at in (line - 1, line + 1) if 1 <= at <= len(rows)}
    return changed, frozenset(lines | beside)
