"""One operand raised to another, or one of them a plain number; roots, squares and reciprocals are their own kinds."""

from parity.grammar.powers import TORCH_WORDS, general, settings
from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="power",
    torch=(
        Spelling(("pow", "float_power"), TORCH_WORDS, when=general, settings=settings),
        Spelling(("rpow",), "input other", settings=settings),
    ),
    tensorflow=(Spelling(("Pow",), "x y", when=general, settings=settings),),
    examples=(
        Example("lambda x: x**3", "lambda x: x.pow(3)", (11,), "channel"),
        Example("lambda x: 1.5**x", "lambda x: 1.5**x", (11,), "channel"),
        Example(
            "lambda x: keras.ops.power(keras.ops.exp(x), keras.ops.tanh(x))",
            "lambda x: x.exp() ** x.tanh()",
            (11,),
            "channel",
        ),
    ),
)
