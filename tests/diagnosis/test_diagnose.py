"""What is named as a cause, and what is not because the port makes up for it."""

from torch import nn  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np

import parity

IMAGES = np.random.default_rng(5).normal(size=(2, 6, 6, 3)).astype("float32")


def causes(reference, candidate):
    verdict = parity.check(reference, candidate, {"image": IMAGES}, candidate_axes={"image": "channel height width"})
    assert verdict.verdict == "divergence", str(verdict)
    return {finding.cause for finding in verdict.findings}


def test_a_bias_that_goes_into_the_norm_behind_it_is_no_cause():
    layers = keras.layers
    reference = keras.Sequential(
        [keras.Input((6, 6, 3)), layers.Conv2D(4, 3, strides=2), layers.BatchNormalization(epsilon=1e-5)]
    )
    candidate = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4))
    assert causes(reference, candidate) == {"stride"}


def test_a_convolution_by_one_element_has_no_setting_too_many_against_a_dense_layer():
    layers = keras.layers
    reference = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(4, 3, strides=2),
            layers.GlobalAveragePooling2D(keepdims=True),
            layers.Conv2D(2, 1),
            layers.Flatten(),
        ]
    )
    candidate = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    assert causes(reference, candidate) == {"stride"}
