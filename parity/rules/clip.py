"""Elements brought within two bounds: hard tanh, clamp, and a maximum or minimum with a plain number.

A clip from 0 is a `relu`.
"""

from parity.constants import bounds
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _hard_tanh(call: Call) -> Settings:
    return {"low": -1.0, "high": 1.0}


def _not_from_zero(call: Call) -> bool:
    found = bounds(call)
    return bool(found) and found.get("low") != 0


RULE = Rule(
    kind="clip",
    keras=(Spelling(("hard_tanh",), settings=_hard_tanh),),
    torch=(
        Spelling(("hardtanh",), "input min_val=-1.0 max_val=1.0 inplace=False", when=_not_from_zero, settings=bounds),
        Spelling(("clamp", "clip"), "input min=None max=None", when=_not_from_zero, settings=bounds),
        Spelling(("clamp_min",), "input min", when=_not_from_zero, settings=bounds),
        Spelling(("clamp_max",), "input max", when=_not_from_zero, settings=bounds),
        Spelling(("maximum", "minimum"), "input other", when=_not_from_zero, settings=bounds),
    ),
    tensorflow=(
        Spelling(("Maximum", "Minimum"), "x y", when=_not_from_zero, settings=bounds),
        Spelling(("ClipByValue",), "t clip_value_min clip_value_max", when=_not_from_zero, settings=bounds),
    ),
    activation=True,
    examples=(
        Example("keras.layers.Activation('hard_tanh')", "nn.Hardtanh()", (11,), "channel"),
        Example("lambda x: keras.ops.maximum(x, -0.1)", "lambda x: x.clamp(min=-0.1)", (11,), "channel"),
        Example("lambda x: keras.ops.minimum(x, 0.7)", "lambda x: x.clamp_max(0.7)", (11,), "channel"),
    ),
)
