"""Sine."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="sin",
    torch=(Spelling(("sin",), "input"),),
    tensorflow=(Spelling(("Sin",), "x"),),
    examples=(Example("keras.ops.sin", "torch.sin", (11,), "channel"),),
)
