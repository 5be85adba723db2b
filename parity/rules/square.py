"""The operand times itself."""

from parity.grammar.powers import TORCH_WORDS, raises_to
from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="square",
    torch=(
        Spelling(("square",), "input"),
        Spelling(("pow", "float_power"), TORCH_WORDS, when=raises_to("square")),
    ),
    tensorflow=(Spelling(("Square",), "x"), Spelling(("Pow",), "x y", when=raises_to("square"))),
    examples=(Example("keras.ops.square", "lambda x: x**2", (11,), "channel"),),
)
