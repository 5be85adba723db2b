"""Convolution in one, two or three dimensions: Conv1D/2D/3D against conv1d/2d/3d."""

from collections.abc import Mapping
from dataclasses import replace

from parity.axes import SPATIAL, Axes, Axis, named, text
from parity.grammar.windows import amounts, per_axis, rank_of, tensorflow_padding
from parity.nouns import Settings
from parity.rule import Call, Example, Hold, Holds, Role, Rule, Spelling


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


def _depthwise_settings(call: Call) -> Settings:
    words = call.words
    channel = _keras_channel(call)
    one_each = replace(call, words={**words, "groups": call.inputs[0][channel].size})
    return _settings(one_each, channel, tuple(words["kernel_size"]), words["strides"], words["dilation_rate"])


def _depthwise_holds(call: Call) -> Holds:
    slot = "depthwise_kernel" if call.name.startswith("Separable") else "kernel"
    sizes = {"input": call.held[slot][-2], "multiplier": call.held[slot][-1]}
    kernel = Hold(slot, "... input multiplier", sizes, canonical="... 1 (input multiplier)")
    return {"kernel": kernel} if call.name.startswith("Separable") else {"kernel": kernel, "bias": _BIAS}


def _depthwise_axes(call: Call) -> Axes:
    if call.name == "SeparableConv1D.depthwise":  # TensorFlow makes it in two dimensions
        return named("batch height length channel", call.shape)
    return _keras_axes(call)


def _pointwise_settings(call: Call) -> Settings:
    ones = (1,) * rank_of(call)
    alone = replace(call, words={**call.words, "groups": 1, "padding": "valid"})
    return _settings(alone, _keras_channel(call), ones, ones, ones)


def _pointwise_reads(call: Call) -> Mapping[str, Axis]:
    return {"input": call.inputs[0][_keras_channel(call)]}


_BIAS = Hold("bias", "output")


def _torch_channel(call: Call) -> int:
    return -1 - rank_of(call)


def _torch_settings(call: Call) -> Settings:
    kernel = tuple(call.words["weight"].shape[2:])
    return _settings(call, _torch_channel(call), kernel, call.words["stride"], call.words["dilation"])


def _torch_axes(call: Call) -> Axes:
    return named(("batch", "channel", *SPATIAL[rank_of(call)])[-len(call.shape) :], call.shape)


def _torch_reads(call: Call) -> Mapping[str, Axis]:
    return _reads(call, _torch_channel(call))


def _tensorflow_settings(call: Call) -> Settings:
    words, held = call.words, call.held["filter"]
    data, kernel = call.inputs[0], tuple(held[:-2])
    stride, dilation = tuple(words["strides"][1:-1]), tuple(words["dilations"][1:-1])
    return {
        "kernel": kernel,
        "stride": stride,
        "dilation": dilation,
        "groups": data[-1].size // held[-2],
        "padding": amounts(tensorflow_padding(words), [each.size for each in data[1:-1]], kernel, stride, dilation),
        "over": text((data[-1],)),
    }


def _tensorflow_axes(call: Call) -> Axes:
    return named(("batch", *SPATIAL[len(call.shape) - 2], "channel"), call.shape)


def _tensorflow_reads(call: Call) -> Mapping[str, Axis]:
    return {"input": call.inputs[0][-1]} if call.inputs[0][-1].size == call.held["filter"][-2] else {}


RULE = Rule(
    kind="conv",
    roles={"kernel": Role("... input output"), "bias": Role("output", neutral=0.0)},
    keras=(
        Spelling(
            names=("Conv1D", "Conv2D", "Conv3D"),
            holds={"kernel": Hold("kernel", "... input output"), "bias": Hold("bias", "output")},
            settings=_keras_settings,
            axes=_keras_axes,
            reads=_keras_reads,
        ),
        Spelling(
            names=("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D.depthwise", "SeparableConv2D.depthwise"),
            holds=_depthwise_holds,
            slots=("kernel", "depthwise_kernel", "bias"),
            settings=_depthwise_settings,
            axes=_depthwise_axes,
        ),
        Spelling(
            names=("SeparableConv1D.pointwise", "SeparableConv2D.pointwise"),
            holds={"kernel": Hold("pointwise_kernel", "... input output"), "bias": _BIAS},
            settings=_pointwise_settings,
            axes=_keras_axes,
            reads=_pointwise_reads,
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
    tensorflow=(
        Spelling(
            names=("Conv2D", "Conv3D"),
            words="input filter",
            holds={"kernel": Hold("filter", "... input output")},
            settings=_tensorflow_settings,
            axes=_tensorflow_axes,
            reads=_tensorflow_reads,
            when=lambda call: len(call.inputs) == 1 and "filter" in call.held,
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
        Example(
            "keras.layers.DepthwiseConv2D(3, depth_multiplier=2)",
            "nn.Conv2d(5, 10, 3, groups=5)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.DepthwiseConv1D(3, strides=2, padding='same', use_bias=False)",
            "nn.Conv1d(5, 5, 3, stride=2, padding=1, groups=5, bias=False)",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.layers.SeparableConv2D(6, 3, depth_multiplier=2)",
            "nn.Sequential(nn.Conv2d(5, 10, 3, groups=5, bias=False), nn.Conv2d(10, 6, 1))",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.SeparableConv1D(6, 3, padding='same', activation='relu', use_bias=False)",
            "nn.Sequential(nn.Conv1d(5, 5, 3, padding=1, groups=5, bias=False), nn.Conv1d(5, 6, 1, bias=False),"
            " nn.ReLU())",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.layers.TimeDistributed(keras.layers.Conv1D(6, 3))",
            "Apply(lambda x, c: c(x.flatten(0, 1).transpose(1, 2)).transpose(1, 2).unflatten(0, (-1, 4)),"
            " nn.Conv1d(5, 6, 3))",
            (4, 7, 5),
            "time length channel",
            "time length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.Conv1D(6, 3), keras.layers.Conv1D(4, 2)])",
            "nn.Sequential(nn.LazyConv1d(6, 3), nn.LazyConv1d(4, 2))",
            (7, 5),
            "length channel",
        ),
        Example("keras.layers.Conv2D(6, 3)", "nn.LazyConv2d(6, 3)", (7, 9, 5), "height width channel"),
        Example("keras.layers.Conv3D(6, 2)", "nn.LazyConv3d(6, 2)", (4, 7, 9, 5), "depth height width channel"),
    ),
)
