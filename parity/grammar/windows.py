"""Arithmetic of sliding windows: every spelling of padding, as explicit amounts before and after.

Source of the 'same' formula: TensorFlow's documentation of `tf.nn.convolution`, "padding", and the
output-size notes of PyTorch's `Conv2d` and `MaxPool2d`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity.nouns import Settings
from parity.rule import Call

Amounts = tuple[tuple[int, int], ...]
"""For each spatial axis, the elements added before and after."""

AVERAGE_WORDS = "input kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True divisor_override=None"
MAX_WORDS = "input kernel_size stride=None padding=0 dilation=1 ceil_mode=False return_indices=False"
"""The words of PyTorch's pools: a pool whose one window covers the whole map is read by another rule."""


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
    padding: str | int | Sequence[int] | Sequence[tuple[int, int]],
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
    if isinstance(padding, int):
        return ((padding, padding),) * len(windows)
    pairs = [each if isinstance(each, tuple) else (each, each) for each in padding]
    return tuple(pairs * len(windows) if len(pairs) == 1 else pairs)


def rank_of(call: Call) -> int:
    """The number of spatial axes, from a name such as `conv2d` or `MaxPooling1D`."""
    return int(next(letter for letter in call.name if letter.isdigit()))


def keras_pool(call: Call) -> Settings:
    """Kernel, stride, padding and dilation of a pool as Keras words them."""
    words, data = call.words, call.inputs[0]
    spatial = slice(1, -1) if words["data_format"] == "channels_last" else slice(2, None)
    sizes = [axis.size for axis in data[spatial]]
    kernel, stride = tuple(words["pool_size"]), tuple(words["strides"])
    padding = amounts(words["padding"], sizes, kernel, stride, (1,) * len(sizes))
    return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": (1,) * len(sizes)}


def tensorflow_padding(words: Mapping[str, Any]) -> str | Sequence[tuple[int, int]]:
    """`same`, `valid`, or what an op of TensorFlow pads before and after each spatial axis; of channels last only."""
    if words.get("data_format", b"NHWC") not in (b"NHWC", b"NDHWC"):
        raise ValueError(f"data_format {words['data_format']!r}: expected channels last")
    if words["padding"] != b"EXPLICIT":
        return str(words["padding"].decode().lower())
    given = list(words["explicit_paddings"])
    return list(zip(given[2:-2:2], given[3:-2:2], strict=True))


def tensorflow_pool(call: Call) -> Settings:
    """Kernel, stride, padding and dilation of a pool as TensorFlow's ops word them: the batch's and channels' too."""
    words, sizes = call.words, [axis.size for axis in call.inputs[0][1:-1]]
    if {words[name][at] for name in ("ksize", "strides") for at in (0, -1)} != {1}:
        raise ValueError("a pool over the batch or the channels")
    kernel, stride, ones = tuple(words["ksize"][1:-1]), tuple(words["strides"][1:-1]), (1,) * len(sizes)
    padding = amounts(tensorflow_padding(words), sizes, kernel, stride, ones)
    return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": ones}


def torch_pool(call: Call) -> Settings:
    """Kernel, stride, padding and dilation of a pool as PyTorch words them, `ceil_mode` as padding at the end."""
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
    return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


def spatial(call: Call) -> tuple[int, ...]:
    """Where the spatial axes stand: by `data_format` in Keras, the last ones in PyTorch."""
    rank, dimensions = rank_of(call), len(call.inputs[0])
    if call.words.get("data_format") == "channels_last":
        return tuple(range(dimensions - rank - 1, dimensions - 1))
    return tuple(range(dimensions - rank, dimensions))


def covered(call: Call, pool: Settings) -> tuple[int, ...]:
    """The axes over which the one window of a pool covers the whole map.

    Empty where some axis is pooled in any other way than that or not at all. Padding is taken to leave no
    trace in the result, as in a maximum. A map of one element has nothing to cover: there it stays a pool.
    """
    found = []
    if all(call.inputs[0][at].size == 1 for at in spatial(call)):
        return ()
    for at, kernel, stride, (before, after), dilation in zip(
        spatial(call), pool["kernel"], pool["stride"], pool["padding"], pool["dilation"], strict=True
    ):
        size = call.inputs[0][at].size
        if dilation == 1 and kernel >= before + size and (size + before + after - kernel) // stride == 0:
            found.append(at)
        elif (kernel, stride, before, after) != (1, 1, 0, 0):
            return ()
    return tuple(found)


def bins(call: Call) -> tuple[int, ...]:
    """The output sizes of an adaptive pool, `None` being the input's size."""
    rank = rank_of(call)
    given = call.words["output_size"]
    wanted = per_axis(given if isinstance(given, int) else tuple(given), rank)
    sizes = [call.inputs[0][at].size for at in spatial(call)]
    return tuple(size if each is None else int(each) for each, size in zip(wanted, sizes, strict=True))


def adaptive(call: Call) -> Settings | None:
    """An adaptive pool as a plain one, where its bins are of one size and do not overlap; else None.

    Bin i of n over a map of m elements reaches from floor(i m / n) to ceil((i + 1) m / n).
    """
    sizes = [call.inputs[0][at].size for at in spatial(call)]
    if any(size % each for size, each in zip(sizes, bins(call), strict=True)):
        return None
    kernel = tuple(size // each for size, each in zip(sizes, bins(call), strict=True))
    return {"kernel": kernel, "stride": kernel, "padding": ((0, 0),) * len(sizes), "dilation": (1,) * len(sizes)}


def averages(call: Call) -> Settings:
    """An average pool of either framework, and what it divides by: `counts_padding`, or a number of its own.

    Keras leaves the padding out of the mean; PyTorch counts as zeros what `padding` adds, if it is not told
    otherwise, and never what `ceil_mode` reaches beyond the end.
    """
    if "kernel_size" not in call.words:
        return {**keras_pool(call), "counts_padding": False}
    padded = any(per_axis(call.words["padding"], rank_of(call))) and bool(call.words["count_include_pad"])
    divisor = call.words["divisor_override"]
    return {**torch_pool(call), "counts_padding": padded, **({} if divisor is None else {"divisor": divisor})}


def mean_over(call: Call) -> tuple[int, ...]:
    """The axes of which an average pool takes the plain mean; empty where it does anything else."""
    pool = averages(call)
    return () if pool["counts_padding"] or "divisor" in pool else covered(call, pool)


def max_over(call: Call) -> tuple[int, ...]:
    """The axes of which a max pool takes the plain maximum; empty where it does anything else."""
    return covered(call, torch_pool(call) if "kernel_size" in call.words else keras_pool(call))


def bin_over(call: Call) -> tuple[int, ...]:
    """The axes that an adaptive pool brings to one bin, where it leaves the others as they are; else empty."""
    pool = adaptive(call)
    return () if pool is None else covered(call, pool)


def nothing_pooled(call: Call) -> bool:
    """Whether an adaptive pool has a bin for each element of a map."""
    return not bin_over(call) and set((adaptive(call) or {"kernel": (0,)})["kernel"]) == {1}


def plainly_adaptive(call: Call) -> bool:
    """Whether an adaptive pool is a plain one that pools."""
    return adaptive(call) is not None and not bin_over(call) and not nothing_pooled(call)
