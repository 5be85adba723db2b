"""Axes repeated as a whole, among them those of one element: RepeatVector, tile, repeat, expand, broadcast_to."""

from parity.axes import LOST, Axes, axis, resized
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling

_NEW = "1"


def _settings(call: Call) -> Settings:
    data = call.inputs[0]
    new = len(call.shape) - len(data)
    counts = [(_NEW, size) for size in call.shape[:new]]
    for each, size in zip(data, call.shape[new:], strict=True):
        if size % each.size:
            raise ValueError(f"{size} is not a multiple of {each.size}")
        counts.append((str(each), size // each.size))
    return {"times": tuple(sorted(each for each in counts if each[1] != 1))}


def _axes(call: Call) -> Axes:
    new = len(call.shape) - len(call.inputs[0])
    return (*(axis(LOST, size) for size in call.shape[:new]), *resized(call.inputs[0], call.shape[new:]))


def _vector_settings(call: Call) -> Settings:
    return {"times": ((_NEW, call.words["n"]),)}


def _vector_axes(call: Call) -> Axes:
    batch, channel = call.inputs[0]
    return batch, axis(LOST, call.shape[1]), channel


def _of_one(call: Call) -> bool:
    """Whether each element of a row of one is repeated, which repeats the row."""
    dim, data = call.words["dim"], call.inputs[0]
    return dim is not None and data[dim].size == 1


RULE = Rule(
    kind="tile",
    keras=(Spelling(("RepeatVector",), settings=_vector_settings, axes=_vector_axes),),
    torch=(
        Spelling(
            ("repeat", "tile", "expand", "expand_as", "broadcast_to"), "input *sizes", settings=_settings, axes=_axes
        ),
        Spelling(("repeat_interleave",), "input repeats dim=None", when=_of_one, settings=_settings, axes=_axes),
    ),
    tensorflow=(
        Spelling(("Tile",), "input multiples", settings=_settings, axes=_axes),
        Spelling(("BroadcastTo",), "input shape", settings=_settings, axes=_axes),
    ),
    carries=True,
    examples=(
        Example(
            "lambda x: keras.ops.relu(keras.ops.tile(x, (1, 2, 3)))",
            "lambda x: x.repeat(1, 3, 2).relu()",
            (7, 5),
            "length channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.tile(x[:, :1], (1, 7, 1)))",
            "lambda x: x[:, :, :1].expand_as(x).relu()",
            (7, 5),
            "length channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.tile(x[:, 2:3], (1, 4, 1)))",
            "lambda x: x[:, :, 2:3].repeat_interleave(4, 2).relu()",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.RepeatVector(3), keras.layers.ReLU()])",
            "lambda x: x.unsqueeze(1).repeat(1, 3, 1).relu()",
            (11,),
            "channel",
        ),
    ),
)
