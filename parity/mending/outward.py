"""An argument that is handed down: the line that gives it its value is the one to be changed.

`nn.Conv2d(width, width, 3, stride=stride)` in a block says nothing of the stride; `Block(64, stride=2)` does, once for
each block. What is asked of the first line is asked of the second instead.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from parity.mending import find
from parity.mending.arguments import argument
from parity.mending.nouns import Mend, NoMend
from parity.mending.source import Source


def handed_down(source: Source, mend: Mend) -> Mend | None:
    """The same asked of the line that called the function in which a mend's line stands, if that gave it the values.

    None where it did not: another value stands there, or one that the function reads for something else as well.
    """
    outer = mend.place.within
    if outer is None or not mend.sets_arguments:
        return None
    try:
        (call,) = find.targets(source, replace(mend, every=False))
    except NoMend:
        return None
    function = _function(source, call)
    if not isinstance(call, ast.Call) or function is None:
        return None
    around = source.parents.get(function)
    parameters = _parameters(function, bound=isinstance(around, ast.ClassDef) and not _is_static(function))
    given = {name: argument(source, call, name, mend.signature) for name in mend.keywords}
    names = {name: each.id for name, each in given.items() if isinstance(each, ast.Name) and each.id in parameters}
    if len(names) < len(given) or not all(_only_handed_on(function, each) for each in names.values()):
        return None
    called = around.name if isinstance(around, ast.ClassDef) and function.name == "__init__" else function.name
    keywords = {names[name]: value for name, value in mend.keywords.items()}
    return Mend(outer, called, keywords, signature=parameters, framework=mend.framework)


def _function(source: Source, node: ast.AST) -> ast.FunctionDef | None:
    """The innermost function in whose code a node stands; None for a lambda's or a module's."""
    parent = source.parents.get(node)
    while parent is not None and not isinstance(parent, ast.FunctionDef | ast.Lambda | ast.AsyncFunctionDef):
        parent = source.parents.get(parent)
    return parent if isinstance(parent, ast.FunctionDef) else None


def _is_static(function: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in function.decorator_list)


def _parameters(function: ast.FunctionDef, *, bound: bool) -> tuple[str, ...]:
    """What a call may give, in order; `*` before what is given by name only."""
    arguments = function.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)][bound:]
    more = [each.arg for each in arguments.kwonlyargs]
    rest = ["*", *more] if more and not arguments.vararg else [f"*{arguments.vararg.arg}"] if arguments.vararg else []
    return (*names, *rest)


def _only_handed_on(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function reads a parameter once, and never sets it."""
    uses = [each for each in ast.walk(function) if isinstance(each, ast.Name) and each.id == name]
    return len(uses) == 1 and isinstance(uses[0].ctx, ast.Load)
