"""Scaled exponential linear unit, with the two constants of Klambauer et al. 2017."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="selu",
    keras=(Spelling(("selu",)),),
    torch=(Spelling(("selu",), "input inplace=False"),),
    tensorflow=(Spelling(("Selu",), "features"),),
    activation=True,
    examples=(
        Example("keras.layers.Activation('selu')", "nn.SELU()", (11,), "channel"),
        Example("keras.ops.selu", "F.selu", (11,), "channel"),
    ),
)
