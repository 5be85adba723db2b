"""Another shape for the same row of numbers: Reshape, Flatten, view, flatten, squeeze, unsqueeze, `x[:, None]`."""

from parity.axes import Axes, reshaped
from parity.grammar.slices import getitem, strided, told
from parity.rule import Call, Example, Rule, Spelling


def _axes(call: Call) -> Axes:
    return reshaped(call.inputs[0], call.shape)


def _keras_flatten(call: Call) -> Axes:
    data = call.inputs[0]
    if call.words.get("data_format") == "channels_first" and len(data) > 2:
        data = (data[0], *data[2:], data[1])  # Keras moves the channels last before it flattens them.
    return reshaped(data, call.shape)


def _getitem_keeps(call: Call) -> bool:
    return not told(call.inputs[0], getitem(call)[0])["picks"]


def _strided_keeps(call: Call) -> bool:
    return not told(call.inputs[0], strided(call)[0])["picks"]


RULE = Rule(
    kind="reshape",
    keras=(Spelling(("Reshape",), axes=_axes), Spelling(("Flatten",), axes=_keras_flatten)),
    torch=(
        Spelling(("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze"), "input *shape", axes=_axes),
        Spelling(("getitem",), "input index", when=_getitem_keeps, axes=_axes),
    ),
    tensorflow=(
        Spelling(("Reshape", "Squeeze", "ExpandDims"), "tensor shape", axes=_axes),
        Spelling(("StridedSlice",), "input begin end strides", when=_strided_keeps, axes=_axes),
    ),
    carries=True,
    examples=(
        Example(
            "keras.Sequential([keras.layers.Flatten(), keras.layers.ReLU()])",
            "nn.Sequential(nn.Flatten(), nn.ReLU())",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.Sequential([keras.layers.Reshape((63, 5)), keras.layers.ReLU()])",
            "lambda x: x.view(x.shape[0], 5, 63).relu()",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.expand_dims(x, 1))",
            "lambda x: x[:, :, None].relu()",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.Reshape((2, 3)), keras.layers.ReLU()])",
            "nn.Sequential(nn.Unflatten(1, (2, 3)), nn.ReLU())",
            (6,),
            "channel",
        ),
    ),
)
