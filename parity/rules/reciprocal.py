"""One over the operand."""

from parity.grammar.powers import TORCH_WORDS, raises_to
from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="reciprocal",
    torch=(
        Spelling(("reciprocal",), "input"),
        Spelling(("pow", "float_power"), TORCH_WORDS, when=raises_to("reciprocal")),
    ),
    tensorflow=(Spelling(("Reciprocal",), "x"), Spelling(("Pow",), "x y", when=raises_to("reciprocal"))),
    examples=(
        Example("lambda x: keras.ops.reciprocal(keras.ops.exp(x))", "lambda x: x.exp().pow(-1)", (11,), "channel"),
    ),
)
