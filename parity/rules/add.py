"""Elementwise sum."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="add",
    keras=(Spelling(("Add",)),),
    torch=(Spelling(("add", "radd", "iadd"), "input other alpha=1"),),
    tensorflow=(Spelling(("Add", "AddV2"), "x y"),),
    examples=(
        Example(
            "lambda x: keras.layers.Add()([x, keras.layers.ReLU()(x)])", "lambda x: x + x.relu()", (11,), "channel"
        ),
    ),
)
