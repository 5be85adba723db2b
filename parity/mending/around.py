"""What stands around a call: something done to the tensor that it gives, or something done to it no longer."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from parity.mending import elements, find
from parity.mending.imports import dotted
from parity.mending.known import MOVES
from parity.mending.nouns import NoMend
from parity.mending.source import Edit, Source, Span, is_primary, stands_alone
from parity.mending.spelling import Spelled, Speller

_HOLE = "_parity_hole"
_CANONICAL = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)


@dataclass(frozen=True)
class Change:
    """Edits, the span that tells what they are about, and the import lines that they need."""

    edits: tuple[Edit, ...]
    shown: Span
    needs: tuple[str, ...] = ()


def wrapped(source: Source, node: ast.expr, wrap: str, framework: str) -> Change:
    """Something done to the tensor that a call gives."""
    speller = Speller(source, node, framework)
    value = find.value_of(source, node)
    if value is node and find.constructs(node):
        return _wrapped_layer(source, node, wrap, speller)
    code, spelled = _template(wrap, speller)
    return _in_template(source, value, code, spelled)


def _wrapped_layer(source: Source, node: ast.expr, wrap: str, speller: Speller) -> Change:
    """A constructor whose layer is called elsewhere: among the elements of a Sequential, one more behind it."""
    if "{}" in wrap:
        code, spelled = _template(wrap, speller)
        outermost = _parsed(code)
        if find.constructs(outermost):
            return _in_template(source, node, code, spelled)
        raise NoMend("this line only makes the layer: what it gives is to be changed where it is called")
    if not elements.is_element(source, node):
        raise NoMend("this line only makes the layer: what it gives is to be changed where it is called")
    name, arguments = _split(wrap)
    layer = elements.layer_of(name, arguments, speller)
    edit, shown = elements.behind(source, node, layer.text)
    return Change((edit,), shown, _needs(layer))


def fed(source: Source, node: ast.expr, feed: str, framework: str) -> Change:
    """Something done to the tensor that a call takes."""
    value = find.value_of(source, node)
    code, spelled = _template(feed, Speller(source, node, framework))
    if value is node and find.constructs(node):
        if not elements.is_element(source, node):
            raise NoMend("this line only makes the layer: what it takes is to be changed where it is called")
        tree = _parsed(code)
        if not isinstance(tree, ast.Call) or not find.constructs(tree.func):
            raise NoMend("among the elements of a Sequential only a layer can stand before it")
        edit, shown = elements.before(source, node, ast.unparse(tree.func))
        return Change((edit,), shown, _needs(spelled))
    if not isinstance(value, ast.Call):
        raise NoMend("an operator has no operand that can be told")
    change = _in_template(source, operand_of(source, value), code, spelled)
    return Change(change.edits, source.span(value), change.needs)


def instead(source: Source, node: ast.expr, replace: str, framework: str) -> Change:
    """Something else done to the tensor that a call takes."""
    value = find.value_of(source, node)
    code, spelled = _template(replace, Speller(source, node, framework))
    whole = source.span(value)
    if not isinstance(value, ast.Call):
        raise NoMend("an operator has no operand that can be told")
    if value is node and find.constructs(node):
        tree = _parsed(code)
        if not isinstance(tree, ast.Call) or not find.constructs(tree.func):
            raise NoMend("only a layer can stand in the place of one that is made")
        return Change((Edit(whole, (ast.unparse(tree.func),)),), whole, _needs(spelled))
    if find.receiver(source, value) is None and find.of_a_name(source, value):
        raise NoMend("it cannot be told whether that is a function or the method of a tensor")
    operand = operand_of(source, value)
    kept = source.span(operand)
    if source.comment_in((whole[0], kept[0])) or source.comment_in((kept[1], whole[1])):
        raise NoMend("a comment stands inside the call")
    before, after = code.split("{}")
    return Change((Edit(whole, (before, *source.parenthesised(kept), after)),), whole, _needs(spelled))


def _in_template(source: Source, value: ast.expr, code: str, spelled: Spelled | None) -> Change:
    span = source.span(value)
    before, after = code.split("{}")
    tree = _parsed(code)
    bare = any(
        isinstance(each, ast.Call) and any(isinstance(arg, ast.Name) and arg.id == _HOLE for arg in each.args)
        for each in ast.walk(tree)
    )
    inner: Sequence[str | Span] = (span,) if bare else source.parenthesised(span)
    pieces: tuple[str | Span, ...] = (before, *inner, after)
    if not is_primary(code.replace("{}", _HOLE)) and not _safe(source, value):
        pieces = ("(", *pieces, ")")
    return Change((Edit(span, pieces),), span, _needs(spelled))


def _template(wrap: str, speller: Speller) -> tuple[str, Spelled | None]:
    """Code with `{}` for the tensor, every name of it as the file has it."""
    if "{}" not in wrap:
        return _canonical(wrap, speller)
    if wrap.count("{}") != 1:
        raise NoMend(f"{wrap!r} has more than one place for the tensor")
    code, needs = wrap, None
    for path in sorted(set(_paths(_parsed(wrap))), key=len, reverse=True):
        spelled = speller.custom(path)
        if spelled.text != path:
            code = re.sub(rf"(?<![\w.]){re.escape(path)}\b", spelled.text, code)
        if spelled.needs:
            if needs is not None and needs.needs != spelled.needs:
                raise NoMend("the file lacks more than one import for it")
            needs = spelled
    return code, needs


def _canonical(wrap: str, speller: Speller) -> tuple[str, Spelled | None]:
    name, arguments = _split(wrap)
    if name[:1].isupper():
        layer = speller.layer(name)
        return f"{layer.text}({arguments})({{}})", layer
    rest = f", {arguments}" if arguments else ""
    if speller.framework == "torch" and name in MOVES:
        return f"{{}}.{name}({arguments})", None
    spelled = speller.function(name)
    if spelled.needs and elements.keras_layers(speller) and not arguments:
        return f'{elements.keras_layers(speller)}.Activation("{name}")({{}})', None
    return f"{spelled.text}({{}}{rest})", spelled


def _split(wrap: str) -> tuple[str, str]:
    match = _CANONICAL.fullmatch(wrap.strip())
    if not match:
        raise NoMend(f"{wrap!r} is neither a function's name nor code with {{}}")
    return match[1], (match[2] or "").strip()


def _parsed(code: str) -> ast.expr:
    try:
        return ast.parse(code.replace("{}", _HOLE), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise NoMend(f"{code!r} is no expression") from error


def _paths(tree: ast.expr) -> list[str]:
    """The dotted names of an expression, but for the hole and what is done to it."""
    found, waiting = [], [tree]
    while waiting:
        each: ast.AST = waiting.pop()
        path = dotted(each) if isinstance(each, ast.expr) else ""
        if path:
            if path.partition(".")[0] != _HOLE:
                found.append(path)
        else:
            waiting += ast.iter_child_nodes(each)  # type: ignore[arg-type]
    return found


def unwrapped(source: Source, node: ast.expr, name: str, *, itself: bool) -> Change:
    """A call without what is done to it, or, where it is that itself, its operand in its place."""
    value = find.value_of(source, node)
    if itself and value is node and find.constructs(node):
        if not elements.is_element(source, node):
            raise NoMend("this line only makes the layer: it goes where it is called")
        edit, shown = elements.removed(source, node)
        return Change((edit,), shown)
    goes = value if itself else _around(source, value, name)
    if not isinstance(goes, ast.Call):
        raise NoMend(f"of {name}, an operator, no operand can be left alone")
    operand = operand_of(source, goes)
    own = isinstance(operand, ast.Attribute) and dotted(operand).partition(".")[0] in ("self", "cls")
    if own and find.receiver(source, goes) is None and find.of_a_name(source, goes):
        raise NoMend("it cannot be told whether that is a function or the method of a tensor")
    whole, kept = source.span(goes), source.span(operand)
    if source.comment_in((whole[0], kept[0])) or source.comment_in((kept[1], whole[1])):
        raise NoMend(f"a comment stands inside {name}")
    tight = is_primary(source.text(kept)) or (_safe(source, goes) and stands_alone(source.text(kept)))
    return Change((Edit(whole, (kept,) if tight else ("(", kept, ")")),), whole)


def _around(source: Source, value: ast.expr, name: str) -> ast.Call:
    """The call of this name that is made right with a value, or right on it."""
    parent = source.parents.get(value)
    if isinstance(parent, ast.Attribute):
        parent = source.parents.get(parent)
    if isinstance(parent, ast.Call):
        function = parent.func if not isinstance(parent.func, ast.Call) else None
        inner = parent.func if function is None else parent
        if find.named(source, inner, name) and operand_of(source, parent) is value:
            return parent
    raise NoMend(f"no {name} stands right around it")


def operand_of(source: Source, call: ast.Call) -> ast.expr:
    """The tensor that a call works on."""
    own = find.receiver(source, call)
    if own is not None:
        return own
    if call.args and not isinstance(call.args[0], ast.Starred | ast.GeneratorExp):
        return call.args[0]
    raise NoMend("the call has no operand that can be told")


def _safe(source: Source, node: ast.expr) -> bool:
    """Whether any expression may stand in a node's place without parentheses."""
    parent = source.parents.get(node)
    if isinstance(parent, ast.Call):
        return parent.func is not node
    return isinstance(
        parent, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.keyword | ast.List | ast.Tuple | ast.Expr
    )


def _needs(spelled: Spelled | None) -> tuple[str, ...]:
    return (spelled.needs,) if spelled and spelled.needs else ()
