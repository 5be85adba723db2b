"""Attention: its scale, its masks, the order of its arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.faults.code import Code, keyword_of, value_of
from benchmarks.faults.planted import Planted

FUNCTION = "scaled_dot_product_attention"


def scale(code: Code) -> Iterator[Planted]:
    for call in code.calls(FUNCTION):
        if keyword_of(call, "scale") is not None:
            yield Planted(("attention-scale",), "scaled", (code.without_keyword(call, "scale"),))
        yield Planted(("attention-scale",), "scale=0.25", (code.with_keyword(call, "scale", "0.25"),))


def past(code: Code) -> Iterator[Planted]:
    for call in code.calls(FUNCTION):
        if value_of(keyword_of(call, "is_causal")) is True:
            yield Planted(("causal-mask",), "looks ahead", (code.without_keyword(call, "is_causal"),))
        else:
            yield Planted(("causal-mask",), "looks back alone", (code.with_keyword(call, "is_causal", "True"),))
    for call in _attended(code):
        mask = keyword_of(call, "attn_mask")
        if isinstance(mask, ast.Name):
            yield Planted(("causal-mask",), "looks ahead", (code.without_keyword(call, "attn_mask"),))
            other = code.with_keyword(call, "attn_mask", f"~{code.of(mask)}.T")
            yield Planted(("causal-mask", "mask-polarity"), "not itself, and looks back alone", (other,))
    for call in code.calls("triu"):
        yield Planted(
            ("causal-mask", "mask-polarity"),
            "the other half",
            (code.replaced(call.func, code.of(call.func).replace("triu", "tril")),),
        )


def polarity(code: Code) -> Iterator[Planted]:
    for call in _attended(code):
        mask = keyword_of(call, "attn_mask")
        if isinstance(mask, ast.UnaryOp):
            yield Planted(("mask-polarity",), "True for False", (code.replaced(mask, code.of(mask.operand)),))
            yield Planted(("mask-dropped",), "no mask", (code.without_keyword(call, "attn_mask"),))


def arguments(code: Code) -> Iterator[Planted]:
    for call in [*code.calls(FUNCTION), *_attended(code)]:
        if len(call.args) == 3 and code.of(call.args[1]) != code.of(call.args[2]):
            one, other = call.args[1:]
            edits = code.replaced(one, code.of(other)), code.replaced(other, code.of(one))
            yield Planted(("mha-argument-order", "layer-order"), "key and value exchanged", edits)


def _attended(code: Code) -> list[ast.Call]:
    return [call for call in code.layer_calls() if code.layer(call) == "MultiheadAttention"]


PLANTERS = (scale, past, polarity, arguments)
