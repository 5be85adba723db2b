"""Exponential."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="exp",
    keras=(Spelling(("exponential",)),),
    torch=(Spelling(("exp",), "input"),),
    tensorflow=(Spelling(("Exp",), "features"),),
    activation=True,
    examples=(
        Example("keras.layers.Activation('exponential')", "torch.exp", (11,), "channel"),
        Example("keras.ops.exp", "lambda x: x.exp()", (11,), "channel"),
    ),
)
