"""Padding by a constant, by what is there in reverse, or by its edge: ZeroPadding1D/2D/3D against pad.

Amounts are (before, after) for each axis, in canonical order. A constant padding by less than 0 alone is a `slice`.
"""

from collections.abc import Sequence

from parity.axes import Axes, ranking, resized
from parity.grammar.constants import plain
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling

Pair = tuple[int, int]
_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _axes(call: Call) -> Axes:
    return resized(call.inputs[0], call.shape)


def _settings(call: Call, amounts: Sequence[Pair], value: float, mode: str) -> Settings:
    ordered = tuple(amounts[position] for position in ranking(call.inputs[0]))
    # One element in reverse from the edge on is the edge itself.
    if mode == "symmetric" and all(each <= 1 for pair in ordered for each in pair):
        mode = "edge"
    return {"amounts": ordered, "value": value if mode == "constant" else 0.0, "mode": mode}


def _keras_settings(call: Call) -> Settings:
    padding = call.words["padding"]
    spatial = [padding] if isinstance(padding[0], int) else padding
    none = [(0, 0)]
    around = [none * 2, []] if call.words.get("data_format") == "channels_first" else [none, none]
    return _settings(call, [*around[0], *(tuple(pair) for pair in spatial), *around[1]], 0.0, "constant")


def _torch_settings(call: Call) -> Settings:
    pad = call.words["pad"]
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)][::-1]  # PyTorch counts from the last axis
    missing = [(0, 0)] * (len(call.shape) - len(pairs))
    return _settings(call, [*missing, *pairs], plain(call.words["value"] or 0), _MODES[call.words["mode"]])


def _tensorflow_settings(call: Call) -> Settings:
    amounts = [(int(before), int(after)) for before, after in call.words["paddings"]]
    return _settings(call, amounts, plain(call.words["constant_values"] or 0), "constant")


def _mirror_settings(call: Call) -> Settings:
    amounts = [(int(before), int(after)) for before, after in call.words["paddings"]]
    return _settings(call, amounts, 0.0, call.words["mode"].decode().lower())


def _pads_more(call: Call) -> bool:
    pad = call.words["pad"]
    return call.words["mode"] != "constant" or any(each > 0 for each in pad) or not any(pad)


RULE = Rule(
    kind="pad",
    keras=(Spelling(("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"), settings=_keras_settings, axes=_axes),),
    torch=(
        Spelling(
            ("pad",), "input pad mode='constant' value=None", when=_pads_more, settings=_torch_settings, axes=_axes
        ),
    ),
    tensorflow=(
        Spelling(("Pad", "PadV2"), "input paddings constant_values=0", settings=_tensorflow_settings, axes=_axes),
        Spelling(("MirrorPad",), "input paddings", settings=_mirror_settings, axes=_axes),
    ),
    carries=True,
    examples=(
        Example(
            "keras.Sequential([keras.layers.ZeroPadding1D((1, 2)), keras.layers.ReLU()])",
            "lambda x: F.pad(x, (1, 2)).relu()",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.ZeroPadding2D(((1, 2), (3, 0))), keras.layers.ReLU()])",
            "lambda x: F.pad(x, (3, 0, 1, 2)).relu()",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.pad(x, ((0, 0), (1, 2), (0, 0)), 'constant', 0.3))",
            "nn.Sequential(nn.ConstantPad1d((1, 2), 0.3), nn.ReLU())",
            (7, 5),
            "length channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.pad(x, ((0, 0), (1, 2), (3, 0), (0, 0)), 'reflect'))",
            "nn.Sequential(nn.ReflectionPad2d((3, 0, 1, 2)), nn.ReLU())",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.pad(x, ((0, 0), (1, 0), (1, 1), (0, 0)), 'symmetric'))",
            "nn.Sequential(nn.ReplicationPad2d((1, 1, 1, 0)), nn.ReLU())",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.Sequential([keras.layers.ZeroPadding1D((1, 2)), keras.layers.ReLU()])",
            "nn.Sequential(nn.ZeroPad1d((1, 2)), nn.ReLU())",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.ZeroPadding2D(((1, 2), (3, 0))),"
            " keras.layers.ZeroPadding2D(1), keras.layers.ReLU()])",
            "nn.Sequential(nn.ZeroPad2d((3, 0, 1, 2)), nn.ConstantPad2d(1, 0.0), nn.ReLU())",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.Sequential([keras.layers.ZeroPadding3D(1),"
            " keras.layers.ZeroPadding3D(((1, 0), (0, 2), (3, 1))), keras.layers.ReLU()])",
            "nn.Sequential(nn.ZeroPad3d(1), nn.ConstantPad3d((3, 1, 0, 2, 1, 0), 0.0), nn.ReLU())",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.pad(x, ((0, 0), (2, 1), (0, 0)), 'reflect'))",
            "nn.Sequential(nn.ReflectionPad1d((2, 1)), nn.ReLU())",
            (7, 5),
            "length channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.pad(x, ((0, 0), (2, 1), (1, 0), (0, 2), (0, 0)), 'reflect'))",
            "nn.Sequential(nn.ReflectionPad3d((0, 2, 1, 0, 2, 1)), nn.ReLU())",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.pad(x, ((0, 0), (1, 0), (0, 0)), 'symmetric'))",
            "nn.Sequential(nn.ReplicationPad1d((1, 0)), nn.ReLU())",
            (7, 5),
            "length channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.pad(x, ((0, 0), (1, 0), (0, 1), (1, 1), (0, 0)), 'symmetric'))",
            "nn.Sequential(nn.ReplicationPad3d((1, 1, 0, 1, 1, 0)), nn.ReLU())",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
    ),
)
