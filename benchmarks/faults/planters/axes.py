"""Axes: of a softmax, a concatenation, a mean; and inputs that are not turned."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.faults.code import Code, keyword_of, name_of, value_of
from benchmarks.faults.planted import Planted

NAMED = ("softmax", "Softmax", "LogSoftmax", "cat", "amax", "mean", "sum")
CAUSE = ("axis-not-remapped",)


def named(code: Code) -> Iterator[Planted]:
    for call in code.calls(*NAMED):
        given = keyword_of(call, "dim")
        if given is None and len(call.args) == 2 and name_of(call.func) in ("softmax", "cat"):
            given = call.args[1]
        if given is None and len(call.args) == 1 and name_of(call.func) in ("mean", "sum", "amax"):
            given = call.args[0]
        if not isinstance(value_of(given), int):
            continue
        assert given is not None
        for other in (-1, 1, 2, -2):
            if other != value_of(given):
                yield Planted(CAUSE, f"dim={other}", (code.replaced(given, str(other)),))


def pairs(code: Code) -> Iterator[Planted]:
    """A mean over the first two axes behind the batch, as Keras counts them."""
    for call in code.calls("mean"):
        if call.args and value_of(call.args[0]) == (2, 3):
            x = keyword_of(call, "keepdim")
            if x is not None:
                yield Planted(CAUSE, "mean over (1, 2)", (code.replaced(call.args[0], "(1, 2)"),))


def unturned(code: Code) -> Iterator[Planted]:
    """The input taken as it comes, where it is as long as it has channels."""
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Call) and code.of(node) == "signal.transpose(1, 2)":
            yield Planted(("input-layout",), "not turned", (code.replaced(node, "signal"),))


def viewed(code: Code) -> Iterator[Planted]:
    """The channels of an image that are brought to the front by a shape alone, or past a side that they exchange."""
    cause = ("view-not-permute",)
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Call) and code.of(node) == "image.permute(0, 3, 1, 2)":
            sizes = ", ".join(f"image.shape[{at}]" for at in (0, 3, 1, 2))
            yield Planted(cause, "reshaped", (code.replaced(node, f"image.reshape({sizes})"),))
            yield Planted(cause, "permute(0, 3, 2, 1)", (code.replaced(node, "image.permute(0, 3, 2, 1)"),))
            yield Planted(cause, "transpose(1, 3)", (code.replaced(node, "image.transpose(1, 3)"),))


def merged(code: Code) -> Iterator[Planted]:
    """Heads that are merged without being moved back behind the steps."""
    for call in code.calls("reshape"):
        inner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if not isinstance(inner, ast.Call) or not isinstance(inner.func, ast.Attribute):
            continue
        if inner.func.attr == "transpose" and [value_of(each) for each in inner.args] == [1, 2]:
            edit = code.replaced(inner, code.of(inner.func.value))
            yield Planted(("view-not-permute",), "heads not moved back", (edit,))


PLANTERS = (named, pairs, unturned, viewed, merged)
