"""Blocks of a map laid out as channels: space_to_depth against pixel_unshuffle.

TensorFlow counts the places of a block first and then the channels, PyTorch the other way round; with one
channel on the side of the map, the two are the same.
"""

from parity.axes import Axes, resized, shape_of
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _axes(call: Call) -> Axes:
    return resized(call.inputs[0], call.shape)


def _settings(block: int, channels: int, first: str) -> Settings:
    return {"block": block, **({"first": first} if channels > 1 else {})}


def _torch_settings(call: Call) -> Settings:
    channels = shape_of(call.inputs[0])[-3]
    return _settings(call.words["downscale_factor"], channels, "channel")


def _tensorflow_settings(call: Call) -> Settings:
    if call.words["data_format"] != b"NHWC":
        raise ValueError("expected the channels last")
    channels = shape_of(call.inputs[0])[-1]
    return _settings(call.words["block_size"], channels, "place")


RULE = Rule(
    kind="space_to_depth",
    torch=(Spelling(("pixel_unshuffle",), "input downscale_factor", settings=_torch_settings, axes=_axes),),
    tensorflow=(Spelling(("SpaceToDepth",), "input", settings=_tensorflow_settings, axes=_axes),),
    carries=True,
    examples=(
        Example(
            "lambda x: keras.ops.relu(keras.ops.space_to_depth(x, 2))",
            "lambda x: F.pixel_unshuffle(x, 2).relu()",
            (4, 6, 1),
            "height width channel",
        ),
    ),
)
