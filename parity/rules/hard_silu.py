"""Hard SiLU, also called hard swish: x relu6(x + 3) / 6."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="hard_silu",
    keras=(Spelling(("hard_silu", "hard_swish")),),
    torch=(Spelling(("hardswish",), "input inplace=False"),),
    activation=True,
    examples=(
        Example("keras.layers.Activation('hard_silu')", "nn.Hardswish()", (11,), "channel"),
        Example("keras.layers.Activation('hard_swish')", "F.hardswish", (11,), "channel"),
    ),
)
