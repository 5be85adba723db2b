"""An axis cut into parts: split, chunk, unbind. What is told of the result is told of the first part.

`sizes` are those of all parts; a part whose axis has gone is one element wide.
"""

import numpy as np

from parity.axes import Axes, resized
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _place(call: Call) -> int:
    words = call.words
    return int(words["axis"] if "axis" in words else words["dim"]) % len(call.inputs[0])


def _sizes(call: Call) -> tuple[int, ...]:
    words, whole = call.words, call.inputs[0][_place(call)].size
    given = words.get("size_splits", words.get("split_size_or_sections"))
    if isinstance(given, tuple | list | np.ndarray) and np.ndim(given):
        sizes = [int(each) for each in given]
        return tuple(whole - sum(sizes) - 1 if each == -1 else each for each in sizes)
    if not isinstance(given, int | np.ndarray | None):
        raise TypeError("the sizes are computed")
    if len(call.shape) < len(call.inputs[0]):
        return (1,) * whole
    step = call.shape[_place(call)]
    return (*(step,) * (whole // step), *((whole % step,) if whole % step else ()))


def _settings(call: Call) -> Settings:
    return {"over": str(call.inputs[0][_place(call)]), "sizes": _sizes(call)}


def _axes(call: Call) -> Axes:
    data, at = call.inputs[0], _place(call)
    return resized(data, call.shape) if len(call.shape) == len(data) else (*data[:at], *data[at + 1 :])


RULE = Rule(
    kind="split",
    torch=(
        Spelling(("split",), "input split_size_or_sections dim=0", settings=_settings, axes=_axes),
        Spelling(("chunk",), "input chunks dim=0", settings=_settings, axes=_axes),
        Spelling(("unbind",), "input dim=0", settings=_settings, axes=_axes),
    ),
    tensorflow=(
        Spelling(("SplitV",), "value size_splits axis", settings=_settings, axes=_axes),
        Spelling(("Split",), "axis value", settings=_settings, axes=_axes),
        Spelling(("Unpack",), "value", settings=_settings, axes=_axes),
    ),
    carries=True,
    examples=(
        Example(
            "lambda x: keras.ops.relu(keras.ops.split(x, 3, axis=-1)[0])",
            "lambda x: x.chunk(3, 1)[0].relu()",
            (7, 6),
            "length channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.unstack(x, axis=1)[0])",
            "lambda x: x.unbind(2)[0].relu()",
            (7, 5),
            "length channel",
        ),
    ),
)
