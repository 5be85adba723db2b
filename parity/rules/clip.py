"""Elements brought within two bounds: relu6 and any other relu with a cap, hard tanh, clamp.

One bound alone is a `maximum`, a `minimum` or, at 0, a `relu`: a side that clips in two steps has two layers,
and neither of them must answer the whole.
"""

from parity.grammar.constants import bounds, plain
from parity.grammar.rectifiers import caps_only
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _hard_tanh(call: Call) -> Settings:
    return {"low": -1.0, "high": 1.0}


def _six(call: Call) -> Settings:
    return {"low": 0.0, "high": 6.0}


def _cap(call: Call) -> Settings:
    return {"low": 0.0, "high": plain(call.words["max_value"])}


def _two(call: Call) -> bool:
    return len(bounds(call)) == 2


RULE = Rule(
    kind="clip",
    keras=(
        Spelling(("ReLU", "relu"), when=caps_only, settings=_cap),
        Spelling(("relu6",), settings=_six),
        Spelling(("hard_tanh",), settings=_hard_tanh),
    ),
    torch=(
        Spelling(("relu6",), "input inplace=False", settings=_six),
        Spelling(("hardtanh",), "input min_val=-1.0 max_val=1.0 inplace=False", when=_two, settings=bounds),
        Spelling(("clamp", "clip"), "input min=None max=None", when=_two, settings=bounds),
    ),
    tensorflow=(
        Spelling(("Relu6",), "features", settings=_six),
        Spelling(("ClipByValue",), "t clip_value_min clip_value_max", when=_two, settings=bounds),
    ),
    activation=True,
    examples=(
        Example("keras.layers.Activation('hard_tanh')", "nn.Hardtanh()", (11,), "channel"),
        Example("keras.layers.Activation('hard_tanh')", "lambda x: x.clamp(-1, 1)", (11,), "channel"),
        Example("keras.layers.ReLU(max_value=6)", "nn.ReLU6()", (11,), "channel"),
        Example("keras.layers.ReLU(max_value=0.75)", "nn.Hardtanh(0, 0.75)", (11,), "channel"),
        Example("keras.ops.relu6", "lambda x: x.clamp(0, 6)", (11,), "channel"),
        Example("keras.layers.Activation('relu6')", "F.relu6", (11,), "channel"),
    ),
)
