"""Cosine."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="cos",
    torch=(Spelling(("cos",), "input"),),
    tensorflow=(Spelling(("Cos",), "x"),),
    examples=(Example("keras.ops.cos", "torch.cos", (11,), "channel"),),
)
