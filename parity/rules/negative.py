"""The operand with its sign turned."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="negative",
    torch=(Spelling(("neg", "negative"), "input"),),
    tensorflow=(Spelling(("Neg",), "x"),),
    examples=(Example("lambda x: -x", "lambda x: -x", (11,), "channel"),),
)
