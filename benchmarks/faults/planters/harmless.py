"""Rewritings that are no faults: other words, a sum turned round, an order that the carried weights make up for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.faults.code import Code, keyword_of, operand_of
from benchmarks.faults.planted import Planted
from benchmarks.faults.planters.joins import operations


def words(code: Code) -> Iterator[Planted]:
    for call in code.calls("relu"):
        inner = code.of(operand_of(call))
        yield Planted((), "relu in other words", (code.replaced(call, f"({inner}).clamp(min=0)"),))
        yield Planted((), "relu as a maximum", (code.replaced(call, f"torch.maximum({inner}, torch.zeros(()))"),))
    for call in code.calls("sigmoid"):
        inner = code.of(operand_of(call))
        yield Planted((), "sigmoid as a formula", (code.replaced(call, f"1 / (1 + (-({inner})).exp())"),))


def sums(code: Code) -> Iterator[Planted]:
    for node in operations(code, ast.Add):
        edits = code.replaced(node.left, code.of(node.right)), code.replaced(node.right, code.of(node.left))
        yield Planted((), "operands of a sum exchanged", edits)


def flattened(code: Code) -> Iterator[Planted]:
    """Channels first into a flatten: the rows of the layer behind it are carried in that order."""
    for call in code.calls("permute"):
        row = code.text.splitlines()[call.lineno - 1 : call.lineno + 1]
        if "flatten" in "".join(row) or "reshape" in row[0]:
            inner = code.of(call.func.value)  # type: ignore[attr-defined]
            statement = code.statement(call)
            line = isinstance(statement, ast.Assign) and statement.value is call
            edit = code.without_line(statement) if line else code.replaced(call, inner)
            yield Planted((), "flattened channels first", (edit,))


def writing(code: Code) -> Iterator[Planted]:
    for call in code.calls("ReLU"):
        if keyword_of(call, "inplace") is None:
            yield Planted((), "in place where nothing reads it later", (code.with_keyword(call, "inplace", "True"),))


def forgetting(code: Code) -> Iterator[Planted]:
    for call in code.calls("BatchNorm1d", "BatchNorm2d"):
        yield Planted((), "another momentum", (code.with_keyword(call, "momentum", "0.3"),))


PLANTERS = (words, sums, flattened, writing, forgetting)
