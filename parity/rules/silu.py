"""SiLU, also called swish: x times its sigmoid."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="silu",
    keras=(Spelling(("silu", "swish")),),
    torch=(Spelling(("silu",), "input inplace=False"),),
    activation=True,
    examples=(Example("keras.layers.Activation('silu')", "nn.SiLU()", (11,), "channel"),),
)
