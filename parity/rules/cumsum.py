"""Sums of all elements up to each one along an axis."""

from parity.grammar.reductions import only_operand, over, positions
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _settings(call: Call) -> Settings:
    only_operand(call)
    words = call.words
    flags = {name: True for name in ("reverse", "exclusive") if words.get(name)}
    return {**over(call, positions(int(words["axis" if "axis" in words else "dim"]), len(call.shape))), **flags}


RULE = Rule(
    kind="cumsum",
    torch=(Spelling(("cumsum",), "input dim dtype=None", settings=_settings),),
    tensorflow=(Spelling(("Cumsum",), "x axis", settings=_settings),),
    examples=(
        Example("lambda x: keras.ops.cumsum(x, axis=1)", "lambda x: x.cumsum(2)", (7, 5), "length channel"),
        Example("lambda x: keras.ops.cumsum(x, axis=-1)", "lambda x: x.cumsum(1)", (7, 5), "length channel"),
    ),
)
