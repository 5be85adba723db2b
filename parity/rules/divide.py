"""Elementwise quotient of two operands, or of one and a plain number."""

from parity.grammar.constants import other
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _torch_settings(call: Call) -> Settings:
    if call.words.get("rounding_mode") is not None:
        raise ValueError("the quotient is rounded")
    found = other(call, ("input", "other"))
    if found is None:
        return {"turned": True} if call.name == "rdiv" else {}
    slot, number = found
    return {"dividend" if (slot == "input") != (call.name == "rdiv") else "divisor": number}


def _tensorflow_settings(call: Call) -> Settings:
    found = other(call, ("x", "y"))
    return {} if found is None else {"dividend" if found[0] == "x" else "divisor": found[1]}


RULE = Rule(
    kind="divide",
    torch=(Spelling(("div", "divide", "true_divide", "idiv", "rdiv"), "input other", settings=_torch_settings),),
    tensorflow=(Spelling(("RealDiv",), "x y", settings=_tensorflow_settings),),
    examples=(
        Example("lambda x: x / 2.3", "lambda x: x / 2.3", (11,), "channel"),
        Example("lambda x: 2.3 / keras.ops.exp(x)", "lambda x: 2.3 / x.exp()", (11,), "channel"),
        Example("lambda x: x / keras.ops.exp(x)", "lambda x: torch.div(x, x.exp())", (11,), "channel"),
    ),
)
