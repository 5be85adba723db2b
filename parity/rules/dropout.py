"""Dropout and noise, which do nothing at inference; `active` says that this call drops all the same.

`law` tells what is drawn in training, where it is not elements or whole maps set to 0.
"""

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling

_WORDS = "input p=0.5 training=True inplace=False"
_ALPHA_WORDS = "input p=0.5 training=False inplace=False"


def _torch_settings(call: Call) -> Settings:
    active = bool(call.words["training"]) and call.words["p"] > 0
    return {"rate": call.words["p"], "active": active}


def _torch_alpha(call: Call) -> Settings:
    return {**_torch_settings(call), "law": "alpha"}


def _keras_settings(call: Call) -> Settings:
    return {"rate": call.words["rate"], "active": False}


def _keras_alpha(call: Call) -> Settings:
    return {**_keras_settings(call), "law": "alpha"}


def _keras_gaussian(call: Call) -> Settings:
    return {**_keras_settings(call), "law": "gaussian"}


def _keras_noise(call: Call) -> Settings:
    return {"deviation": call.words["stddev"], "active": False, "law": "gaussian noise"}


RULE = Rule(
    kind="dropout",
    bookkeeping=("seed_generator_state",),
    keras=(
        Spelling(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), settings=_keras_settings),
        Spelling(("AlphaDropout",), settings=_keras_alpha),
        Spelling(("GaussianDropout",), settings=_keras_gaussian),
        Spelling(("GaussianNoise",), settings=_keras_noise),
    ),
    torch=(
        Spelling(
            ("dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout"), _WORDS, settings=_torch_settings
        ),
        Spelling(("alpha_dropout", "feature_alpha_dropout"), _ALPHA_WORDS, settings=_torch_alpha),
    ),
    carries=True,
    examples=(
        Example(
            "keras.Sequential([keras.layers.Dropout(0.5), keras.layers.ReLU()])",
            "nn.Sequential(nn.Dropout(0.5), nn.ReLU())",
            (11,),
            "channel",
        ),
        Example(
            "keras.Sequential([keras.layers.SpatialDropout2D(0.3),keras.layers.AlphaDropout(0.2),keras.layers.ReLU()])",
            "nn.Sequential(nn.Dropout2d(0.3), nn.AlphaDropout(0.2), nn.ReLU())",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.Sequential([keras.layers.AlphaDropout(0.5), keras.layers.SpatialDropout1D(0.5),"
            " keras.layers.ReLU()])",
            "nn.Sequential(nn.FeatureAlphaDropout(0.5), nn.Dropout1d(0.5), nn.ReLU())",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.Dropout(0.5), keras.layers.GaussianDropout(0.5),"
            " keras.layers.GaussianNoise(0.5), keras.layers.ReLU()])",
            "nn.Sequential(nn.Dropout(0.5), nn.ReLU())",
            (11,),
            "channel",
        ),
        Example(
            "keras.Sequential([keras.layers.SpatialDropout3D(0.5), keras.layers.ReLU()])",
            "nn.Sequential(nn.Dropout3d(0.5), nn.ReLU())",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
    ),
)
