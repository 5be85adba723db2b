"""Square root."""

from parity.grammar.powers import TORCH_WORDS, raises_to
from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="sqrt",
    torch=(
        Spelling(("sqrt",), "input"),
        Spelling(("pow", "float_power"), TORCH_WORDS, when=raises_to("sqrt")),
    ),
    tensorflow=(Spelling(("Sqrt",), "x"), Spelling(("Pow",), "x y", when=raises_to("sqrt"))),
    examples=(Example("lambda x: keras.ops.sqrt(keras.ops.abs(x))", "lambda x: x.abs() ** 0.5", (11,), "channel"),),
)
