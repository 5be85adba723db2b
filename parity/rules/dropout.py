"""Dropout, which does nothing at inference; `active` says that this call drops all the same."""

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _torch_settings(call: Call) -> Settings:
    active = bool(call.words["training"]) and call.words["p"] > 0
    return {"rate": call.words["p"], "active": active}


def _keras_settings(call: Call) -> Settings:
    return {"rate": call.words["rate"], "active": False}


RULE = Rule(
    kind="dropout",
    keras=(
        Spelling(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), settings=_keras_settings),
    ),
    torch=(
        Spelling(
            names=("dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout"),
            words="input p=0.5 training=True inplace=False",
            settings=_torch_settings,
        ),
    ),
    carries=True,
    examples=(
        Example(
            "keras.Sequential([keras.layers.Dropout(0.5), keras.layers.ReLU()])",
            "nn.Sequential(nn.Dropout(0.5), nn.ReLU())",
            (11,),
            "channel",
        ),
    ),
)
