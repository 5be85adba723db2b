"""Natural logarithm."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="log",
    torch=(Spelling(("log",), "input"),),
    tensorflow=(Spelling(("Log",), "x"),),
    examples=(Example("lambda x: keras.ops.log(keras.ops.exp(x))", "lambda x: x.exp().log()", (11,), "channel"),),
)
