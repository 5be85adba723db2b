"""Hard shrink: x, or 0 where |x| is not above the threshold."""

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _keras_settings(call: Call) -> Settings:
    return {"threshold": float(call.words.get("threshold", 0.5))}  # the function's default


def _torch_settings(call: Call) -> Settings:
    return {"threshold": float(call.words["lambd"])}


RULE = Rule(
    kind="hard_shrink",
    keras=(Spelling(("hard_shrink",), settings=_keras_settings),),
    torch=(Spelling(("hardshrink",), "input lambd=0.5", settings=_torch_settings),),
    activation=True,
    examples=(Example("keras.layers.Activation('hard_shrink')", "nn.Hardshrink()", (11,), "channel"),),
)
