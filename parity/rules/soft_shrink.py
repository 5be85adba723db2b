"""Soft shrink: x brought nearer to 0 by the threshold, and 0 within it."""

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _keras_settings(call: Call) -> Settings:
    return {"threshold": float(call.words.get("threshold", 0.5))}  # the function's default


def _torch_settings(call: Call) -> Settings:
    return {"threshold": float(call.words["lambd"])}


RULE = Rule(
    kind="soft_shrink",
    keras=(Spelling(("soft_shrink",), settings=_keras_settings),),
    torch=(Spelling(("softshrink",), "input lambd=0.5", settings=_torch_settings),),
    activation=True,
    examples=(Example("keras.layers.Activation('soft_shrink')", "nn.Softshrink()", (11,), "channel"),),
)
