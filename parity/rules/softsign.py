"""Softsign: x / (1 + |x|)."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="softsign",
    keras=(Spelling(("softsign",)),),
    torch=(Spelling(("softsign",), "input"),),
    tensorflow=(Spelling(("Softsign",), "features"),),
    activation=True,
    examples=(
        Example("keras.layers.Activation('softsign')", "nn.Softsign()", (11,), "channel"),
        Example("keras.ops.softsign", "F.softsign", (11,), "channel"),
    ),
)
