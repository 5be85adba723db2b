"""Gaussian error linear unit, by the error function or by its tanh approximation."""

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _keras_settings(call: Call) -> Settings:
    return {"approximate": bool(call.words.get("approximate", False))}


def _torch_settings(call: Call) -> Settings:
    return {"approximate": call.words["approximate"] == "tanh"}


RULE = Rule(
    kind="gelu",
    keras=(Spelling(("gelu",), settings=_keras_settings),),
    torch=(Spelling(("gelu",), "input approximate='none'", settings=_torch_settings),),
    activation=True,
    examples=(Example("keras.layers.Activation('gelu')", "nn.GELU()", (11,), "channel"),),
)
