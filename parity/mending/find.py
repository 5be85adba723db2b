"""Which expression on a line is meant: the call of a layer, a function, a method, or an operator."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from parity.mending.imports import Imports, dotted
from parity.mending.known import METHODS, PAIRED
from parity.mending.nouns import Mend, NoMend
from parity.mending.source import Source, Span

OPERATORS: dict[str, type[ast.operator]] = {
    "add": ast.Add,
    "sub": ast.Sub,
    "subtract": ast.Sub,
    "mul": ast.Mult,
    "multiply": ast.Mult,
    "div": ast.Div,
    "divide": ast.Div,
    "truediv": ast.Div,
    "true_divide": ast.Div,
    "matmul": ast.MatMult,
    "pow": ast.Pow,
}


def targets(source: Source, mend: Mend) -> list[ast.expr]:
    """The expressions that a mend is about, one unless it means every one; raises NoMend where that is not clear."""
    line, name = mend.place.line, mend.call or mend.unwrap
    called = f"call of {name}" if name else "constructor"
    here = [each for each in _expressions(source) if line in lines_of(each)]
    found = [each for each in here if (named(source, each, name) if name else constructs(each))]
    at_once = [each for each in found if lines_of(each)[0] == line]
    found = at_once or found
    if not found:
        raise NoMend(f"no {called} stands on this line")
    if len(found) > 1 and not (mend.every and name):
        raise NoMend(
            f"{len(found)} {called.replace('call', 'calls').replace('constructor', 'constructors')} stand here"
        )
    return found


def _expressions(source: Source) -> Iterator[ast.expr]:
    """Calls and operators, but for those in the text of a string, whose places Python 3.11 gets wrong."""
    waiting: list[ast.AST] = [source.tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.JoinedStr):
            continue
        if isinstance(each, ast.Call | ast.BinOp):
            yield each
        waiting += reversed(list(ast.iter_child_nodes(each)))


def lines_of(node: ast.expr) -> tuple[int, ...]:
    """The lines at which Python may say that a call is: where it starts, or where the name of its method stands."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.end_lineno != node.lineno:
        return (node.func.end_lineno or node.lineno, node.lineno)
    return (node.lineno,)


def named(source: Source, node: ast.expr, name: str) -> bool:
    """Whether this calls what is called so, whatever the file calls it."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, OPERATORS.get(name, ()))
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Name):
        full = Imports(source, node).resolved(function)
        return full.rpartition(".")[2] == name if full else function.id == name
    if isinstance(function, ast.Attribute):
        # `relu_` is `relu`, in place.
        return name in (function.attr, function.attr.rstrip("_"))
    if isinstance(function, ast.Subscript) and isinstance(function.value, ast.Name | ast.Attribute):
        path = dotted(function.value).rpartition(".")[2]
        return name in (path, f"{path}[{ast.unparse(function.slice)}]")
    return False


def constructs(node: ast.AST) -> bool:
    """Whether this calls a class, by the custom that classes begin with a capital."""
    return isinstance(node, ast.Call) and last_name(node.func).lstrip("_")[:1].isupper()


def last_name(function: ast.expr) -> str:
    """The name of what is called, without the path to it; empty for what has none."""
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def value_of(source: Source, node: ast.expr) -> ast.expr:
    """The expression that gives the tensor: the call of a layer that is built and called at once."""
    parent = source.parents.get(node)
    if constructs(node) and isinstance(parent, ast.Call) and parent.func is node:
        return parent
    return node


def receiver(source: Source, call: ast.Call) -> ast.expr | None:
    """The tensor whose method is called; None for a function, a class, or a module that is an attribute."""
    function = call.func
    if not isinstance(function, ast.Attribute) or constructs(call):
        return None
    path = dotted(function.value)
    if not path:
        # What a call or an item gives is a tensor in `f(x).relu()`, and may be a block in `self.blocks[0].relu(x)`.
        return function.value if _is_method(call, function.attr) else None
    root = path.partition(".")[0]
    if root in ("self", "cls") or root in Imports(source, call).bound:
        return None
    return function.value if _is_method(call, function.attr) else None


def of_a_name(source: Source, call: ast.Call) -> bool:
    """Whether an attribute of something is called that is no module of an import, nor the network's own."""
    path = dotted(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    root = path.partition(".")[0]
    return bool(root) and root not in ("self", "cls") and root not in Imports(source, call).bound


_ARGUMENTS = {"view": 1, "reshape": 2, "permute": 2}
"""How many arguments a function of this name takes by position; the method of a tensor takes a row of numbers."""


def _is_method(call: ast.Call, name: str) -> bool:
    name = name.rstrip("_")
    if len(call.args) > _ARGUMENTS.get(name, len(call.args)):
        return True
    return name in PAIRED or (name in METHODS and not any(_is_data(each) for each in call.args))


def _is_data(argument: ast.expr) -> bool:
    """Whether an argument may be a tensor: it is no number, nor made of numbers."""
    if isinstance(argument, ast.Tuple | ast.List):
        return any(_is_data(each) for each in argument.elts)
    if isinstance(argument, ast.UnaryOp):
        return _is_data(argument.operand)
    return not isinstance(argument, ast.Constant)


def arguments(source: Source, call: ast.Call) -> list[tuple[ast.expr | ast.keyword, Span]]:
    """The arguments of a call in the order in which they stand, each with its own parentheses."""
    inside = brackets(source, call)
    spans: list[tuple[ast.expr | ast.keyword, Span]] = [(each, source.outer(each, inside)) for each in call.args]
    return sorted([*spans, *((each, source.span(each)) for each in call.keywords)], key=lambda pair: pair[1])


def brackets(source: Source, call: ast.Call) -> Span:
    """What lies between the parentheses of a call."""
    whole = source.span(call)
    function = source.outer(call.func, whole)
    opening = source.tokens[source.token_at(function[1])]
    return opening.end, whole[1] - 1
