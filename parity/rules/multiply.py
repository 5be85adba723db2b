"""Elementwise product."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="multiply",
    keras=(Spelling(("Multiply",)),),
    torch=(Spelling(("mul", "multiply"), "input other"),),
    tensorflow=(Spelling(("Mul",), "x y"),),
    examples=(
        Example(
            "lambda x: keras.layers.Multiply()([x, keras.layers.ReLU()(x)])", "lambda x: x * x.relu()", (11,), "channel"
        ),
    ),
)
