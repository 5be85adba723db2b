"""Absolute value."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="absolute",
    torch=(Spelling(("abs", "absolute"), "input"),),
    tensorflow=(Spelling(("Abs",), "x"),),
    examples=(Example("keras.ops.abs", "torch.abs", (11,), "channel"),),
)
