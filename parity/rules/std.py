"""Root of the variance along some axes: `std`, which Keras and TensorFlow write out."""

from parity.grammar.reductions import SPREAD_WORDS, torch_left, torch_spread
from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="std",
    torch=(Spelling(("std",), SPREAD_WORDS, settings=torch_spread, axes=torch_left),),
    examples=(
        Example(
            "lambda x: keras.ops.std(x, axis=1)",
            "lambda x: x.std(2, unbiased=False)",
            (7, 5),
            "length channel",
        ),
        Example(
            "lambda x: keras.ops.std(x, axis=(1, -1), keepdims=True)",
            "lambda x: torch.var(x, (1, 2), correction=0, keepdim=True).sqrt()",
            (7, 9, 5),
            "height width channel",
        ),
    ),
)
