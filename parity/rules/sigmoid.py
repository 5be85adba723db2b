"""Logistic sigmoid."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="sigmoid",
    keras=(Spelling(("sigmoid",)),),
    torch=(Spelling(("sigmoid",), "input"),),
    tensorflow=(Spelling(("Sigmoid",), "features"),),
    activation=True,
    examples=(Example("keras.layers.Activation('sigmoid')", "nn.Sigmoid()", (11,), "channel"),),
)
