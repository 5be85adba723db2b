"""Channels laid out as blocks of a larger map: depth_to_space against pixel_shuffle.

TensorFlow counts the places of a block first and then the channels, PyTorch the other way round; with one
channel on the side of the map, the two are the same.
"""

from parity.axes import Axes, resized
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _axes(call: Call) -> Axes:
    return resized(call.inputs[0], call.shape)


def _settings(block: int, channels: int, first: str) -> Settings:
    return {"block": block, **({"first": first} if channels > 1 else {})}


def _torch_settings(call: Call) -> Settings:
    channels = call.shape[-3]
    return _settings(call.words["upscale_factor"], channels, "channel")


def _tensorflow_settings(call: Call) -> Settings:
    if call.words["data_format"] != b"NHWC":
        raise ValueError("expected the channels last")
    channels = call.shape[-1]
    return _settings(call.words["block_size"], channels, "place")


RULE = Rule(
    kind="depth_to_space",
    torch=(Spelling(("pixel_shuffle",), "input upscale_factor", settings=_torch_settings, axes=_axes),),
    tensorflow=(Spelling(("DepthToSpace",), "input", settings=_tensorflow_settings, axes=_axes),),
    carries=True,
    examples=(
        Example(
            "lambda x: keras.ops.relu(keras.ops.depth_to_space(x, 2))",
            "lambda x: F.pixel_shuffle(x, 2).relu()",
            (7, 9, 4),
            "height width channel",
        ),
    ),
)
