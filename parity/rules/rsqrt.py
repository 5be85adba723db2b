"""One over the square root."""

from parity.grammar.powers import TORCH_WORDS, raises_to
from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="rsqrt",
    torch=(
        Spelling(("rsqrt",), "input"),
        Spelling(("pow", "float_power"), TORCH_WORDS, when=raises_to("rsqrt")),
    ),
    tensorflow=(Spelling(("Rsqrt",), "x"), Spelling(("Pow",), "x y", when=raises_to("rsqrt"))),
    examples=(Example("lambda x: keras.ops.rsqrt(keras.ops.exp(x))", "lambda x: x.exp().rsqrt()", (11,), "channel"),),
)
