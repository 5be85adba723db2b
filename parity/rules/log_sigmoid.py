"""Logarithm of the logistic sigmoid."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="log_sigmoid",
    keras=(Spelling(("log_sigmoid",)),),
    torch=(Spelling(("log_sigmoid", "logsigmoid"), "input"),),
    activation=True,
    examples=(Example("keras.layers.Activation('log_sigmoid')", "nn.LogSigmoid()", (11,), "channel"),),
)
