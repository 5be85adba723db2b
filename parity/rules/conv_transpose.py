"""Transposed convolution: Conv1DTranspose/2D/3D against conv_transpose1d/2d/3d.

Unpadded it gives (n - 1) stride + dilation (k - 1) + 1 elements; `crop` tells how many of these are cut away
before and after, a negative number how many zeros are added. TensorFlow's 'same' cuts the odd one at the end.
"""

from collections.abc import Mapping, Sequence

from parity.axes import SPATIAL, Axes, Axis, named, text
from parity.grammar.windows import per_axis, rank_of
from parity.nouns import Settings
from parity.rule import Call, Example, Hold, Role, Rule, Spelling


def _whole(sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> list[int]:
    return [(n - 1) * s + d * (k - 1) + 1 for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)]


def _settings(call: Call, channel: int, kernel: tuple[int, ...], words: tuple[object, object]) -> Settings:
    rank, data = rank_of(call), call.inputs[0]
    channel %= len(data)
    sizes = [axis.size for at, axis in enumerate(data) if at != channel][-rank:]
    outputs = [size for at, size in enumerate(call.shape) if at != channel][-rank:]
    stride, dilation = (per_axis(each, rank) for each in words)  # type: ignore[arg-type]
    whole = _whole(sizes, kernel, stride, dilation)
    if "data_format" in call.words:
        same = call.words["padding"] == "same"
        before = [max(full - out, 0) // 2 if same else 0 for full, out in zip(whole, outputs, strict=True)]
    else:
        before = list(per_axis(call.words["padding"], rank))
    crop = tuple((cut, full - out - cut) for cut, full, out in zip(before, whole, outputs, strict=True))
    return {
        "kernel": kernel,
        "stride": stride,
        "dilation": dilation,
        "groups": call.words.get("groups", 1),
        "crop": crop,
        "over": text((data[channel],)),
    }


def _keras_channel(call: Call) -> int:
    return -1 if call.words["data_format"] == "channels_last" else 1


def _keras_settings(call: Call) -> Settings:
    words = call.words
    return _settings(
        call, _keras_channel(call), tuple(words["kernel_size"]), (words["strides"], words["dilation_rate"])
    )


def _keras_axes(call: Call) -> Axes:
    names = list(SPATIAL[rank_of(call)])
    names.insert(len(names) if _keras_channel(call) == -1 else 0, "channel")
    return named(["batch", *names], call.shape)


def _keras_reads(call: Call) -> Mapping[str, Axis]:
    return {"input": call.inputs[0][_keras_channel(call)]}


def _torch_channel(call: Call) -> int:
    return -1 - rank_of(call)


def _torch_settings(call: Call) -> Settings:
    kernel = tuple(call.words["weight"].shape[2:])
    return _settings(call, _torch_channel(call), kernel, (call.words["stride"], call.words["dilation"]))


def _torch_axes(call: Call) -> Axes:
    return named(("batch", "channel", *SPATIAL[rank_of(call)])[-len(call.shape) :], call.shape)


def _torch_reads(call: Call) -> Mapping[str, Axis]:
    return {"input": call.inputs[0][_torch_channel(call)]} if call.words["groups"] == 1 else {}


RULE = Rule(
    kind="conv_transpose",
    roles={"kernel": Role("... input output"), "bias": Role("output", neutral=0.0)},
    keras=(
        Spelling(
            names=("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
            holds={"kernel": Hold("kernel", "... output input"), "bias": Hold("bias", "output")},
            settings=_keras_settings,
            axes=_keras_axes,
            reads=_keras_reads,
        ),
    ),
    torch=(
        Spelling(
            names=("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
            words="input weight bias=None stride=1 padding=0 output_padding=0 groups=1 dilation=1",
            holds={"kernel": Hold("weight", "input output ..."), "bias": Hold("bias", "output")},
            settings=_torch_settings,
            axes=_torch_axes,
            reads=_torch_reads,
        ),
    ),
    examples=(
        Example("keras.layers.Conv1DTranspose(6, 3)", "nn.ConvTranspose1d(5, 6, 3)", (7, 5), "length channel"),
        Example(
            "keras.layers.Conv1DTranspose(6, 2, strides=3)",
            "nn.ConvTranspose1d(5, 6, 2, stride=3, output_padding=1)",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.layers.Conv2DTranspose(6, 4, strides=2, padding='same', use_bias=False)",
            "nn.ConvTranspose2d(5, 6, 4, stride=2, padding=1, bias=False)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.Conv2DTranspose(6, (3, 5), strides=(2, 1), padding='same')",
            "Apply(lambda x, c: c(x)[:, :, :-1], nn.ConvTranspose2d(5, 6, (3, 5), stride=(2, 1), padding=(0, 2)))",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.Conv2DTranspose(6, 3, padding='same')",
            "nn.ConvTranspose2d(5, 6, 3, padding=1)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.Conv3DTranspose(6, 2)",
            "nn.ConvTranspose3d(5, 6, 2)",
            (3, 4, 7, 5),
            "depth height width channel",
        ),
        Example("keras.layers.Conv1DTranspose(6, 3)", "nn.LazyConvTranspose1d(6, 3)", (7, 5), "length channel"),
        Example(
            "keras.layers.Conv2DTranspose(6, 3)", "nn.LazyConvTranspose2d(6, 3)", (7, 9, 5), "height width channel"
        ),
        Example(
            "keras.layers.Conv3DTranspose(6, 2)",
            "nn.LazyConvTranspose3d(6, 2)",
            (3, 4, 5, 2),
            "depth height width channel",
        ),
    ),
)
