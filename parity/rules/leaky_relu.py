"""Leaky rectified linear unit."""

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _keras_settings(call: Call) -> Settings:
    return {"slope": call.words.get("negative_slope", 0.2)}  # 0.2 is the function's default; the layer says its own


def _torch_settings(call: Call) -> Settings:
    return {"slope": call.words["negative_slope"]}


def _tensorflow_settings(call: Call) -> Settings:
    return {"slope": call.words["alpha"]}


RULE = Rule(
    kind="leaky_relu",
    keras=(Spelling(("LeakyReLU", "leaky_relu"), settings=_keras_settings),),
    torch=(Spelling(("leaky_relu",), "input negative_slope=0.01 inplace=False", settings=_torch_settings),),
    tensorflow=(Spelling(("LeakyRelu",), "features", settings=_tensorflow_settings),),
    activation=True,
    examples=(
        Example("keras.layers.LeakyReLU()", "nn.LeakyReLU(0.3)", (11,), "channel"),
        Example("keras.layers.Activation('leaky_relu')", "nn.LeakyReLU(0.2)", (11,), "channel"),
    ),
)
