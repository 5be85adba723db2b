"""Leaky rectified linear unit; also Keras's ReLU where nothing but its slope is set, and rrelu at inference."""

from parity.grammar.constants import plain
from parity.grammar.rectifiers import leaks_only
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _keras_settings(call: Call) -> Settings:
    return {"slope": plain(call.words.get("negative_slope", 0.2))}  # the function's default; the layer says its own


def _torch_settings(call: Call) -> Settings:
    return {"slope": plain(call.words["negative_slope"])}


def _tensorflow_settings(call: Call) -> Settings:
    return {"slope": plain(call.words["alpha"])}


def _still(call: Call) -> bool:
    return not call.words["training"]


def _middle(call: Call) -> Settings:
    return {"slope": plain((call.words["lower"] + call.words["upper"]) / 2)}


RULE = Rule(
    kind="leaky_relu",
    keras=(
        Spelling(("LeakyReLU", "leaky_relu"), settings=_keras_settings),
        Spelling(("ReLU", "relu"), when=leaks_only, settings=_keras_settings),
    ),
    torch=(
        Spelling(("leaky_relu",), "input negative_slope=0.01 inplace=False", settings=_torch_settings),
        Spelling(
            names=("rrelu",),
            words="input lower=0.125 upper=0.3333333333333333 training=False inplace=False",
            when=_still,
            settings=_middle,
        ),
    ),
    tensorflow=(Spelling(("LeakyRelu",), "features", settings=_tensorflow_settings),),
    activation=True,
    examples=(
        Example("keras.layers.LeakyReLU()", "nn.LeakyReLU(0.3)", (11,), "channel"),
        Example("keras.layers.Activation('leaky_relu')", "nn.LeakyReLU(0.2)", (11,), "channel"),
        Example("keras.layers.ReLU(negative_slope=0.25)", "nn.RReLU(0.1, 0.4)", (11,), "channel"),
    ),
)
