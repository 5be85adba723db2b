"""Hard sigmoid: relu6(x + 3) / 6."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="hard_sigmoid",
    keras=(Spelling(("hard_sigmoid",)),),
    torch=(Spelling(("hardsigmoid",), "input inplace=False"),),
    activation=True,
    examples=(Example("keras.layers.Activation('hard_sigmoid')", "nn.Hardsigmoid()", (11,), "channel"),),
)
