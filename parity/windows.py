"""Arithmetic of sliding windows: every spelling of padding, as explicit amounts before and after.

Source of the 'same' formula: TensorFlow's documentation of `tf.nn.convolution`, "padding", and the
output-size notes of PyTorch's `Conv2d` and `MaxPool2d`.
"""

from __future__ import annotations

from collections.abc import Sequence

from parity.nouns import Settings
from parity.rule import Call

Amounts = tuple[tuple[int, int], ...]
"""For each spatial axis, the elements added before and after."""


def per_axis(value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """`2` or `(2,)` for each of `rank` axes: `(2, 2)`."""
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * rank if len(values) == 1 else values


def same(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """TensorFlow's 'same': the output has ceil(size / stride) elements, an odd one is added at the end."""
    span = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def reached(size: int, output: int, kernel: int, stride: int, before: int, dilation: int = 1) -> tuple[int, int]:
    """What a pool of known output size pads: the windows' reach beyond the end, as with `ceil_mode`."""
    span = (kernel - 1) * dilation + 1
    return before, max((output - 1) * stride + span - size - before, 0)


def amounts(
    padding: str | int | Sequence[int],
    sizes: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
) -> Amounts:
    """Padding in any spelling ('same', 'valid', 'causal', a number, one a side) at these input sizes."""
    windows = list(zip(sizes, kernel, stride, dilation, strict=True))
    if padding == "same":
        return tuple(same(*window) for window in windows)
    if padding == "causal":
        return tuple(((k - 1) * d, 0) for _, k, _, d in windows)
    if padding == "valid":
        return ((0, 0),) * len(windows)
    if isinstance(padding, str):
        raise ValueError(f"padding {padding!r}: expected 'same', 'valid', 'causal' or numbers")
    return tuple((each, each) for each in per_axis(padding, len(windows)))


def rank_of(call: Call) -> int:
    """The number of spatial axes, from a name such as `conv2d` or `MaxPooling1D`."""
    return int(next(letter for letter in call.name if letter.isdigit()))


def keras_pool(call: Call) -> Settings:
    """Kernel, stride and padding of a pool as Keras words them."""
    words, data = call.words, call.inputs[0]
    spatial = slice(1, -1) if words["data_format"] == "channels_last" else slice(2, None)
    sizes = [axis.size for axis in data[spatial]]
    kernel, stride = tuple(words["pool_size"]), tuple(words["strides"])
    padding = amounts(words["padding"], sizes, kernel, stride, (1,) * len(sizes))
    return {"kernel": kernel, "stride": stride, "padding": padding}


def torch_pool(call: Call) -> Settings:
    """Kernel, stride and padding of a pool as PyTorch words them, `ceil_mode` as padding at the end."""
    words, rank = call.words, rank_of(call)
    kernel = per_axis(words["kernel_size"], rank)
    stride = per_axis(words["stride"] or words["kernel_size"], rank)
    before = per_axis(words["padding"], rank)
    dilation = per_axis(words.get("dilation", 1), rank)
    if words["ceil_mode"]:
        sizes = [axis.size for axis in call.inputs[0][-rank:]]
        windows = zip(sizes, call.shape[-rank:], kernel, stride, before, dilation, strict=True)
        padding = tuple(reached(*window) for window in windows)
    else:
        padding = tuple((each, each) for each in before)
    return {"kernel": kernel, "stride": stride, "padding": padding}
