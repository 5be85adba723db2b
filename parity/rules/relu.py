"""Rectified linear unit, also as a clip from 0 alone; Keras's layer may lift its threshold or let negatives leak.

One with a cap and nothing else is a `clip`.
"""

from parity.grammar.constants import bounds, plain
from parity.grammar.rectifiers import caps_only, leaks_only
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _rectifies(call: Call) -> bool:
    return not leaks_only(call) and not caps_only(call)


def _keras_settings(call: Call) -> Settings:
    given = {name: call.words.get(name) for name in ("max_value", "negative_slope", "threshold")}
    return {name: plain(value) for name, value in given.items() if value or (name == "max_value" and value == 0)}


def _from_zero(call: Call) -> bool:
    return bounds(call) == {"low": 0.0}


RULE = Rule(
    kind="relu",
    keras=(Spelling(("ReLU", "relu"), when=_rectifies, settings=_keras_settings),),
    torch=(
        Spelling(("relu",), "input inplace=False"),
        Spelling(("clamp", "clip"), "input min=None max=None", when=_from_zero),
        Spelling(("clamp_min",), "input min", when=_from_zero),
        Spelling(("maximum",), "input other", when=_from_zero),
    ),
    tensorflow=(Spelling(("Relu",), "features"), Spelling(("Maximum",), "x y", when=_from_zero)),
    activation=True,
    examples=(
        Example("keras.layers.ReLU()", "nn.ReLU()", (11,), "channel"),
        Example("keras.layers.Activation('relu')", "torch.relu", (11,), "channel"),
        Example("keras.ops.relu", "lambda x: x.relu()", (11,), "channel"),
        Example("lambda x: keras.ops.maximum(x, 0)", "lambda x: x.clamp(min=0)", (11,), "channel"),
    ),
)
