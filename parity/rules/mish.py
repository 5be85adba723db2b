"""Mish: x tanh(softplus(x))."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="mish",
    keras=(Spelling(("mish",)),),
    torch=(Spelling(("mish",), "input inplace=False"),),
    activation=True,
    examples=(Example("keras.layers.Activation('mish')", "nn.Mish()", (11,), "channel"),),
)
