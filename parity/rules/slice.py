"""A part of some axes: Cropping1D/2D/3D, CenterCrop, indices and slices, select and narrow, padding by less than 0.

An index drops its axis, which the shape tells. What only adds or drops axes of one element is a `reshape`.
"""

from parity.axes import Axes
from parity.grammar.slices import Picks, getitem, strided, taken, told, turned
from parity.grammar.windows import spatial
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _getitem_picks(call: Call) -> bool:
    return bool(_getitem_settings(call)["picks"])


def _getitem_settings(call: Call) -> Settings:
    return told(call.inputs[0], getitem(call)[0])


def _getitem_axes(call: Call) -> Axes:
    return getitem(call)[1]


def _part(call: Call) -> Picks:
    """What narrow, select and a crop pick, of axes that stay."""
    words, data = call.words, call.inputs[0]
    if "cropping" in words:
        amounts = words["cropping"]
        pairs = [amounts] if isinstance(amounts[0], int) else amounts
        # Cropping1D has no data format: its length always stands in the middle.
        places = (1,) if len(pairs) == 1 else spatial(call)
        return {at: range(data[at].size)[a : data[at].size - b] for at, (a, b) in zip(places, pairs, strict=True)}
    if "height" in words:
        places = (-3, -2) if words["data_format"] == "channels_last" else (-2, -1)
        return {
            at % len(data): _middle(data[at].size, size)
            for at, size in zip(places, (words["height"], words["width"]), strict=True)
        }
    if "pad" in words:
        pairs = list(zip(words["pad"][::2], words["pad"][1::2], strict=True))
        last = len(data) - 1
        return {last - i: range(data[last - i].size)[-a : data[last - i].size + b] for i, (a, b) in enumerate(pairs)}
    at = words["dim"] % len(data)
    start = range(data[at].size)[words["index"] if "index" in words else words["start"]]
    return {at: range(start, start + words.get("length", 1))}


def _middle(size: int, wanted: int) -> range:
    if wanted > size:
        raise ValueError("a crop to more than there is resizes")
    start = (size - wanted) // 2
    return range(start, start + wanted)


def _part_settings(call: Call) -> Settings:
    return told(call.inputs[0], _part(call))


def _part_axes(call: Call) -> Axes:
    return taken(call.inputs[0], _part(call))


def _select_axes(call: Call) -> Axes:
    at = call.words["dim"] % len(call.inputs[0])
    return (*call.inputs[0][:at], *call.inputs[0][at + 1 :])


def _pads_less(call: Call) -> bool:
    return call.words["mode"] == "constant" and any(call.words["pad"]) and all(each <= 0 for each in call.words["pad"])


def _slice_picks(call: Call) -> Picks:
    begins, sizes = call.words["begin"], call.words["size"]
    return {
        at: range(int(begin), each.size if int(size) == -1 else int(begin) + int(size))
        for at, (each, begin, size) in enumerate(zip(call.inputs[0], begins, sizes, strict=True))
    }


def _slice_settings(call: Call) -> Settings:
    return told(call.inputs[0], _slice_picks(call))


def _slice_axes(call: Call) -> Axes:
    return taken(call.inputs[0], _slice_picks(call))


def _strided_picks(call: Call) -> bool:
    return bool(_strided_settings(call)["picks"]) and not turned(call.inputs[0], strided(call)[0])


def _strided_settings(call: Call) -> Settings:
    return told(call.inputs[0], strided(call)[0])


def _strided_axes(call: Call) -> Axes:
    return strided(call)[1]


RULE = Rule(
    kind="slice",
    keras=(
        Spelling(("Cropping1D", "Cropping2D", "Cropping3D", "CenterCrop"), settings=_part_settings, axes=_part_axes),
    ),
    torch=(
        Spelling(("getitem",), "input index", when=_getitem_picks, settings=_getitem_settings, axes=_getitem_axes),
        Spelling(("narrow",), "input dim start length", settings=_part_settings, axes=_part_axes),
        Spelling(("select",), "input dim index", settings=_part_settings, axes=_select_axes),
        Spelling(
            ("pad",), "input pad mode='constant' value=None", when=_pads_less, settings=_part_settings, axes=_part_axes
        ),
    ),
    tensorflow=(
        Spelling(
            ("StridedSlice",),
            "input begin end strides",
            when=_strided_picks,
            settings=_strided_settings,
            axes=_strided_axes,
        ),
        Spelling(("Slice",), "input begin size", settings=_slice_settings, axes=_slice_axes),
    ),
    carries=True,
    examples=(
        Example(
            "keras.Sequential([keras.layers.Cropping1D((1, 2)), keras.layers.ReLU()])",
            "lambda x: x[:, :, 1:-2].relu()",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.Cropping2D(((1, 2), (3, 0))), keras.layers.ReLU()])",
            "lambda x: F.pad(x, (-3, 0, -1, -2)).relu()",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.Sequential([keras.layers.CenterCrop(4, 4), keras.layers.ReLU()])",
            "lambda x: x[..., 1:5, 2:6].relu()",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "lambda x: keras.ops.relu(x[:, 1:6:2, -1])",
            "lambda x: x[:, :, 1:6:2, 8].relu()",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "lambda x: keras.ops.relu(x[..., 2:4])", "lambda x: x.narrow(1, 2, 2).relu()", (7, 5), "length channel"
        ),
        Example(
            "lambda x: keras.ops.relu(x[:, 3])",
            "lambda x: x.select(2, 3).relu()",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.Cropping3D(((1, 0), (2, 1), (0, 3))), keras.layers.ReLU()])",
            "lambda x: x[:, :, 1:, 2:-1, :-3].relu()",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
    ),
)
