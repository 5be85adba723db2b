"""Minimum over some axes."""

from parity.grammar.reductions import (
    REDUCING_WORDS,
    tensorflow_left,
    tensorflow_over,
    torch_left,
    torch_over,
    torch_reduces,
)
from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="min",
    torch=(
        Spelling(("amin",), "input dim=() keepdim=False", settings=torch_over, axes=torch_left),
        Spelling(("min",), REDUCING_WORDS, when=torch_reduces, settings=torch_over, axes=torch_left),
    ),
    tensorflow=(Spelling(("Min",), "input axis", settings=tensorflow_over, axes=tensorflow_left),),
    examples=(
        Example("lambda x: keras.ops.min(x, axis=1)", "lambda x: x.amin(2)", (7, 5), "length channel"),
        Example(
            "lambda x: keras.ops.min(x, axis=-1, keepdims=True)",
            "lambda x: x.amin(1, keepdim=True)",
            (7, 9, 5),
            "height width channel",
        ),
    ),
)
