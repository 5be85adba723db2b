"""What a module's names stand for, by its own import statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from parity.mending.source import Source

_KERAS = ("tensorflow.keras", "tensorflow.python.keras", "tf_keras")


class Imports:
    """The names that imports bind for the code at one node, and what for: `{"F": "torch.nn.functional"}`.

    A name that is bound to anything else anywhere in the module stands for nothing here.
    """

    def __init__(self, source: Source, node: ast.AST) -> None:
        own: dict[str, set[str]] = {}
        for name, path in _bound(_visible(source, node)):
            own.setdefault(name, set()).add(path)
        self.others = set(_otherwise_bound(source.tree))
        self.bound = {
            name: next(iter(paths)) for name, paths in own.items() if len(paths) == 1 and name not in self.others
        }
        self.taken = self.others | {
            name for each in ast.walk(source.tree) for name, _ in _bound([each] if isinstance(each, ast.stmt) else [])
        }
        everything = [path for _, path in _bound(each for each in ast.walk(source.tree) if isinstance(each, ast.stmt))]
        self.frameworks = {path.partition(".")[0] for path in map(plain, everything)} & {"torch", "keras", "tensorflow"}
        self.keras = next((old for old in _KERAS if any(path.startswith(old) for path in everything)), "keras")

    def resolved(self, expression: ast.expr) -> str:
        """The full name of a dotted expression: `F.relu` is `torch.nn.functional.relu`; empty for any other."""
        path = dotted(expression)
        root, _, rest = path.partition(".")
        if not path or root not in self.bound:
            return ""
        return plain(f"{self.bound[root]}.{rest}" if rest else self.bound[root])


def dotted(expression: ast.expr) -> str:
    """A name, or attributes of a name, as text; empty for any other expression."""
    if isinstance(expression, ast.Name):
        return expression.id
    if isinstance(expression, ast.Attribute) and (rest := dotted(expression.value)):
        return f"{rest}.{expression.attr}"
    return ""


def plain(path: str) -> str:
    """The same with Keras under its own name."""
    for old in _KERAS:
        if path == old or path.startswith(f"{old}."):
            return f"keras{path[len(old) :]}"
    return path


def _visible(source: Source, node: ast.AST) -> Iterator[ast.stmt]:
    """The statements at the top of the module, and of the functions around a node."""
    around: ast.AST | None = node
    while around is not None:
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            for statement in around.body:
                yield from statement.body if isinstance(statement, ast.Try) else [statement]
        around = source.parents.get(around)


def _bound(statements: Iterator[ast.stmt] | list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for each in statements:
        if isinstance(each, ast.Import):
            for name in each.names:
                yield (name.asname, name.name) if name.asname else (name.name.partition(".")[0],) * 2
        elif isinstance(each, ast.ImportFrom):
            for name in each.names:
                path = f"{each.module}.{name.name}" if each.module and not each.level else f"?.{name.name}"
                yield name.asname or name.name, path


def _otherwise_bound(tree: ast.Module) -> Iterator[str]:
    for each in ast.walk(tree):
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            yield each.id
        elif isinstance(each, ast.arg):
            yield each.arg
        elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler) and each.name:
            # A method shadows nothing, but a function of that name would.
            yield each.name
