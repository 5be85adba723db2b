"""Elementwise difference."""

from parity.grammar.constants import other
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _torch_settings(call: Call) -> Settings:
    turned = call.name == "rsub"
    if call.words.get("alpha", 1) != 1:
        raise ValueError("the subtrahend is scaled")
    found = other(call, ("input", "other"))
    if found is None:
        return {"turned": True} if turned else {}
    return {"minuend" if (found[0] == "input") != turned else "subtrahend": found[1]}


def _tensorflow_settings(call: Call) -> Settings:
    found = other(call, ("x", "y"))
    return {} if found is None else {"minuend" if found[0] == "x" else "subtrahend": found[1]}


RULE = Rule(
    kind="subtract",
    keras=(Spelling(("Subtract",)),),
    torch=(Spelling(("sub", "subtract", "isub", "rsub"), "input other alpha=1", settings=_torch_settings),),
    tensorflow=(Spelling(("Sub",), "x y", settings=_tensorflow_settings),),
    examples=(
        Example(
            "lambda x: keras.layers.Subtract()([x, keras.layers.ReLU()(x)])", "lambda x: x - x.relu()", (11,), "channel"
        ),
        Example("lambda x: x - 2.5", "lambda x: x - 2.5", (11,), "channel"),
        Example("lambda x: 1 - x", "lambda x: 1 - x", (11,), "channel"),
    ),
)
