"""Hyperbolic tangent."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="tanh",
    keras=(Spelling(("tanh",)),),
    torch=(Spelling(("tanh",), "input"),),
    tensorflow=(Spelling(("Tanh",), "features"),),
    activation=True,
    examples=(
        Example("keras.layers.Activation('tanh')", "nn.Tanh()", (11,), "channel"),
        Example("keras.ops.tanh", "torch.tanh", (11,), "channel"),
    ),
)
