"""The sum with a parameter: a bias of its own, a learned position, a token kept as a bare array."""

from parity.grammar.elementwise import BIAS_ADD, TENSORFLOW, TORCH, by_parameter, holds, reads
from parity.rule import Example, Role, Rule, Spelling

RULE = Rule(
    kind="offset",
    roles={"offset": Role("...")},
    torch=(
        Spelling(
            names=("add", "radd", "iadd"),
            words="input other alpha=1",
            holds=holds("offset", TORCH),
            slots=TORCH,
            reads=reads(TORCH),
            when=by_parameter(TORCH),
        ),
    ),
    tensorflow=(
        Spelling(
            names=("Add", "AddV2"),
            words="x y",
            holds=holds("offset", TENSORFLOW),
            slots=TENSORFLOW,
            reads=reads(TENSORFLOW),
            when=by_parameter(TENSORFLOW),
        ),
        Spelling(
            names=("BiasAdd",),
            words="value bias",
            holds=holds("offset", BIAS_ADD),
            slots=BIAS_ADD,
            reads=reads(BIAS_ADD),
            when=by_parameter(BIAS_ADD),
        ),
    ),
    examples=(
        Example(
            "Bare('lambda x, bias: x + bias', (5,))",
            "Bare('lambda x, bias: x + bias.view(-1, 1)', (5,))",
            (7, 5),
            "length channel",
        ),
        Example(
            "Bare('lambda x, places: x + places', (1, 7, 5))",
            "Bare('lambda x, places: x + places[:, :7].transpose(1, 2)', (1, 7, 5))",
            (7, 5),
            "length channel",
        ),
    ),
)
