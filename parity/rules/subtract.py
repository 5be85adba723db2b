"""Elementwise difference."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="subtract",
    keras=(Spelling(("Subtract",)),),
    torch=(Spelling(("sub", "subtract"), "input other alpha=1"),),
    tensorflow=(Spelling(("Sub",), "x y"),),
    examples=(
        Example(
            "lambda x: keras.layers.Subtract()([x, keras.layers.ReLU()(x)])", "lambda x: x - x.relu()", (11,), "channel"
        ),
    ),
)
