"""The operand times itself."""

from parity.rule import Example, Rule, Spelling
from parity.rules._powers import TORCH_WORDS, raises_to

RULE = Rule(
    kind="square",
    torch=(
        Spelling(("square",), "input"),
        Spelling(("pow", "float_power"), TORCH_WORDS, when=raises_to("square")),
    ),
    tensorflow=(Spelling(("Square",), "x"), Spelling(("Pow",), "x y", when=raises_to("square"))),
    examples=(Example("keras.ops.square", "lambda x: x**2", (11,), "channel"),),
)
