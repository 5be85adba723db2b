"""The moves that pool and resize do what the frameworks do, to the last digits of float64."""

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
import pytest
import tensorflow as tf
from torch.nn import functional as F

from parity.moves import moved
from parity.nouns import Move

MAP = np.random.default_rng(3).normal(size=(2, 3, 8, 11))
SPACE = (2, 3)


def done(name, array=MAP, **arguments):
    return moved(array, [Move(name, arguments)])


def torched(function, *args, **words):
    return function(torch.from_numpy(MAP), *args, **words).numpy()


def window(kernel, stride, amounts, fill="silent", **more):
    return {"kernel": kernel, "stride": stride, "dilation": (1, 1), "amounts": amounts, "fill": fill, **more}


def assert_equal(one, other):
    assert one.shape == other.shape
    assert np.abs(one - other).max() < 1e-12


@pytest.mark.parametrize("dilation", [(1, 1), (2, 1)])
def test_max_pool(dilation):
    own = window((3, 2), (2, 1), ((1, 1), (1, 1))) | {"dilation": dilation}
    expected = torched(F.max_pool2d, (3, 2), (2, 1), (1, 1), dilation)
    assert_equal(done("pool", statistic="max", space=SPACE, own=own), expected)


@pytest.mark.parametrize("counting", [True, False])
def test_average_pool(counting):
    own = window((3, 2), (2, 1), ((1, 1), (1, 1)), "zeros" if counting else "silent")
    expected = torched(F.avg_pool2d, (3, 2), (2, 1), (1, 1), False, counting)
    assert_equal(done("pool", statistic="average", space=SPACE, own=own), expected)


def test_average_pool_that_reaches_beyond_what_it_counts():
    own = window((3, 3), (2, 2), ((1, 2), (1, 1)), ((1, 1), (1, 1)))
    expected = torched(F.avg_pool2d, 3, 2, 1, True, True)
    assert_equal(done("pool", statistic="average", space=SPACE, own=own), expected)


def test_average_pool_with_a_divisor():
    own = window((2, 2), (2, 2), ((0, 0), (0, 0)), divisor=3)
    assert_equal(done("pool", statistic="average", space=SPACE, own=own), torched(F.avg_pool2d, 2, divisor_override=3))


@pytest.mark.parametrize("statistic", ["max", "average"])
def test_same_padding_of_keras(statistic):
    layer = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[statistic]
    expected = np.asarray(layer(3, 2, "same", dtype="float64")(MAP.transpose(0, 2, 3, 1)))
    own = window((3, 3), (2, 2), ((0, 1), (1, 1)))
    given = done("pool", MAP.transpose(0, 2, 3, 1), statistic=statistic, space=(1, 2), own=own)
    assert_equal(given, expected)


def test_a_pool_that_takes_what_is_padded_away_first():
    own = window((3, 3), (2, 2), ((1, 1), (1, 1)), "zeros", there=((1, 1), (1, 1)))
    padded = np.pad(MAP, ((0, 0), (0, 0), (1, 1), (1, 1)))
    given = done("pool", padded, statistic="max", space=SPACE, own=own, fill="silent")
    assert_equal(given, torched(F.max_pool2d, 3, 2, 1))
    assert_equal(
        done("pool", padded, statistic="max", space=SPACE, own=own), F.max_pool2d(torch.tensor(padded), 3, 2).numpy()
    )


@pytest.mark.parametrize("statistic", ["max", "average"])
def test_adaptive_pool(statistic):
    function = {"max": F.adaptive_max_pool2d, "average": F.adaptive_avg_pool2d}[statistic]
    expected = torched(function, (3, 5))
    assert_equal(done("adaptive_pool", statistic=statistic, space=SPACE, bins=(3, 5)), expected)


@pytest.mark.parametrize("size", [(16, 22), (5, 7), (13, 29), (8, 1)])
@pytest.mark.parametrize(
    ("mode", "corners", "own"),
    [
        ("nearest", None, {"mode": "nearest", "coordinates": "start"}),
        ("nearest-exact", None, {"mode": "nearest", "coordinates": "half_pixel"}),
        ("bilinear", False, {"mode": "linear", "coordinates": "half_pixel"}),
        ("bilinear", True, {"mode": "linear", "coordinates": "corners"}),
        ("bicubic", False, {"mode": "cubic", "coordinates": "half_pixel", "coefficient": -0.75}),
        ("bicubic", True, {"mode": "cubic", "coordinates": "corners", "coefficient": -0.75}),
    ],
)
def test_resize(size, mode, corners, own):
    expected = torched(F.interpolate, size, mode=mode, align_corners=corners)
    assert_equal(done("resize", sizes=tuple(zip(SPACE, size, strict=True)), own=own), expected)


def test_resize_by_the_other_coefficient():
    expected = torched(F.interpolate, (16, 15), mode="bicubic", align_corners=False, antialias=True)
    own = {"mode": "cubic", "coordinates": "half_pixel", "coefficient": -0.75}
    assert_equal(done("resize", sizes=((2, 16), (3, 15)), own=own, coefficient=-0.5), expected)


def test_resize_by_a_factor_that_is_not_the_ratio_of_the_sizes():
    expected = torched(F.interpolate, scale_factor=1.3, mode="bilinear", align_corners=False)
    own = {"mode": "linear", "coordinates": "half_pixel", "factors": {2: 1.3, 3: 1.3}}
    assert_equal(done("resize", sizes=((2, 10), (3, 14)), own=own), expected)


@pytest.mark.parametrize(("size", "steps"), [((16, 22), 0), ((13, 9), 1024)])
def test_resize_by_a_table_as_tensorflow_does(size, steps):
    layer = keras.layers.Resizing(*size, interpolation="bicubic")
    narrow = MAP.transpose(0, 2, 3, 1).astype(np.float32)
    own = {"mode": "cubic", "coordinates": "half_pixel", "coefficient": -0.5, "steps": steps}
    given = done("resize", narrow.astype(np.float64), sizes=((1, size[0]), (2, size[1])), own=own)
    assert np.abs(given - np.asarray(layer(narrow))).max() < 3e-6


@pytest.mark.parametrize("coordinates", ["start", "half_pixel", "corners"])
def test_resize_as_the_ops_of_tensorflow_do(coordinates):
    narrow = MAP.transpose(0, 2, 3, 1).astype(np.float32)
    words = {"align_corners": coordinates == "corners", "half_pixel_centers": coordinates == "half_pixel"}
    expected = np.asarray(tf.raw_ops.ResizeBilinear(images=narrow, size=(13, 9), **words))
    own = {"mode": "linear", "coordinates": coordinates}
    given = done("resize", narrow.astype(np.float64), sizes=((1, 13), (2, 9)), own=own)
    assert np.abs(given - expected).max() < 3e-6
