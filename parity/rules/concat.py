"""Concatenation along one axis: Concatenate against cat."""

from parity.axes import Axes, concatenated, text
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _position(call: Call) -> int:
    words = call.words
    return int(words["axis"] if "axis" in words else words["dim"])


def _settings(call: Call) -> Settings:
    return {"over": text((call.inputs[0][_position(call)],))}


def _axes(call: Call) -> Axes:
    return concatenated(call.inputs, _position(call))


RULE = Rule(
    kind="concat",
    keras=(Spelling(("Concatenate",), settings=_settings, axes=_axes),),
    torch=(Spelling(("cat", "concat", "concatenate"), "tensors dim=0", settings=_settings, axes=_axes),),
    tensorflow=(Spelling(("ConcatV2",), "*values axis", settings=_settings, axes=_axes),),
    examples=(
        Example(
            "lambda x: keras.layers.Concatenate()([x, keras.layers.ReLU()(x)])",
            "lambda x: torch.cat([x, x.relu()], dim=1)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "lambda x: keras.layers.Concatenate(axis=1)([x, keras.layers.ReLU()(x)])",
            "lambda x: torch.cat([x, x.relu()], 2)",
            (7, 9, 5),
            "height width channel",
        ),
    ),
)
