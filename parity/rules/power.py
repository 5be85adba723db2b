"""One operand raised to another; roots, squares and the reciprocal are powers by a plain number."""

from parity.constants import other
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling

_EXPONENTS = {"sqrt": 0.5, "rsqrt": -0.5, "square": 2.0, "reciprocal": -1.0}


def _named(call: Call) -> Settings:
    return {"exponent": _EXPONENTS[call.name.lower()]}


def _torch_settings(call: Call) -> Settings:
    found = other(call, ("input", "other" if "other" in call.words else "exponent"))
    if found is None:
        return {}
    slot, number = found
    return {"base" if (slot == "input") != (call.name == "rpow") else "exponent": number}


def _tensorflow_settings(call: Call) -> Settings:
    found = other(call, ("x", "y"))
    return {} if found is None else {"base" if found[0] == "x" else "exponent": found[1]}


RULE = Rule(
    kind="power",
    torch=(
        Spelling(("pow", "float_power"), "input exponent", settings=_torch_settings),
        Spelling(("rpow",), "input other", settings=_torch_settings),
        Spelling(("sqrt", "rsqrt", "square", "reciprocal"), "input", settings=_named),
    ),
    tensorflow=(
        Spelling(("Pow",), "x y", settings=_tensorflow_settings),
        Spelling(("Sqrt", "Rsqrt", "Square", "Reciprocal"), "x", settings=_named),
    ),
    examples=(
        Example("lambda x: x**3", "lambda x: x.pow(3)", (11,), "channel"),
        Example("lambda x: 1.3**x", "lambda x: 1.3**x", (11,), "channel"),
        Example("keras.ops.square", "lambda x: x**2", (11,), "channel"),
        Example("lambda x: keras.ops.sqrt(keras.ops.abs(x))", "lambda x: x.abs().sqrt()", (11,), "channel"),
        Example("lambda x: keras.ops.rsqrt(keras.ops.exp(x))", "lambda x: x.exp().rsqrt()", (11,), "channel"),
        Example(
            "lambda x: keras.ops.power(keras.ops.exp(x), keras.ops.tanh(x))",
            "lambda x: x.exp() ** x.tanh()",
            (11,),
            "channel",
        ),
    ),
)
