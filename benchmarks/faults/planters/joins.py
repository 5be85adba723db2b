"""Joins: skips, the operands of a concatenation or a difference, and numbers that are multiplied or added."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.faults.code import Code, Edit, name_of, value_of
from benchmarks.faults.planted import Planted


def skipless(code: Code) -> Iterator[Planted]:
    """A sum of which one operand is left out, and a gate likewise."""
    for node in operations(code, ast.Add, ast.Mult):
        yield Planted(("skip",), "without the second operand", (code.in_place_of(node, code.of(node.left)),))
        if code.of(node.left) not in ("x", "one"):
            yield Planted(("skip",), "without the first operand", (code.in_place_of(node, code.of(node.right)),))


def elsewhere(code: Code) -> Iterator[Planted]:
    """A sum that takes the same twice."""
    for node in operations(code, ast.Add):
        yield Planted(("skip",), "adds the same twice", (code.replaced(node.right, code.of(node.left)),))


def superfluous(code: Code) -> Iterator[Planted]:
    """A skip around a layer that has none, where the widths allow it."""
    for body in code.statements():
        for statement in body:
            call = statement.value if isinstance(statement, ast.Assign) else None
            if not isinstance(call, ast.Call) or len(call.args) != 1 or not _keeps_width(code, call):
                continue
            inner = code.of(call.args[0])
            if inner.isidentifier():
                yield Planted(("skip",), "one more skip", (code.replaced(call, f"{code.of(call)} + {inner}"),))


def _keeps_width(code: Code, call: ast.Call) -> bool:
    kind = code.layer(call)
    if kind not in ("Conv2d", "Conv1d", "Linear"):
        return False
    built = code.built[call.func.attr]  # type: ignore[attr-defined]
    widths = [value_of(each) for each in built.args[:2]]
    return len(set(widths)) == 1


def exchanged(code: Code) -> Iterator[Planted]:
    """The operands of a concatenation or a difference in the other order."""
    for call in code.calls("cat"):
        parts = call.args[0]
        if isinstance(parts, ast.List | ast.Tuple) and len(parts.elts) == 2:
            one, other = parts.elts
            edits = code.replaced(one, code.of(other)), code.replaced(other, code.of(one))
            yield Planted(("layer-order",), "operands exchanged", edits)
    for node in operations(code, ast.Sub):
        edits = code.replaced(node.left, code.of(node.right)), code.replaced(node.right, code.of(node.left))
        yield Planted(("layer-order",), "operands exchanged", edits)


def other_operand(code: Code) -> Iterator[Planted]:
    """A concatenation of what stood there before, or beside, in the place of one of its operands."""
    for body in code.statements():
        named: dict[str, None] = {}
        for statement in body:
            for call in ast.walk(statement):
                parts = call.args[0] if isinstance(call, ast.Call) and name_of(call.func) == "cat" else None
                if isinstance(parts, ast.List | ast.Tuple):
                    own = [code.of(each) for each in parts.elts]
                    for each in parts.elts:
                        for other in [name for name in named if name not in own] if isinstance(each, ast.Name) else ():
                            what = f"{other} for {code.of(each)}"
                            yield Planted(("wrong-operand",), what, (code.replaced(each, other),))
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id != "_":
                    named[node.id] = None


def again(code: Code) -> Iterator[Planted]:
    """A layer called in the place of one that is built alike, which nothing calls then."""
    calls = list(code.layer_calls())
    for call in calls:
        own = call.func.attr  # type: ignore[attr-defined]
        built = code.of(code.built[own])
        alike = [name for name, each in code.built.items() if name < own and code.of(each) == built]
        holds = code.layer(call) in ("Linear", "Conv1d", "Conv2d", "ConvTranspose2d", "LayerNorm", "BatchNorm2d")
        if holds and sum(each.func.attr == own for each in calls) == 1:  # type: ignore[attr-defined]
            for name in alike[:1]:
                text = code.of(call.func).replace(own, name)
                yield Planted(("called-again",), f"{name} for {own}", (code.replaced(call.func, text),))


def factor(code: Code) -> Iterator[Planted]:
    for node in ast.walk(code.tree):
        if not isinstance(node, ast.BinOp) or isinstance(node.op, ast.MatMult | ast.FloorDiv):
            continue
        left, right = value_of(node.left), value_of(node.right)
        inside = isinstance(code.statement(node), ast.Assign | ast.Return) and _computes(code, node)
        if not inside or (left is None) == (right is None):
            continue
        told = ("rescale-inside",) if _of_input(code, node) else ("scaling",)
        number, other = (node.left, node.right) if left is not None else (node.right, node.left)
        if not (isinstance(node.op, ast.Sub | ast.Div) and left is not None):
            yield Planted(told, "without the number", (code.replaced(node, code.of(other)),))
        yield Planted(told, "another number", (code.replaced(number, f"{value_of(number) * 1.5:g}"),))  # type: ignore[operator]


def one_more(code: Code) -> Iterator[Planted]:
    """A factor that the reference has not, behind a layer."""
    for call in code.layer_calls():
        statement = code.statement(call)
        if code.layer(call) in ("Linear", "Conv2d") and isinstance(statement, ast.Assign) and statement.value is call:
            edit = Edit(code.end(call), code.end(call), " * 0.9")
            yield Planted(("scaling",), "one more factor", (edit,))


def operations(code: Code, *operators: type[ast.operator]) -> Iterator[ast.BinOp]:
    """The operations on two tensors."""
    for node in ast.walk(code.tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, operators) and _computes(code, node):
            constant = any(isinstance(value_of(each), int | float) for each in (node.left, node.right))
            if not constant:
                yield node


def _computes(code: Code, node: ast.AST) -> bool:
    """Whether this is done to tensors: inside a `forward`, and not in what a call is told by numbers."""
    inside: ast.AST = node
    while not isinstance(inside, ast.FunctionDef | ast.Module):
        parent = code.parents[inside]
        if isinstance(parent, ast.Tuple | ast.Subscript) or (
            isinstance(parent, ast.Call) and inside not in parent.args
        ):
            return False
        if isinstance(parent, ast.Call) and name_of(parent.func) in (
            "range",
            "max",
            "view",
            "reshape",
            "Linear",
            "pad",
        ):
            return False
        inside = parent
    return isinstance(inside, ast.FunctionDef) and inside.name == "forward"


def _of_input(code: Code, node: ast.BinOp) -> bool:
    """Whether the input itself is scaled."""
    inner: ast.AST = node
    while isinstance(inner, ast.BinOp):
        inner = inner.left if value_of(inner.left) is None else inner.right
    return code.of(inner) == "image"


PLANTERS = (skipless, elsewhere, superfluous, exchanged, other_operand, again, factor, one_more)
