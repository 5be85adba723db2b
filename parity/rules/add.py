"""Elementwise sum."""

from parity.grammar.elementwise import TENSORFLOW, TORCH, constant
from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="add",
    keras=(Spelling(("Add",)),),
    torch=(Spelling(("add", "radd", "iadd"), "input other alpha=1", settings=constant(TORCH)),),
    tensorflow=(Spelling(("Add", "AddV2"), "x y", settings=constant(TENSORFLOW)),),
    examples=(
        Example(
            "lambda x: keras.layers.Add()([x, keras.layers.ReLU()(x)])", "lambda x: x + x.relu()", (11,), "channel"
        ),
        Example("lambda x: x + 2.5", "lambda x: 2.5 + x", (11,), "channel"),
    ),
)
