"""Square root."""

from parity.rule import Example, Rule, Spelling
from parity.rules._powers import TORCH_WORDS, raises_to

RULE = Rule(
    kind="sqrt",
    torch=(
        Spelling(("sqrt",), "input"),
        Spelling(("pow", "float_power"), TORCH_WORDS, when=raises_to("sqrt")),
    ),
    tensorflow=(Spelling(("Sqrt",), "x"), Spelling(("Pow",), "x y", when=raises_to("sqrt"))),
    examples=(Example("lambda x: keras.ops.sqrt(keras.ops.abs(x))", "lambda x: x.abs() ** 0.5", (11,), "channel"),),
)
