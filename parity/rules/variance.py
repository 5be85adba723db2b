"""Mean square of the distance from the mean along some axes: `var`, which Keras and TensorFlow write out.

The sum of squares is divided by their count less a `correction`: 1 in PyTorch by default, 0 in all others.
"""

from parity.grammar.reductions import SPREAD_WORDS, torch_left, torch_spread
from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="variance",
    torch=(Spelling(("var",), SPREAD_WORDS, settings=torch_spread, axes=torch_left),),
    examples=(
        Example(
            "lambda x: keras.ops.var(x, axis=(1, 2))",
            "lambda x: x.var((2, 3), unbiased=False)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "lambda x: keras.ops.var(x, axis=-1, keepdims=True)",
            "lambda x: (x - x.mean(1, keepdim=True)).square().mean(1, keepdim=True)",
            (7, 5),
            "length channel",
        ),
        Example(
            "lambda x: keras.ops.moments(x, axes=(1,))[1]",
            "lambda x: torch.var(x, 2, correction=0)",
            (7, 5),
            "length channel",
        ),
    ),
)
