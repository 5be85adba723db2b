"""Tanh shrink: x - tanh(x)."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="tanh_shrink",
    keras=(Spelling(("tanh_shrink",)),),
    torch=(Spelling(("tanhshrink",), "input"),),
    activation=True,
    examples=(Example("keras.layers.Activation('tanh_shrink')", "nn.Tanhshrink()", (11,), "channel"),),
)
