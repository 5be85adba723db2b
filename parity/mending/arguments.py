"""The arguments of a call: set by name, wherever they stand, and put in another order."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from parity.mending import find
from parity.mending.nouns import NoMend
from parity.mending.source import Edit, Source, Span
from parity.mending.values import written


def with_keywords(
    source: Source, call: ast.expr, keywords: Mapping[str, Any], signature: Sequence[str]
) -> Iterator[Edit]:
    """A call with these arguments; raises NoMend where it cannot be told which of its own they replace."""
    if not isinstance(call, ast.Call):
        raise NoMend("an operator takes no arguments by name")
    named = {each.arg: each for each in call.keywords}
    places = _places(source, call, signature)
    new: list[str] = []
    for name, value in keywords.items():
        if not name.isidentifier():
            raise NoMend(f"{name!r} is no name of an argument")
        if name in named:
            yield Edit(_value(source, named[name]), (written(value),))
            continue
        _check_open(call, name, signature, places)
        if name in places:
            yield Edit(places[name], (written(value),))
        else:
            new.append(f"{name}={written(value)}")
    if new:
        yield from _added(source, call, new)


def argument(source: Source, call: ast.Call, name: str, signature: Sequence[str]) -> ast.expr | None:
    """What a call gives for a parameter; None where it gives nothing by this name, or it cannot be told."""
    named = next((each.value for each in call.keywords if each.arg == name), None)
    names = list(itertools.takewhile(lambda each: not each.startswith("*"), signature))
    own = find.receiver(source, call)
    if own is None and find.of_a_name(source, call):  # a function, or the method of a tensor
        return named
    names = names[1:] if own is not None else names
    if named is not None or name not in names or any(isinstance(each, ast.Starred) for each in call.args):
        return named
    place = names.index(name)
    return call.args[place] if place < len(call.args) else None


def _places(source: Source, call: ast.Call, signature: Sequence[str]) -> dict[str, Span]:
    """The positional arguments by their names; a method's tensor is its first parameter, and no argument."""
    names = list(itertools.takewhile(lambda name: not name.startswith("*"), signature))
    inside = find.brackets(source, call)
    positions = names[1:] if find.receiver(source, call) is not None else names
    spans = [source.outer(each, inside) for each in call.args if not isinstance(each, ast.GeneratorExp)]
    return dict(zip(positions, spans, strict=False))


def _check_open(call: ast.Call, name: str, signature: Sequence[str], places: Mapping[str, Span]) -> None:
    """Raise NoMend where a call may have an argument of this name already, unseen."""
    if any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords):
        raise NoMend("the call has arguments by * or **")
    if any(isinstance(each, ast.GeneratorExp) for each in call.args):
        raise NoMend("the call has a generator as its argument")
    if signature and name not in signature and not any(each.startswith("**") for each in signature):
        raise NoMend(f"{find.last_name(call.func) or 'what is called'} takes no {name}")
    if not signature and call.args:
        raise NoMend("the call has positional arguments, and the order of its parameters is not known")
    if signature and len(places) < len(call.args) and not any(each.startswith("*") for each in signature):
        raise NoMend("the call has more positional arguments than parameters are known")


def _value(source: Source, keyword: ast.keyword) -> Span:
    """The value of an argument by name, with parentheses around it."""
    start, end = source.span(keyword)
    equals = source.tokens[source.token_at(start) + 1]
    return source.tokens[source.token_at(equals.end)].start, end


def _added(source: Source, call: ast.Call, new: Sequence[str]) -> Iterator[Edit]:
    """Arguments behind those that a call has; on lines of their own where its last one has its own."""
    inside = find.brackets(source, call)
    have = find.arguments(source, call)
    if not have:
        yield insertion(inside[0], ", ".join(new))
        return
    last = have[-1][1]
    comma = source.tokens[source.token_at(last[1])]
    has_comma = comma.text == "," and comma.end <= inside[1]
    indent = own_line(source, last)
    line_end = source.line_of(last[1])[1]
    if indent is None or line_end >= inside[1]:
        yield insertion(last[1], "".join(f", {each}" for each in new))
        return
    break_ = source.text((line_end, source.data.index(b"\n", line_end) + 1))
    lines = "".join(f"{break_}{indent}{each}," for each in new)
    # What stands behind the last argument in its line, a comment of its own, stays with it.
    if has_comma and comma.end <= line_end:
        yield insertion(line_end, lines)
    elif not has_comma and source.comment_in((last[1], line_end)):
        yield insertion(last[1], ",")
        yield insertion(line_end, lines.removesuffix(","))
    else:
        yield insertion(last[1], "".join(f",{break_}{indent}{each}" for each in new))


def in_order(source: Source, node: ast.expr, order: Sequence[int]) -> tuple[Edit, ast.expr]:
    """The operands of a call in another order, and the call; raises NoMend where they cannot be told."""
    node = find.value_of(source, node)
    spans = _operands(source, node, len(order))
    if sorted(order) != list(range(len(spans))):
        raise NoMend(f"{tuple(order)} is no order of {len(spans)} operands")
    atoms = [source.parenthesised(span) for span in spans] if _tight(source, node) else [(span,) for span in spans]
    pieces: list[str | Span] = [*atoms[order[0]]]
    for place, number in enumerate(order[1:]):
        pieces += [(spans[place][1], spans[place + 1][0]), *atoms[number]]
    return Edit((spans[0][0], spans[-1][1]), tuple(pieces)), node


def _tight(source: Source, node: ast.expr) -> bool:
    """Whether operands of this may need parentheses in each other's places."""
    return isinstance(node, ast.BinOp) or (isinstance(node, ast.Call) and find.receiver(source, node) is not None)


def _operands(source: Source, node: ast.expr, count: int) -> list[Span]:
    if isinstance(node, ast.BinOp):
        whole = source.span(node)
        return [source.outer(node.left, whole), source.outer(node.right, whole)]
    assert isinstance(node, ast.Call)
    inside = find.brackets(source, node)
    own = find.receiver(source, node)
    first = node.args[0] if node.args else next((each.value for each in node.keywords if each.arg == "tensors"), None)
    if own is None and isinstance(first, ast.List | ast.Tuple):
        operands: list[ast.expr] = list(first.elts)
        start, end = source.span(first)
        inside = start + 1, end - 1
    else:
        operands = list(node.args[: count - (own is not None)])
    if any(isinstance(each, ast.Starred) for each in operands):
        raise NoMend("the call has operands by *")
    spans = [source.outer(each, inside) for each in operands]
    return spans if own is None else [source.outer(own, source.span(node)), *spans]


def insertion(offset: int, text: str) -> Edit:
    """Text that stands between what is there."""
    return Edit((offset, offset), (text,))


def own_line(source: Source, span: Span) -> str | None:
    """What a span's line is indented by, if nothing else stands before it there."""
    before = source.text((source.line_of(span[0])[0], span[0]))
    return before if not before.strip() else None
