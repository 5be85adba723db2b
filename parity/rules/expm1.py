"""Exponential, less one."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="expm1",
    torch=(Spelling(("expm1", "special_expm1"), "input"),),
    tensorflow=(Spelling(("Expm1",), "x"),),
    examples=(Example("keras.ops.expm1", "torch.expm1", (11,), "channel"),),
)
