"""Logarithm of the operand and one."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="log1p",
    torch=(Spelling(("log1p", "special_log1p"), "input"),),
    tensorflow=(Spelling(("Log1p",), "x"),),
    examples=(Example("lambda x: keras.ops.log1p(keras.ops.abs(x))", "lambda x: x.abs().log1p()", (11,), "channel"),),
)
