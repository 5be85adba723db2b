"""Activations: forgotten, one too many, another one, another number in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.faults.code import Code, Edit, argument_of, is_method, keyword_of, name_of, operand_of, value_of
from benchmarks.faults.planted import Planted

FUNCTIONS = (
    *("relu", "relu6", "tanh", "sigmoid", "gelu", "silu", "elu", "selu", "softsign", "leaky_relu", "mish"),
    *("hardsigmoid", "hardswish", "softmax", "log_softmax", "clamp"),
)
MODULES = (
    *("ReLU", "ReLU6", "Tanh", "Sigmoid", "GELU", "SiLU", "ELU", "LeakyReLU", "Mish", "Hardsigmoid", "Hardswish"),
    *("Softmax", "LogSoftmax"),
)
ENDS = ("softmax", "log_softmax", "sigmoid", "Softmax", "LogSoftmax", "Sigmoid")
OTHERS = {
    "relu": ("tanh", "selu"),
    "tanh": ("sigmoid", "hardtanh"),
    "sigmoid": ("tanh", "hardsigmoid"),
    "gelu": ("relu", "silu"),
    "silu": ("relu",),
    "elu": ("relu", "selu"),
    "selu": ("elu",),
    "softsign": ("tanh",),
    "hardsigmoid": ("sigmoid",),
}
OTHER_MODULES = {
    "ReLU": ("ELU", "ReLU6"),
    "ReLU6": ("ReLU", "Hardtanh"),
    "Tanh": ("Hardtanh", "Sigmoid"),
    "GELU": ("SiLU", "ReLU"),
    "SiLU": ("Hardswish", "ReLU"),
    "Mish": ("SiLU",),
    "Hardswish": ("SiLU", "ReLU"),
    "Hardsigmoid": ("Sigmoid",),
}
CLIPS = {"ReLU6", "Hardtanh"}
WEIGHTED = ("Linear", "Conv1d", "Conv2d", "ConvTranspose2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm")


def applied(code: Code) -> Iterator[tuple[ast.Call, str]]:
    """Each call of an activation, as function, method or layer, and its name."""
    for call in code.calls(*FUNCTIONS):
        yield call, name_of(call.func)
    for call in code.layer_calls():
        if code.layer(call) in MODULES:
            yield call, code.layer(call)


def missing(code: Code) -> Iterator[Planted]:
    for call, name in applied(code):
        yield Planted(_missing(name), f"without {name}", (code.without_call(call),))
    for row in code.calls("Sequential"):
        for each in row.args:
            if isinstance(each, ast.Call) and name_of(each.func) in MODULES:
                name = name_of(each.func)
                yield Planted(_missing(name), f"without {name}", (code.without_element(each, row.args),))


def _missing(name: str) -> tuple[str, ...]:
    return ("softmax-or-logits", "missing-activation") if name in ENDS else ("missing-activation",)


def extra(code: Code) -> Iterator[Planted]:
    for call in code.layer_calls():
        parent = code.parents[call]
        answered = isinstance(parent, ast.Call) and any(parent is each for each, _ in applied(code))
        answered |= isinstance(parent, ast.Attribute) and parent.attr in FUNCTIONS
        if code.layer(call) in WEIGHTED and not answered:
            yield Planted(
                ("extra-activation",), "one more relu", (code.replaced(call, f"nn.functional.relu({code.of(call)})"),)
            )
    for row in code.calls("Sequential"):
        for each in row.args:
            if isinstance(each, ast.Call) and name_of(each.func) in WEIGHTED:
                end = code.end(each)
                yield Planted(("extra-activation",), "one more nn.ReLU()", (Edit(end, end, ", nn.ReLU()"),))


def another(code: Code) -> Iterator[Planted]:
    for call in code.calls(*OTHERS):
        name = name_of(call.func)
        for other in OTHERS[name]:
            if len(call.args) > 1 or call.keywords:
                continue
            text = f"nn.functional.{other}({code.of(operand_of(call))})"
            yield Planted(("wrong-activation",), f"{other} for {name}", (code.replaced(call, text),))
    for call in code.calls(*OTHER_MODULES):
        name = name_of(call.func)
        for other in OTHER_MODULES[name]:
            # Both are clips, by other bounds: either name is true.
            told = ("wrong-activation", *(("activation-setting",) if {name, other} <= CLIPS else ()))
            yield Planted(told, f"{other} for {name}", (code.replaced(call, f"nn.{other}()"),))


def slope(code: Code) -> Iterator[Planted]:
    for call in code.calls("LeakyReLU", "leaky_relu"):
        for value in ("", "0.2", "0.3"):
            given = argument_of(call, 0, "negative_slope")
            if given is not None and (code.of(given) != value):
                text = f"{code.of(call.func)}({value})"
                yield Planted(("leaky-slope",), f"slope {value or 'left out'}", (code.replaced(call, text),))


def number(code: Code) -> Iterator[Planted]:
    for call in code.calls("ELU"):
        if call.keywords:
            yield Planted(("activation-setting",), "alpha left out", (code.without_keyword(call, "alpha"),))
        else:
            yield Planted(("activation-setting",), "another alpha", (code.with_keyword(call, "alpha", "0.5"),))
    for call in code.calls("elu"):
        if not is_method(call):
            yield Planted(("activation-setting",), "another alpha", (code.with_keyword(call, "alpha", "0.7"),))
    for call in code.calls("clamp"):
        if len(call.args) == 3:
            yield Planted(("activation-setting",), "another upper bound", (code.replaced(call.args[2], "1.0"),))
            yield Planted(("activation-setting",), "another lower bound", (code.replaced(call.args[1], "0.0"),))


def gelu(code: Code) -> Iterator[Planted]:
    for call in code.calls("GELU", "gelu"):
        given = keyword_of(call, "approximate")
        if given is None:
            yield Planted(("gelu-approximation",), "approximated", (code.with_keyword(call, "approximate", '"tanh"'),))
        elif value_of(given) == "tanh":
            yield Planted(("gelu-approximation",), "exact", (code.without_keyword(call, "approximate"),))
    for call in code.calls("Block"):  # where the choice is handed through
        for each in call.args:
            if value_of(each) in ("none", "tanh"):
                other = '"tanh"' if value_of(each) == "none" else '"none"'
                yield Planted(("gelu-approximation",), "the other gelu", (code.replaced(each, other),))


def hard_sigmoid(code: Code) -> Iterator[Planted]:
    cause = ("hard-sigmoid-keras2",)
    for call, name in applied(code):
        if name in ("hardsigmoid", "Hardsigmoid"):
            text = f"(0.2 * ({code.of(operand_of(call))}) + 0.5).clamp(0, 1)"
            yield Planted(cause, "the hard sigmoid of Keras 2", (code.replaced(call, text),))


def shared(code: Code) -> Iterator[Planted]:
    """One learned slope in the place of one for each channel, and the other way round."""
    for call in code.calls("PReLU"):
        if call.args:
            yield Planted(("prelu-shared-axes",), "one slope", (code.replaced(call, "nn.PReLU()"),))
            continue
        before = [conv for conv in code.calls("Conv2d") if code.start(conv) < code.start(call)]
        for conv in before[-1:]:
            text = f"nn.PReLU({code.of(conv.args[1])})"
            yield Planted(("prelu-shared-axes",), "a slope for each channel", (code.replaced(call, text),))


PLANTERS = (missing, extra, another, slope, number, gelu, hard_sigmoid, shared)
