"""Product over some axes."""

from parity.grammar.reductions import tensorflow_left, tensorflow_over, torch_left, torch_over
from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="prod",
    torch=(Spelling(("prod",), "input dim=None keepdim=False dtype=None", settings=torch_over, axes=torch_left),),
    tensorflow=(Spelling(("Prod",), "input axis", settings=tensorflow_over, axes=tensorflow_left),),
    examples=(
        Example("lambda x: keras.ops.prod(x, axis=1)", "lambda x: x.prod(2)", (7, 5), "length channel"),
        Example(
            "lambda x: keras.ops.prod(x, axis=-1, keepdims=True)",
            "lambda x: x.prod(1, keepdim=True)",
            (7, 9, 5),
            "height width channel",
        ),
    ),
)
