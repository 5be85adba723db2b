"""Arrays: one left out, of another width, not registered; numbers in half precision; what is written in place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from benchmarks.faults.code import Code, Edit, keyword_of, name_of, value_of
from benchmarks.faults.planted import Planted

BIASED = ("Linear", "Conv1d", "Conv2d", "ConvTranspose2d", "MultiheadAttention")
NORMS = ("BatchNorm1d", "BatchNorm2d", "GroupNorm")


def missing(code: Code) -> Iterator[Planted]:
    for call in code.calls(*BIASED):
        if keyword_of(call, "bias") is None:
            yield Planted(("missing-array", "bias"), "bias=False", (code.with_keyword(call, "bias", "False"),))
    for call in code.calls(*NORMS):
        yield Planted(("missing-array", "gamma", "beta"), "affine=False", (code.with_keyword(call, "affine", "False"),))
    for call in code.calls("LayerNorm"):
        told = ("missing-array", "gamma", "beta")
        yield Planted(told, "elementwise_affine=False", (code.with_keyword(call, "elementwise_affine", "False"),))


def width(code: Code) -> Iterator[Planted]:
    """One more channel between two layers that stand behind one another."""
    rows = [(name, call) for name, call in code.built.items() if name_of(call.func) in ("Linear", "Conv1d", "Conv2d")]
    for (_, one), (_, other) in pairwise(rows):
        wide, read = one.args[1], other.args[0]
        plain = not any(keyword_of(each, "groups") for each in (one, other))
        if plain and isinstance(value_of(wide), int) and value_of(wide) == value_of(read):
            more = str(value_of(wide) + 1)  # type: ignore[operator]
            edits = code.replaced(wide, more), code.replaced(read, more)
            yield Planted(("width",), "one more channel", edits, ("input-width", "missing-array"))


def unregistered(code: Code) -> Iterator[Planted]:
    for call in code.calls("ModuleList"):
        yield Planted(("missing-keys",), "a plain list", (code.replaced(call, code.of(call.args[0])),))


def narrow(code: Code) -> Iterator[Planted]:
    for call in code.layer_calls():
        if code.layer(call) in ("Linear", "Conv2d", "Conv1d") and isinstance(code.parents[call], ast.Assign | ast.Call):
            edit = Edit(code.end(call), code.end(call), ".half().float()")
            yield Planted(("dtype",), "narrowed to half", (edit,))


def in_place(code: Code) -> Iterator[Planted]:
    """An activation that writes into what a skip reads later."""
    for body in code.statements():
        for at, statement in enumerate(body):
            call = statement.value if isinstance(statement, ast.Assign) else None
            if not isinstance(call, ast.Call) or len(call.args) != 1 or not isinstance(call.args[0], ast.Name):
                continue
            read = call.args[0].id
            later = "".join(code.of(each) for each in body[at + 1 :])
            if code.of(statement.targets[0]) == read or f"{read} + " not in later:  # type: ignore[attr-defined]
                continue
            kind = code.layer(call)
            written = code.built[call.func.attr] if kind else call  # type: ignore[attr-defined]
            if kind in ("ReLU", "LeakyReLU") or name_of(call.func) == "relu":
                yield Planted(("inplace-relu",), "in place", (code.with_keyword(written, "inplace", "True"),))


PLANTERS = (missing, width, unregistered, narrow, in_place)
