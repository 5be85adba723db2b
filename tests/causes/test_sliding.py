"""Causes about windows, pads and sizes, on ports as they are written: named and proved, and not named elsewhere."""

from torch import nn  # isort: skip - before Keras, which brings TensorFlow
from collections import OrderedDict

import keras
import numpy as np
import pytest
import tensorflow as tf
from torch.nn import functional as F

import parity

layers = keras.layers


def data(*shape):
    return np.random.default_rng(5).normal(size=(2, *shape)).astype("float32")


class Apply(nn.Module):
    """A function of one's own among modules."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Ops(keras.layers.Layer):
    """The same among layers."""

    def __init__(self, function, **words):
        super().__init__(**words)
        self.function = function

    def call(self, x):
        return self.function(x)

    def get_config(self):
        return {**super().get_config(), "function": self.function}


def in_keras(shape, *stack):
    return keras.Sequential([keras.Input(shape), *stack])


def in_torch(**stack):
    return nn.Sequential(OrderedDict(stack))


def checked(shape, mine, yours, *, turned):
    """Keras against PyTorch, or PyTorch as the reference, each on the data in its own order."""
    image = data(*shape)
    first = "channel height width" if len(shape) == 3 else "channel length"
    last = "height width channel" if len(shape) == 3 else "length channel"
    reference, candidate = in_keras(shape, *mine()), in_torch(**yours())
    if not turned:
        return parity.check(reference, candidate, {"x": image}, candidate_axes={"x": first})
    given = parity.Input("x", (shape[-1], *shape[:-1]), tuple(first.split()), tuple(last.split()))
    return parity.check(candidate, reference, [given], batch=2)


def told(verdict):
    return {(finding.cause, finding.layer): finding for finding in verdict.findings}


CAUSES = {
    # name: (causes, shape, the Keras layers, the PyTorch modules); the layer at fault is called "it".
    # Behind a bar stand the causes with PyTorch as the reference: Keras's 'same' follows what else is mended.
    "stem": (
        "same-pad-stride",
        (16, 16, 3),
        lambda: [layers.Conv2D(4, 7, strides=2, padding="same", name="it")],
        lambda: {"it": nn.Conv2d(3, 4, 7, stride=2, padding=3)},
    ),
    "block": (
        "same-pad-stride",
        (8, 8, 3),
        lambda: [
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.Conv2D(4, 3, strides=2, padding="same", name="it"),
            layers.Flatten(),
            layers.Dense(5),
        ],
        lambda: {
            "first": nn.Conv2d(3, 4, 3, padding=1),
            "relu": nn.ReLU(),
            "it": nn.Conv2d(4, 4, 3, stride=2, padding=1),
            "flat": nn.Flatten(),
            "fc": nn.Linear(64, 5),
        },
    ),
    "depthwise": (
        "same-pad-stride",
        (8, 8, 3),
        lambda: [layers.DepthwiseConv2D(3, strides=2, padding="same", name="it")],
        lambda: {"it": nn.Conv2d(3, 3, 3, stride=2, padding=1, groups=3)},
    ),
    "sequence": (
        "same-pad-stride",
        (10, 3),
        lambda: [layers.Conv1D(4, 5, strides=2, padding="same", name="it")],
        lambda: {"it": nn.Conv1d(3, 4, 5, stride=2, padding=2)},
    ),
    "pad-at-the-start": (
        "same-pad-stride",
        (8, 8, 3),
        lambda: [layers.Conv2D(4, 3, strides=2, padding="same", name="it")],
        lambda: {"pad": nn.ZeroPad2d((1, 0, 1, 0)), "it": nn.Conv2d(3, 4, 3, stride=2)},
    ),
    "causal": (
        "causal-pad",
        (10, 3),
        lambda: [layers.Conv1D(4, 5, padding="causal", name="it")],
        lambda: {"it": nn.Conv1d(3, 4, 5, padding=2)},
    ),
    "causal-dilated": (
        "causal-pad",
        (12, 3),
        lambda: [layers.Conv1D(4, 3, padding="causal", dilation_rate=2, name="it"), layers.ReLU()],
        lambda: {"it": nn.Conv1d(3, 4, 3, padding="same", dilation=2), "relu": nn.ReLU()},
    ),
    "no-padding": (
        "padding",
        (8, 8, 3),
        lambda: [layers.Conv2D(4, 3, padding="same", name="it")],
        lambda: {"it": nn.Conv2d(3, 4, 3)},
    ),
    "pool-padding": (
        "padding",
        (8, 8, 3),
        lambda: [layers.MaxPooling2D(2, name="it")],
        lambda: {"it": nn.MaxPool2d(2, padding=1)},
    ),
    "pad-by-another-number": (
        "padding",
        (8, 8, 3),
        lambda: [layers.ZeroPadding2D(1, name="it"), layers.Conv2D(4, 3)],
        lambda: {"it": nn.ZeroPad2d(2), "conv": nn.Conv2d(3, 4, 3)},
    ),
    "transposed": (
        "conv-transpose-same",
        (5, 4, 3),
        lambda: [layers.Conv2DTranspose(4, 3, strides=2, padding="same", name="it")],
        lambda: {"it": nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1)},
    ),
    "transposed-5": (
        "conv-transpose-same",
        (7, 3),
        lambda: [layers.Conv1DTranspose(4, 5, strides=2, padding="same", name="it"), layers.ReLU()],
        lambda: {"it": nn.ConvTranspose1d(3, 4, 5, stride=2, padding=2, output_padding=1), "relu": nn.ReLU()},
    ),
    "transposed-whole": (
        "conv-transpose-same",
        (5, 4, 3),
        lambda: [layers.Conv2DTranspose(4, 3, strides=2, name="it")],
        lambda: {"it": nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1)},
    ),
    "transposed-with-more": (
        "conv-transpose-same",
        (5, 3),
        lambda: [layers.Conv1DTranspose(4, 2, strides=3, name="it")],
        lambda: {"it": nn.ConvTranspose1d(3, 4, 2, stride=3)},
    ),
    "transposed-and-cut": (
        "conv-transpose-same",
        (5, 3),
        lambda: [layers.Conv1DTranspose(4, 3, strides=2, padding="same", name="it"), layers.ReLU()],
        lambda: {"it": nn.ConvTranspose1d(3, 4, 3, stride=2), "cut": Apply(lambda x: x[..., 1:].relu())},
    ),
    "max-pool": (
        "pool-same",
        (8, 8, 3),
        lambda: [layers.MaxPooling2D(3, strides=2, padding="same", name="it")],
        lambda: {"it": nn.MaxPool2d(3, stride=2, padding=1)},
    ),
    "max-pool-row-lost": (
        "pool-same",
        (9, 9, 3),
        lambda: [layers.MaxPooling2D(2, padding="same", name="it")],
        lambda: {"it": nn.MaxPool2d(2)},
    ),
    "average-pool": (
        "pool-same",
        (8, 8, 3),
        lambda: [layers.AveragePooling2D(3, strides=2, padding="same", name="it")],
        lambda: {"it": nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)},
    ),
    "average-pool-twice": (
        "pool-same avgpool-count-pad",
        (8, 8, 3),
        lambda: [layers.AveragePooling2D(3, strides=2, padding="same", name="it")],
        lambda: {"it": nn.AvgPool2d(3, stride=2, padding=1)},
    ),
    "counted": (
        "avgpool-count-pad",
        (7, 7, 3),
        lambda: [layers.AveragePooling2D(3, strides=1, padding="same", name="it")],
        lambda: {"it": nn.AvgPool2d(3, stride=1, padding=1)},
    ),
    "zeros-counted": (
        "avgpool-count-pad",
        (8, 8, 3),
        lambda: [layers.ZeroPadding2D(1), layers.AveragePooling2D(3, strides=2, name="it"), layers.Conv2D(2, 1)],
        lambda: {
            "it": nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False),
            "conv": nn.Conv2d(3, 2, 1),
        },
    ),
    "zeros-before-a-maximum": (
        "maxpool-pad-value",
        (8, 8, 3),
        lambda: [layers.ZeroPadding2D(1), layers.MaxPooling2D(3, strides=2, name="it")],
        lambda: {"it": nn.MaxPool2d(3, stride=2, padding=1)},
    ),
    "zeros-before-a-maximum-at-the-end": (
        "maxpool-pad-value pool-same",
        (8, 8, 3),
        lambda: [layers.ZeroPadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, strides=2, name="it")],
        lambda: {"it": nn.MaxPool2d(3, stride=2, padding=1)},
    ),
    "global-pool": (
        "adaptive-pool",
        (8, 8, 3),
        lambda: [layers.Conv2D(4, 1), layers.GlobalAveragePooling2D(name="it"), layers.Dense(2)],
        lambda: {"conv": nn.Conv2d(3, 4, 1), "it": nn.AvgPool2d(7), "flat": nn.Flatten(), "fc": nn.Linear(4, 2)},
    ),
    "global-max-pool-at-the-end": (
        "adaptive-pool",
        (9, 3),
        lambda: [layers.Conv1D(4, 1), layers.GlobalMaxPooling1D(name="it")],
        lambda: {"conv": nn.Conv1d(3, 4, 1), "it": nn.MaxPool1d(5), "flat": nn.Flatten()},
    ),
    "bins": (
        "adaptive-pool",
        (7, 7, 3),
        lambda: [layers.Conv2D(4, 1), layers.AveragePooling2D(2, name="it"), layers.Conv2D(2, 3)],
        lambda: {"conv": nn.Conv2d(3, 4, 1), "it": nn.AdaptiveAvgPool2d(3), "last": nn.Conv2d(4, 2, 3)},
    ),
    "kind-and-window": (
        "kernel pool-kind",
        (9, 9, 3),
        lambda: [layers.Conv2D(4, 1), layers.MaxPooling2D(3, strides=2, name="it"), layers.Conv2D(2, 3)],
        lambda: {"conv": nn.Conv2d(3, 4, 1), "it": nn.AvgPool2d(2, stride=2), "last": nn.Conv2d(4, 2, 3)},
    ),
    "kind-and-padding": (
        "padding pool-kind",
        (8, 8, 3),
        lambda: [
            layers.Conv2D(4, 1),
            layers.AveragePooling2D(3, strides=1, padding="same", name="it"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ],
        lambda: {
            "conv": nn.Conv2d(3, 4, 1),
            "it": nn.MaxPool2d(3, stride=1),
            "mean": Apply(lambda x: x.mean((2, 3))),
            "last": nn.Linear(4, 2),
        },
    ),
    "nearest-for-bilinear": (
        "interpolation-mode",
        (5, 6, 3),
        lambda: [layers.UpSampling2D(2, interpolation="bilinear", name="it")],
        lambda: {"it": nn.Upsample(scale_factor=2)},
    ),
    "nearest-for-bicubic": (
        "interpolation-mode",
        (5, 6, 3),
        lambda: [layers.UpSampling2D(2, interpolation="bicubic", name="it")],
        lambda: {"it": nn.Upsample(scale_factor=2)},
    ),
    "bilinear-for-nearest": (
        "interpolation-mode",
        (7, 5, 3),
        lambda: [layers.Resizing(10, 9, interpolation="nearest", name="it")],
        lambda: {"it": nn.Upsample(size=(10, 9), mode="bilinear", align_corners=True)},
    ),
    "bilinear": (
        "resize-coords",
        (5, 6, 3),
        lambda: [layers.UpSampling2D(2, interpolation="bilinear", name="it")],
        lambda: {"it": nn.UpsamplingBilinear2d(scale_factor=2)},
    ),
    "bilinear-of-tensorflow-1": (
        "resize-coords",
        (5, 6, 3),
        lambda: [Ops(lambda x: tf.compat.v1.image.resize_bilinear(x, (10, 9)), name="it")],
        lambda: {"it": nn.Upsample(size=(10, 9), mode="bilinear")},
    ),
    "nearest": (
        "nearest-rounding",
        (7, 7, 3),
        lambda: [layers.Resizing(10, 10, interpolation="nearest", name="it")],
        lambda: {"it": nn.Upsample(size=(10, 10))},
    ),
    "bicubic": (
        "bicubic-coefficient",
        (5, 6, 3),
        lambda: [layers.UpSampling2D(2, interpolation="bicubic", name="it")],
        lambda: {"it": nn.Upsample(scale_factor=2, mode="bicubic")},
    ),
    "bicubic-by-corners": (
        "bicubic-coefficient resize-coords",
        (5, 6, 3),
        lambda: [layers.UpSampling2D(2, interpolation="bicubic", name="it")],
        lambda: {"it": nn.Upsample(scale_factor=2, mode="bicubic", align_corners=True)},
    ),
    "pad-order": (
        "zeropad-order",
        (6, 6, 3),
        lambda: [layers.ZeroPadding2D(((1, 2), (0, 3)), name="it"), layers.Conv2D(4, 3)],
        lambda: {"it": nn.ZeroPad2d((1, 2, 0, 3)), "conv": nn.Conv2d(3, 4, 3)},
    ),
    "pad-order-by-its-shape": (
        "zeropad-order",
        (6, 6, 3),
        lambda: [layers.ZeroPadding2D(((1, 1), (2, 2)), name="it"), layers.Conv2D(4, 3)],
        lambda: {"it": nn.ZeroPad2d((1, 1, 2, 2)), "conv": nn.Conv2d(3, 4, 3)},
    ),
    "pixel-shuffle": (
        "pixelshuffle-order",
        (4, 4, 3),
        lambda: [layers.Conv2D(8, 3), Ops(lambda x: keras.ops.depth_to_space(x, 2), name="it"), layers.Conv2D(2, 1)],
        lambda: {"conv": nn.Conv2d(3, 8, 3), "it": nn.PixelShuffle(2), "last": nn.Conv2d(2, 2, 1)},
    ),
    "pixel-shuffle-at-the-end": (
        "pixelshuffle-order",
        (4, 4, 3),
        lambda: [layers.Conv2D(12, 3), Ops(lambda x: keras.ops.depth_to_space(x, 2), name="it")],
        lambda: {"conv": nn.Conv2d(3, 12, 3), "it": nn.PixelShuffle(2)},
    ),
    "pixel-unshuffle": (
        "pixelshuffle-order",
        (4, 4, 3),
        lambda: [Ops(lambda x: keras.ops.space_to_depth(x, 2), name="it"), layers.Conv2D(2, 1)],
        lambda: {"it": nn.PixelUnshuffle(2), "last": nn.Conv2d(12, 2, 1)},
    ),
    "stride": (
        "stride",
        (9, 9, 3),
        lambda: [layers.Conv2D(4, 3, strides=2, name="it")],
        lambda: {"it": nn.Conv2d(3, 4, 3)},
    ),
    "pool-stride": (
        "stride",
        (9, 9, 3),
        lambda: [layers.AveragePooling2D(3, strides=2, name="it")],
        lambda: {"it": nn.AvgPool2d(3)},
    ),
    "stride-and-padding": (
        "stride same-pad-stride | stride",
        (8, 8, 3),
        lambda: [layers.Conv2D(4, 3, strides=2, padding="same", name="it")],
        lambda: {"it": nn.Conv2d(3, 4, 3, padding=1)},
    ),
    "dilation": (
        "dilation",
        (9, 3),
        lambda: [layers.Conv1D(4, 3, dilation_rate=2, name="it")],
        lambda: {"it": nn.Conv1d(3, 4, 3)},
    ),
    "dilation-and-padding": (
        "dilation padding | dilation",
        (9, 3),
        lambda: [layers.Conv1D(4, 3, dilation_rate=2, padding="same", name="it")],
        lambda: {"it": nn.Conv1d(3, 4, 3, padding=1)},
    ),
    "pool-window": (
        "kernel",
        (8, 8, 3),
        lambda: [layers.MaxPooling2D(3, strides=2, name="it")],
        lambda: {"it": nn.MaxPool2d(2, stride=2)},
    ),
}


@pytest.mark.parametrize("turned", [False, True], ids=["keras-first", "torch-first"])
@pytest.mark.parametrize("name", CAUSES)
def test_a_cause_is_named_and_proved(name, turned):
    causes, shape, mine, yours = CAUSES[name]
    causes = causes.split("|")[-1 if turned else 0]
    verdict = checked(shape, mine, yours, turned=turned)
    assert verdict.verdict == "divergence", str(verdict)
    findings = verdict.findings
    assert sorted(each.cause for each in findings) == sorted(causes.split()), findings
    assert all(each.layer == "it" or each.layer.startswith("it_1/") for each in findings), findings
    assert {each.status for each in findings} == {"confirmed"}, findings
    assert verdict.explained
    for each in findings:
        assert each.after is None or each.after < (1e-4 * each.before if np.isfinite(each.before) else 1e-10)


STATED = {
    "kernel": (
        (8, 8, 3),
        lambda: [layers.Conv2D(4, 5, padding="same", name="it")],
        lambda: {"it": nn.Conv2d(3, 4, 3, padding=1)},
    ),
    "groups": (
        (8, 8, 4),
        lambda: [layers.Conv2D(4, 3, groups=2, name="it")],
        lambda: {"it": nn.Conv2d(4, 4, 3)},
    ),
}


@pytest.mark.parametrize("turned", [False, True], ids=["keras-first", "torch-first"])
@pytest.mark.parametrize("name", STATED)
def test_arrays_of_other_sizes_say_it_themselves(name, turned):
    shape, mine, yours = STATED[name]
    verdict = checked(shape, mine, yours, turned=turned)
    assert verdict.verdict == "divergence"
    assert {(each.cause, each.layer, each.status) for each in verdict.findings} == {(name, "it", "stated")}


ALIKE = {
    # What a cause may be mistaken for: here both compute the same.
    "same-at-an-odd-size": (
        (9, 9, 3),
        lambda: [layers.Conv2D(4, 3, strides=2, padding="same")],
        lambda: {"it": nn.Conv2d(3, 4, 3, stride=2, padding=1)},
    ),
    "same-of-an-even-kernel": (
        (8, 8, 3),
        lambda: [layers.Conv2D(4, 4, strides=2, padding="same")],
        lambda: {"it": nn.Conv2d(3, 4, 4, stride=2, padding=1)},
    ),
    "one-element": (
        (8, 3),
        lambda: [layers.Conv1D(4, 1, strides=2, padding="causal")],
        lambda: {"it": nn.Conv1d(3, 4, 1, stride=2)},
    ),
    "padded-by-hand": (
        (8, 8, 3),
        lambda: [layers.Conv2D(4, 3, strides=2, padding="same")],
        lambda: {"pad": nn.ZeroPad2d((0, 1, 0, 1)), "it": nn.Conv2d(3, 4, 3, stride=2)},
    ),
    "causal-by-hand": (
        (9, 3),
        lambda: [layers.Conv1D(4, 3, padding="causal")],
        lambda: {"pad": Apply(lambda x: F.pad(x, (2, 0))), "it": nn.Conv1d(3, 4, 3)},
    ),
    "transposed-of-an-even-kernel": (
        (5, 4, 3),
        lambda: [layers.Conv2DTranspose(4, 4, strides=2, padding="same")],
        lambda: {"it": nn.ConvTranspose2d(3, 4, 4, stride=2, padding=1)},
    ),
    "transposed-and-cut": (
        (5, 3),
        lambda: [layers.Conv1DTranspose(4, 3, strides=2, padding="same"), layers.ReLU()],
        lambda: {"it": nn.ConvTranspose1d(3, 4, 3, stride=2), "cut": Apply(lambda x: x[..., :-1].relu())},
    ),
    "ceil-mode": (
        (9, 9, 3),
        lambda: [layers.MaxPooling2D(2, padding="same")],
        lambda: {"it": nn.MaxPool2d(2, ceil_mode=True)},
    ),
    "padding-not-counted": (
        (7, 7, 3),
        lambda: [layers.AveragePooling2D(3, strides=2, padding="same")],
        lambda: {"it": nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)},
    ),
    "zeros-counted": (
        (8, 8, 3),
        lambda: [layers.ZeroPadding2D(1), layers.AveragePooling2D(3, strides=2)],
        lambda: {"it": nn.AvgPool2d(3, stride=2, padding=1)},
    ),
    "zeros-behind-a-relu": (
        (8, 8, 3),
        lambda: [layers.ReLU(), layers.ZeroPadding2D(1), layers.MaxPooling2D(3, strides=2)],
        lambda: {"relu": nn.ReLU(), "it": nn.MaxPool2d(3, stride=2, padding=1)},
    ),
    "minus-infinity-by-hand": (
        (8, 8, 3),
        lambda: [layers.MaxPooling2D(3, strides=2, padding="same")],
        lambda: {
            "pad": Apply(lambda x: F.pad(x, (0, 1, 0, 1), value=float("-inf"))),
            "it": nn.MaxPool2d(3, stride=2),
        },
    ),
    "equal-bins": (
        (8, 8, 3),
        lambda: [layers.AveragePooling2D(2)],
        lambda: {"it": nn.AdaptiveAvgPool2d(4)},
    ),
    "nearest-by-a-whole-factor": (
        (5, 6, 3),
        lambda: [layers.UpSampling2D(2)],
        lambda: {"it": nn.Upsample(scale_factor=2)},
    ),
    "bilinear-by-centres": (
        (5, 6, 3),
        lambda: [layers.UpSampling2D(2, interpolation="bilinear")],
        lambda: {"it": nn.Upsample(scale_factor=2, mode="bilinear")},
    ),
    "bicubic-antialiased": (
        (5, 6, 3),
        lambda: [layers.UpSampling2D(2, interpolation="bicubic")],
        lambda: {"it": Apply(lambda x: F.interpolate(x, scale_factor=2, mode="bicubic", antialias=True))},
    ),
    "one-channel": (
        (4, 4, 3),
        lambda: [layers.Conv2D(4, 3), Ops(lambda x: keras.ops.depth_to_space(x, 2))],
        lambda: {"conv": nn.Conv2d(3, 4, 3), "it": nn.PixelShuffle(2)},
    ),
    "pads-in-their-order": (
        (6, 6, 3),
        lambda: [layers.ZeroPadding2D(((1, 2), (0, 3))), layers.Conv2D(4, 3)],
        lambda: {"it": nn.ZeroPad2d((0, 3, 1, 2)), "conv": nn.Conv2d(3, 4, 3)},
    ),
}


@pytest.mark.parametrize("turned", [False, True], ids=["keras-first", "torch-first"])
@pytest.mark.parametrize("name", ALIKE)
def test_what_computes_the_same_has_no_cause(name, turned):
    shape, mine, yours = ALIKE[name]
    verdict = checked(shape, mine, yours, turned=turned)
    assert verdict.verdict == "parity", (verdict.reasons, verdict.findings)
    assert not verdict.findings


@pytest.mark.parametrize("turned", [False, True], ids=["keras-first", "torch-first"])
@pytest.mark.parametrize("name", ALIKE)
def test_nor_beside_another_fault(name, turned):
    """Behind what computes the same, an activation is missing: that is all there is to say."""
    shape, mine, yours = ALIKE[name]
    verdict = checked(shape, lambda: [*mine(), layers.Activation("tanh")], yours, turned=turned)
    causes = {each.cause for each in verdict.findings}
    assert causes == {"extra-activation" if turned else "missing-activation"}, verdict.findings


OTHERS = {
    # What lies near a cause and is another: told by its own name, or not at all.
    "divisor": (
        {("divisor", "suspected")},
        (8, 8, 3),
        lambda: [layers.AveragePooling2D(2, name="it")],
        lambda: {"it": nn.AvgPool2d(2, divisor_override=3)},
    ),
    "reflected": (
        {("padding-mode", "confirmed")},
        (8, 8, 3),
        lambda: [layers.Conv2D(4, 3, padding="same", name="it")],
        lambda: {"it": nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect")},
    ),
    "antialiased": (
        {("antialias", "suspected")},
        (9, 9, 3),
        lambda: [Ops(lambda x: keras.ops.image.resize(x, (4, 4)), name="it")],
        lambda: {"it": Apply(lambda x: F.interpolate(x, (4, 4), mode="bilinear", antialias=True))},
    ),
    "nearest-from-another-size": (
        {("padding", "confirmed")},
        (4, 4, 3),
        lambda: [layers.ZeroPadding2D(1, name="it"), layers.Resizing(12, 12, interpolation="nearest")],
        lambda: {"it": nn.ZeroPad2d(2), "resize": nn.Upsample(size=(12, 12))},
    ),
    "one-axis-less": (
        {("padding", "stated")},
        (8, 1, 3),
        lambda: [layers.Conv2D(4, (3, 1), name="it"), layers.ReLU()],
        lambda: {
            "flat": Apply(lambda x: x[..., 0]),
            "it": nn.Conv1d(3, 4, 3, padding=1),
            "back": Apply(lambda x: x[..., None].relu()),
        },
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_lies_near_a_cause_is_not_taken_for_it(name):
    expected, shape, mine, yours = OTHERS[name]
    verdict = checked(shape, mine, yours, turned=False)
    assert verdict.verdict == "divergence"
    assert {(each.cause, each.status) for each in verdict.findings} == expected, verdict.findings


def test_a_map_whose_channels_were_shuffled_into_space_is_resized_otherwise():
    """Behind a shuffle the names of the axes are lost: what is resized is told by the sizes."""

    def shuffled(x):
        return F.pixel_shuffle(x.unflatten(1, (4, 2)).transpose(1, 2).flatten(1, 2), 2)

    def mine():
        shuffle = Ops(lambda x: tf.nn.depth_to_space(x, 2))
        enlarge = layers.UpSampling2D(2, interpolation="bicubic", name="it")
        return [layers.Conv2D(8, 1, name="before"), shuffle, enlarge, layers.Conv2D(3, 3, name="behind")]

    def yours(bias=True, antialias=False):
        def enlarged(x):
            return F.interpolate(x, scale_factor=2, mode="bicubic", antialias=antialias)

        before, behind = nn.Conv2d(3, 8, 1), nn.Conv2d(2, 3, 3, bias=bias)
        return {"before": before, "shuffle": Apply(shuffled), "it": Apply(enlarged), "behind": behind}

    assert checked((5, 6, 3), mine, lambda: yours(antialias=True), turned=False).verdict == "parity"
    (finding,) = checked((5, 6, 3), mine, yours, turned=False).findings
    assert (finding.cause, finding.layer, finding.status) == ("bicubic-coefficient", "it", "confirmed")
    (finding,) = checked((5, 6, 3), mine, lambda: yours(bias=False, antialias=True), turned=False).findings
    assert (finding.cause, finding.layer, finding.status) == ("bias", "behind", "stated")
