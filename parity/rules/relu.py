"""Rectified linear unit. Keras's ReLU layer may cap it, lift its threshold or let negatives leak."""

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _keras_settings(call: Call) -> Settings:
    given = {name: call.words.get(name) for name in ("max_value", "negative_slope", "threshold")}
    return {name: value for name, value in given.items() if value}


RULE = Rule(
    kind="relu",
    keras=(Spelling(("ReLU", "relu"), settings=_keras_settings),),
    torch=(Spelling(("relu",), "input inplace=False"),),
    tensorflow=(Spelling(("Relu",), "features"),),
    activation=True,
    examples=(
        Example("keras.layers.ReLU()", "nn.ReLU()", (11,), "channel"),
        Example("keras.layers.Activation('relu')", "torch.relu", (11,), "channel"),
        Example("keras.ops.relu", "lambda x: x.relu()", (11,), "channel"),
    ),
)
