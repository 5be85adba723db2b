"""How often the code of a line runs in one network: what is changed for one layer may be changed for others."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator

from parity.mending.elements import is_element
from parity.mending.find import constructs, last_name
from parity.mending.source import Source

_BUILDS = ("__init__", "build", "__new__", "__post_init__")
_RUNS = ("forward", "call", "__call__")
_ASKS = ("isinstance", "issubclass", "super", "type", "cast")
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Runs = Counter[ast.AST]
"""How often something runs, by the function from which it is reached and that nothing in the module calls."""


def several(source: Source, node: ast.expr) -> str:
    """Why a call makes more than one layer or runs more than once, in words; empty if it does so once.

    Only this module is looked at, and both branches of a condition count.
    """
    often = _Often(source)
    if reason := often.repeated(node):
        return reason
    function = often.function(node)
    if often.most(often.of(node)) > 1:
        name = getattr(function, "name", "a lambda")
        around = often.around(function) if function is not None else None
        name = around.name if around is not None and name in (*_BUILDS, *_RUNS) else name
        return f"stands in {name}, which is used more than once"
    if constructs(node) and (uses := often.uses(_outermost(source, node))) and often.most(often.total(uses)) > 1:
        return "makes a layer that is called more than once"
    return ""


def _outermost(source: Source, node: ast.AST) -> ast.AST:
    """The Sequential of which a constructor makes an element, and that is no element itself; else the constructor."""
    while isinstance(node, ast.expr) and is_element(source, node):
        parent = source.parents[node]
        node = parent if isinstance(parent, ast.Call) else source.parents[parent]
    return node


class _Often:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.calls: dict[str, list[ast.Call]] = defaultdict(list)
        self.loads: dict[str, list[ast.expr]] = defaultdict(list)
        for each in ast.walk(source.tree):
            if isinstance(each, ast.Call):
                self.calls[last_name(each.func)].append(each)
            if isinstance(each, ast.Name | ast.Attribute) and isinstance(each.ctx, ast.Load):
                self.loads[last_name(each)].append(each)
        self._known: dict[ast.AST, _Runs] = {}
        self._asked: list[ast.AST] = []

    def most(self, runs: _Runs) -> int:
        return max(runs.values(), default=0)

    def total(self, nodes: list[ast.expr]) -> _Runs:
        return sum((self.of(each) for each in nodes), start=Counter())

    def of(self, node: ast.AST) -> _Runs:
        """How often a node runs."""
        function = self.function(node)
        runs: _Runs = Counter({self.source.tree: 1}) if function is None else self.of_function(function)
        return _twice(runs) if self.repeated(node) else runs

    def repeated(self, node: ast.AST) -> str:
        """The loop in the same function that repeats a node, in words."""
        child = node
        for parent in self._up(node):
            if isinstance(parent, ast.For | ast.AsyncFor | ast.While) and child in parent.body:
                return f"stands in the loop of line {parent.lineno}"
            if isinstance(parent, _Comprehension) and not self._within(node, parent.generators[0].iter):
                return f"stands in the comprehension of line {parent.lineno}"
            if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mult) and isinstance(child, ast.List):
                return f"stands in a list that line {parent.lineno} repeats"
            if isinstance(parent, _Function) and self._inside(child, parent):
                return ""
            child = parent
        return ""

    def function(self, node: ast.AST) -> _Function | None:
        """The innermost function whose code this is."""
        child = node
        for parent in self._up(node):
            if isinstance(parent, _Function) and self._inside(child, parent):
                return parent
            child = parent
        return None

    def around(self, function: ast.AST) -> ast.ClassDef | None:
        """The class whose method a function is."""
        parent = self.source.parents.get(function)
        return parent if isinstance(parent, ast.ClassDef) else None

    def of_function(self, function: _Function) -> _Runs:
        if function in self._asked:  # it calls itself
            return Counter({function: 2})
        if function not in self._known:
            self._asked.append(function)
            self._known[function] = self._reached(function) or Counter({function: 1})
            self._asked.pop()
        return self._known[function]

    def _reached(self, function: _Function) -> _Runs:
        if isinstance(function, ast.Lambda):
            target = self.source.parents.get(function)
            if isinstance(target, ast.Assign) and isinstance(target.targets[0], ast.Name):
                return self._by_name(target.targets[0].id)
            return self.of(function)
        around = self.around(function)
        if around is not None and function.name in _BUILDS:
            return self._of_class(around)
        if around is not None and function.name in _RUNS:
            return self._of_class(around, called=True)
        if around is not None:
            return self.total([each for each in self.calls[function.name] if isinstance(each.func, ast.Attribute)])
        return self._by_name(function.name)

    def _of_class(self, around: ast.ClassDef, *, called: bool = False) -> _Runs:
        """How often a class is instantiated, or its instances are called."""
        if around in self._asked:
            return Counter({around: 2})
        self._asked.append(around)
        runs = self._by_name(around.name, called=called)
        for other in ast.walk(self.source.tree):
            if isinstance(other, ast.ClassDef) and any(last_name(base) == around.name for base in other.bases):
                runs = runs + self._of_class(other, called=called)
        self._asked.pop()
        return runs

    def _by_name(self, name: str, *, called: bool = False) -> _Runs:
        """How often what has this name is called; a value that is handed on is called who knows how often."""
        runs: _Runs = Counter()
        for each in self.calls[name]:
            if self._for_itself(each) or not isinstance(each.func, ast.Name):
                continue
            uses = self.uses(each) if called else []
            runs += self.total(uses) if uses else self.of(each)
        for load in self.loads[name]:
            if isinstance(load, ast.Name) and self._handed_on(load):
                runs += _twice(self.of(load))
        return runs

    def uses(self, constructor: ast.AST) -> list[ast.expr]:
        """Where the layer is called, or put among others, that a constructor is assigned to a name or attribute."""
        assigned = self.source.parents.get(constructor)
        if not isinstance(assigned, ast.Assign | ast.AnnAssign):
            return []
        target = assigned.targets[0] if isinstance(assigned, ast.Assign) else assigned.target
        if not isinstance(target, ast.Name | ast.Attribute):
            return []
        scope = self._scope(target)
        return [
            each
            for each in self.loads[last_name(target)]
            if type(each) is type(target)
            and ast.unparse(each) == ast.unparse(target)
            and self._scope(each) is scope
            and self._is_use(each)
        ]

    def _is_use(self, load: ast.expr) -> bool:
        parent = self.source.parents.get(load)
        if isinstance(parent, ast.Call):
            return parent.func is load or constructs(parent)
        return isinstance(parent, ast.List | ast.Tuple)

    def _scope(self, target: ast.AST) -> ast.AST | None:
        """The class of an attribute of `self`, the function of a plain name."""
        wanted = ast.ClassDef if isinstance(target, ast.Attribute) else _Function
        return next((each for each in self._up(target) if isinstance(each, wanted)), None)

    def _handed_on(self, load: ast.expr) -> bool:
        parent = self.source.parents.get(load)
        if isinstance(parent, ast.keyword):
            return True
        if isinstance(parent, ast.Call):
            return parent.func is not load and last_name(parent.func) not in _ASKS
        return isinstance(parent, ast.List | ast.Tuple | ast.Dict | ast.Return | ast.Assign)

    def _for_itself(self, node: ast.AST) -> bool:
        """Whether this stands under `if __name__ == "__main__"`."""
        return any(
            isinstance(each, ast.If) and ast.unparse(each.test).startswith("__name__ ==") for each in self._up(node)
        )

    def _inside(self, child: ast.AST, function: _Function) -> bool:
        """Whether a child is the function's code, not a default or a decorator of it."""
        return child is function.body if isinstance(function, ast.Lambda) else child in function.body

    def _within(self, node: ast.AST, other: ast.AST) -> bool:
        return node is other or other in self._up(node)

    def _up(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self.source.parents.get(node)) is not None:
            yield parent
            node = parent


def _twice(runs: _Runs) -> _Runs:
    return Counter({each: 2 * count for each, count in runs.items()})
