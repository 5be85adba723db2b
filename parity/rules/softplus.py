"""Softplus: log(1 + exp(beta x)) / beta. PyTorch takes x itself where beta x is above a threshold."""

import math

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling

_HALF_A_STEP = 2.0**-24
"""Half the distance from 1 to the next float32 number."""


def _plain(call: Call) -> Settings:
    return {"beta": 1.0}


def _torch_settings(call: Call) -> Settings:
    beta, threshold = float(call.words["beta"]), float(call.words["threshold"])
    # Above the threshold t what is left out is log(1 + exp(-t)), of a result that is t or more.
    seen = threshold <= 0 or math.log1p(math.exp(-threshold)) / threshold > _HALF_A_STEP
    return {"beta": beta, **({"linear_above": threshold} if seen else {})}


RULE = Rule(
    kind="softplus",
    keras=(Spelling(("softplus",), settings=_plain),),
    torch=(Spelling(("softplus",), "input beta=1.0 threshold=20.0", settings=_torch_settings),),
    tensorflow=(Spelling(("Softplus",), "features", settings=_plain),),
    activation=True,
    examples=(
        Example("keras.layers.Activation('softplus')", "nn.Softplus(threshold=40)", (11,), "channel"),
        Example("keras.ops.softplus", "lambda x: F.softplus(x, threshold=40)", (11,), "channel"),
    ),
)
