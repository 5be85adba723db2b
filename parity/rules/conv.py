"""Convolution in one, two or three dimensions: Conv1D/2D/3D against conv1d/2d/3d."""

from collections.abc import Mapping

from parity.axes import SPATIAL, Axes, Axis, named, text
from parity.nouns import Settings
from parity.rule import Call, Example, Hold, Role, Rule, Spelling
from parity.windows import amounts, per_axis, rank_of


def _settings(call: Call, channel: int, kernel: tuple[int, ...], stride: object, dilation: object) -> Settings:
    rank, (data, *_) = rank_of(call), call.inputs
    channel %= len(data)
    sizes = [axis.size for i, axis in enumerate(data) if i != channel][-rank:]
    strides, dilations = per_axis(stride, rank), per_axis(dilation, rank)  # type: ignore[arg-type]
    return {
        "kernel": kernel,
        "stride": strides,
        "dilation": dilations,
        "groups": call.words["groups"],
        "padding": amounts(call.words["padding"], sizes, kernel, strides, dilations),
        "over": text((data[channel],)),
    }


def _reads(call: Call, channel: int) -> Mapping[str, Axis]:
    # A grouped kernel has only its group's share of the input axis, so that axis's order cannot be its own.
    return {"input": call.inputs[0][channel]} if call.words["groups"] == 1 else {}


def _keras_channel(call: Call) -> int:
    return -1 if call.words["data_format"] == "channels_last" else 1


def _keras_settings(call: Call) -> Settings:
    words = call.words
    return _settings(call, _keras_channel(call), tuple(words["kernel_size"]), words["strides"], words["dilation_rate"])


def _keras_axes(call: Call) -> Axes:
    names = list(SPATIAL[rank_of(call)])
    names.insert(len(names) if _keras_channel(call) == -1 else 0, "channel")
    return named(["batch", *names], call.shape)


def _keras_reads(call: Call) -> Mapping[str, Axis]:
    return _reads(call, _keras_channel(call))


def _torch_channel(call: Call) -> int:
    return -1 - rank_of(call)


def _torch_settings(call: Call) -> Settings:
    kernel = tuple(call.words["weight"].shape[2:])
    return _settings(call, _torch_channel(call), kernel, call.words["stride"], call.words["dilation"])


def _torch_axes(call: Call) -> Axes:
    return named(("batch", "channel", *SPATIAL[rank_of(call)])[-len(call.shape) :], call.shape)


def _torch_reads(call: Call) -> Mapping[str, Axis]:
    return _reads(call, _torch_channel(call))


RULE = Rule(
    kind="conv",
    roles={"kernel": Role("... input output"), "bias": Role("output")},
    keras=(
        Spelling(
            names=("Conv1D", "Conv2D", "Conv3D"),
            holds={"kernel": Hold("kernel", "... input output"), "bias": Hold("bias", "output")},
            settings=_keras_settings,
            axes=_keras_axes,
            reads=_keras_reads,
        ),
    ),
    torch=(
        Spelling(
            names=("conv1d", "conv2d", "conv3d"),
            words="input weight bias=None stride=1 padding=0 dilation=1 groups=1",
            holds={"kernel": Hold("weight", "output input ..."), "bias": Hold("bias", "output")},
            settings=_torch_settings,
            axes=_torch_axes,
            reads=_torch_reads,
        ),
    ),
    examples=(
        Example("keras.layers.Conv1D(6, 3)", "nn.Conv1d(5, 6, 3)", (7, 5), "length channel"),
        Example(
            "keras.layers.Conv1D(6, 3, use_bias=False, dilation_rate=2)",
            "nn.Conv1d(5, 6, 3, bias=False, dilation=2)",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.layers.Conv2D(6, (3, 2), strides=(2, 1))",
            "nn.Conv2d(5, 6, (3, 2), stride=(2, 1))",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.Conv2D(10, 3, padding='same', groups=5)",
            "nn.Conv2d(5, 10, 3, padding='same', groups=5)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.Conv3D(6, (2, 3, 1))",
            "nn.Conv3d(5, 6, (2, 3, 1))",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
    ),
)
