"""One mend as edits of its file: the call found, sure to be the only one that is changed, and changed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from parity.mending import around, elements, find, often
from parity.mending.arguments import in_order, with_keywords
from parity.mending.around import Change
from parity.mending.known import ACTIVATIONS, HOLDS, KERAS_ACTIVATIONS
from parity.mending.nouns import Mend, NoMend
from parity.mending.source import Edit, Source
from parity.mending.spelling import Speller
from parity.mending.values import written

_CLASSES = frozenset((*ACTIVATIONS.values(), "Activation"))
_LIKE = (
    (re.compile(r"(max|avg)_pool[123]d"), 3),
    (re.compile(r"(Max|Avg)Pool[123]d"), 3),
    (re.compile(r"(Max|Average)Pool(ing)?[123]D"), 4),
)
"""Functions and classes that share their first parameters, and how many: window, stride, padding."""
_SHARED = ("kernel_size", "stride", "padding", "pool_size", "strides", "data_format", "name", "ceil_mode", "input")


def changes(source: Source, mend: Mend) -> Iterator[Change]:
    """What a mend does to each call that it is about; raises NoMend where it cannot be made with certainty."""
    said = mend.place.code.strip()
    if said and source.line(mend.place.line) != said:
        raise NoMend("the line is not the one that was loaded: the file has changed since")
    for node in find.targets(source, mend):
        if not mend.every and (reason := often.several(source, node)):
            raise NoMend(f"the call {reason}: the change would also change others")
        yield from _of_one(source, node, mend)


def _of_one(source: Source, node: ast.expr, mend: Mend) -> Iterator[Change]:
    itself = bool(mend.unwrap) and mend.call in ("", mend.unwrap)
    if itself and (mend.keywords or mend.wrap or mend.feed or mend.operands or mend.replace or mend.rename):
        raise NoMend(f"{mend.unwrap} cannot go and be changed")
    if "{}" in mend.replace:
        yield around.instead(source, node, mend.replace, mend.framework)
    elif mend.replace:
        yield _replaced(source, node, mend)
    elif mend.keywords:
        edits = tuple(with_keywords(source, node, mend.keywords, mend.signature))
        yield Change(edits, source.span(node))
    if mend.rename:
        yield _renamed(source, node, mend)
    if mend.operands:
        edit, call = in_order(source, node, mend.operands)
        yield Change((edit,), source.span(call))
    if mend.feed:
        yield around.fed(source, node, mend.feed, mend.framework)
    if mend.wrap:
        yield around.wrapped(source, node, mend.wrap, mend.framework)
    if mend.unwrap:
        yield around.unwrapped(source, node, mend.unwrap, itself=itself)


def _renamed(source: Source, node: ast.expr, mend: Mend) -> Change:
    """Another attribute of the same object called."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != mend.call:
        raise NoMend("what is called here is no attribute")
    end = source.span(node.func)[1]
    return Change((Edit((end - len(mend.call), end), (mend.rename,)),), source.span(node))


def _replaced(source: Source, node: ast.expr, mend: Mend) -> Change:
    """Another function or class called on the same tensor."""
    if not isinstance(node, ast.Call):
        raise NoMend("an operator is no function that another could stand for")
    speller = Speller(source, node, mend.framework)
    old, whole, new = _plain(find.last_name(node.func)), source.span(node), mend.replace
    full = speller.imports.resolved(node.func)
    home = full.rpartition(".")[0]
    makes = find.constructs(node)
    if makes and not new[:1].isupper() and _is_activation(old):
        return _layer_instead(source, node, mend, speller)
    if makes is not new[:1].isupper():
        raise NoMend("a layer that is made and a function that is called cannot stand for each other")
    if makes:
        spelled = speller.full(f"{home}.{new}") if home in ("torch.nn", "keras.layers") else speller.layer(new)
    else:
        held = new in HOLDS.get(home, ())
        spelled = speller.full(f"{home}.{new}") if held else speller.function(new)
    needs = (spelled.needs,) if spelled.needs else ()
    if _keeps_arguments(node, old, new):
        edits = tuple(with_keywords(source, node, mend.keywords, mend.signature)) if mend.keywords else ()
        return Change((Edit(source.outer(node.func, whole), (spelled.text,)), *edits), whole, needs)
    bare = not node.keywords and len(node.args) == (0 if makes or find.receiver(source, node) is not None else 1)
    if not bare and not (_is_activation(old) and _is_activation(new)):
        raise NoMend(f"it is not known which arguments of {old} mean the same to {new}")
    if source.comment_in(whole):
        raise NoMend("a comment stands inside the call")
    new_arguments = ", ".join(f"{name}={written(value)}" for name, value in mend.keywords.items())
    if makes:
        return Change((Edit(whole, (f"{spelled.text}({new_arguments})",)),), whole, needs)
    operand = source.span(around.operand_of(source, node))
    rest = f", {new_arguments}" if new_arguments else ""
    return Change((Edit(whole, (f"{spelled.text}(", operand, f"{rest})")),), whole, needs)


def _layer_instead(source: Source, node: ast.Call, mend: Mend, speller: Speller) -> Change:
    """The layer that does what a function does made in the place of an activation's."""
    whole = source.span(node)
    if source.comment_in(whole):
        raise NoMend("a comment stands inside the call")
    words = ", ".join(f"{name}={written(value)}" for name, value in mend.keywords.items())
    layer = elements.layer_of(mend.replace, words, speller)
    return Change((Edit(whole, (layer.text,)),), whole, (layer.needs,) if layer.needs else ())


def _plain(name: str) -> str:
    """A function's name without the mark of one that works in place."""
    return name if name.startswith("__") else name.rstrip("_")


def _keeps_arguments(call: ast.Call, old: str, new: str) -> bool:
    """Whether the arguments that stand there mean the same to both."""
    function = not find.constructs(call)
    for shape, shared in _LIKE:
        if shape.fullmatch(old) and shape.fullmatch(new):
            plain = not any(isinstance(each, ast.Starred) for each in call.args)
            return plain and len(call.args) <= shared + function and all(k.arg in _SHARED for k in call.keywords)
    return False


def _is_activation(name: str) -> bool:
    return name in ACTIVATIONS or name in KERAS_ACTIVATIONS or name in _CLASSES
