"""The elements of a Sequential: one more, and one less."""

from __future__ import annotations

import ast

from parity.mending import find
from parity.mending.arguments import insertion, own_line
from parity.mending.known import ACTIVATIONS, KERAS_ACTIVATIONS
from parity.mending.nouns import NoMend
from parity.mending.source import Edit, Source, Span
from parity.mending.spelling import Spelled, Speller


def is_element(source: Source, node: ast.expr) -> bool:
    """Whether a constructor stands in a Sequential, as an argument or in the list that is its argument."""
    parent = source.parents.get(node)
    if isinstance(parent, ast.List | ast.Tuple):
        parent = source.parents.get(parent)
    return isinstance(parent, ast.Call) and find.last_name(parent.func) == "Sequential"


def layer_of(name: str, arguments: str, speller: Speller) -> Spelled:
    """A layer that does what a function does."""
    if name[:1].isupper():
        spelled = speller.layer(name)
    elif speller.framework == "torch" and name in ACTIVATIONS:
        spelled = speller.layer(ACTIVATIONS[name])
    elif speller.framework == "keras" and name in KERAS_ACTIVATIONS and not arguments:
        spelled, arguments = speller.layer("Activation"), f'"{name}"'
    else:
        raise NoMend(f"no layer is known that does {name}")
    return Spelled(f"{spelled.text}({arguments})", spelled.needs)


def keras_layers(speller: Speller) -> str:
    """What a file calls `keras.layers`, if it imports that; activations of Keras may also be layers."""
    if speller.framework != "keras":
        return ""
    return next(
        (name for name in speller.imports.bound if speller.imports.resolved(ast.Name(name)) == "keras.layers"), ""
    )


def behind(source: Source, node: ast.expr, code: str) -> tuple[Edit, Span]:
    """A further element behind one; on a line of its own where that one has its own."""
    span, _, following = _among(source, node)
    comma = _comma(source, span)
    indent = own_line(source, span)
    alone = indent is not None and (following is None or own_line(source, following) is not None)
    end = source.line_of(span[1])[1]
    if alone and comma is not None and comma[1] <= end:
        return insertion(end, f"{_break(source, end)}{indent}{code},"), (span[0], span[1])
    if alone and source.data[span[1] : end].strip() == b"":
        return insertion(span[1], f",{_break(source, end)}{indent}{code}"), (span[0], span[1])
    return insertion(span[1], f", {code}"), span


def before(source: Source, node: ast.expr, code: str) -> tuple[Edit, Span]:
    """A further element before one; on a line of its own where that one has its own."""
    span, _, _ = _among(source, node)
    indent = own_line(source, span)
    between = " " if indent is None else f"{source.line_break}{indent}"
    return insertion(span[0], f"{code},{between}"), span


def removed(source: Source, node: ast.expr) -> tuple[Edit, Span]:
    """An element less, with its line where it has one of its own."""
    span, previous, following = _among(source, node)
    comma = _comma(source, span)
    last = comma[1] if comma is not None else span[1]
    start, end = source.line_of(span[0])[0], source.line_of(last)[1]
    rest = source.text((last, end)).strip()
    if own_line(source, span) is not None and (not rest or rest.startswith("#")) and end < len(source.data):
        return Edit((start, source.data.index(b"\n", end) + 1), ()), span
    if following is not None and not source.text((last, following[0])).strip(" \t"):
        return Edit((span[0], following[0]), ()), span
    if comma is not None:
        return Edit((_space_before(source, span[0]), comma[1]), ()), span
    if previous is not None and "\n" not in source.text((previous[1], span[0])):
        return Edit((previous[1], span[1]), ()), span
    return Edit((_space_before(source, span[0]), span[1]), ()), span


def _among(source: Source, node: ast.expr) -> tuple[Span, Span | None, Span | None]:
    """An element's span, and those of its neighbours."""
    parent = source.parents[node]
    if isinstance(parent, ast.Call):
        found = find.arguments(source, parent)
    else:
        assert isinstance(parent, ast.List | ast.Tuple)
        start, end = source.span(parent)
        found = [(each, source.outer(each, (start + 1, end - 1))) for each in parent.elts]
    spans = [span for _, span in found]
    place = next(place for place, (each, _) in enumerate(found) if each is node)
    return spans[place], spans[place - 1] if place else None, spans[place + 1] if place + 1 < len(spans) else None


def _comma(source: Source, span: Span) -> Span | None:
    token = source.tokens[source.token_at(span[1])]
    return (token.start, token.end) if token.text == "," else None


def _break(source: Source, end: int) -> str:
    return source.text((end, source.data.index(b"\n", end) + 1))


def _space_before(source: Source, offset: int) -> int:
    start = source.line_of(offset)[0]
    return start + len(source.data[start:offset].rstrip())
