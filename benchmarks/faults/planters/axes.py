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


PLANTERS = (named, pairs, unturned)
