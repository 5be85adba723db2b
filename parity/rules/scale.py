"""The product with a parameter: a layer's scale, kept as (C), as (C, 1, 1) or as one number."""

from parity.grammar.elementwise import TENSORFLOW, TORCH, by_parameter, holds, reads
from parity.rule import Example, Role, Rule, Spelling

RULE = Rule(
    kind="scale",
    roles={"scale": Role("...")},
    torch=(
        Spelling(
            names=("mul", "multiply", "rmul", "imul"),
            words="input other",
            holds=holds("scale", TORCH),
            slots=TORCH,
            reads=reads(TORCH),
            when=by_parameter(TORCH),
        ),
    ),
    tensorflow=(
        Spelling(
            names=("Mul",),
            words="x y",
            holds=holds("scale", TENSORFLOW),
            slots=TENSORFLOW,
            reads=reads(TENSORFLOW),
            when=by_parameter(TENSORFLOW),
        ),
    ),
    examples=(
        Example(
            "Bare('lambda x, scale: x * scale', (5,))",
            "Bare('lambda x, scale: x * scale', (5, 1, 1))",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "Bare('lambda x, scale: scale * x', (1,))",
            "Bare('lambda x, scale: scale * x', ())",
            (7, 5),
            "length channel",
        ),
    ),
)
