"""Elementwise product."""

from parity.grammar.elementwise import TENSORFLOW, TORCH, constant
from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="multiply",
    keras=(Spelling(("Multiply",)),),
    torch=(Spelling(("mul", "multiply", "rmul", "imul"), "input other", settings=constant(TORCH)),),
    tensorflow=(Spelling(("Mul",), "x y", settings=constant(TENSORFLOW)),),
    examples=(
        Example(
            "lambda x: keras.layers.Multiply()([x, keras.layers.ReLU()(x)])", "lambda x: x * x.relu()", (11,), "channel"
        ),
        Example("lambda x: 0.3 * x", "lambda x: x * 0.3", (11,), "channel"),
        Example("keras.layers.Rescaling(0.25, -1.5)", "lambda x: x * 0.25 + -1.5", (11,), "channel"),
    ),
)
