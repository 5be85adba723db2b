"""Error function."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="erf",
    torch=(Spelling(("erf", "special_erf"), "input"),),
    tensorflow=(Spelling(("Erf",), "x"),),
    examples=(Example("keras.ops.erf", "torch.erf", (11,), "channel"),),
)
