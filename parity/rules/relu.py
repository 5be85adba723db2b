"""Rectified linear unit. It may be capped (relu6), and Keras's layer may lift its threshold or let negatives leak.

A clip from 0 is the same: `clamp(min=0)`, `hardtanh(0, 6)`, `maximum(x, 0)`.
"""

from parity.constants import bounds, plain
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling
from parity.rules._leaks import leaks_only


def _rectifies(call: Call) -> bool:
    return not leaks_only(call)


def _keras_settings(call: Call) -> Settings:
    given = {name: call.words.get(name) for name in ("max_value", "negative_slope", "threshold")}
    return {name: plain(value) for name, value in given.items() if value or (name == "max_value" and value == 0)}


def _six(call: Call) -> Settings:
    return {"max_value": 6.0}


def _from_zero(call: Call) -> bool:
    return bounds(call).get("low") == 0


def _cap(call: Call) -> Settings:
    high = bounds(call).get("high")
    return {} if high is None else {"max_value": high}


RULE = Rule(
    kind="relu",
    keras=(
        Spelling(("ReLU", "relu"), when=_rectifies, settings=_keras_settings),
        Spelling(("relu6",), settings=_six),
    ),
    torch=(
        Spelling(("relu",), "input inplace=False"),
        Spelling(("relu6",), "input inplace=False", settings=_six),
        Spelling(("hardtanh",), "input min_val=-1.0 max_val=1.0 inplace=False", when=_from_zero, settings=_cap),
        Spelling(("clamp", "clip"), "input min=None max=None", when=_from_zero, settings=_cap),
        Spelling(("clamp_min",), "input min", when=_from_zero),
        Spelling(("maximum",), "input other", when=_from_zero),
    ),
    tensorflow=(
        Spelling(("Relu",), "features"),
        Spelling(("Relu6",), "features", settings=_six),
        Spelling(("Maximum",), "x y", when=_from_zero),
        Spelling(("ClipByValue",), "t clip_value_min clip_value_max", when=_from_zero, settings=_cap),
    ),
    activation=True,
    examples=(
        Example("keras.layers.ReLU()", "nn.ReLU()", (11,), "channel"),
        Example("keras.layers.Activation('relu')", "torch.relu", (11,), "channel"),
        Example("keras.ops.relu", "lambda x: x.relu()", (11,), "channel"),
        Example("keras.layers.ReLU(max_value=6)", "nn.ReLU6()", (11,), "channel"),
        Example("keras.ops.relu6", "lambda x: x.clamp(0, 6)", (11,), "channel"),
        Example("keras.layers.Activation('relu6')", "F.relu6", (11,), "channel"),
        Example("lambda x: keras.ops.maximum(x, 0)", "lambda x: x.clamp(min=0)", (11,), "channel"),
    ),
)
