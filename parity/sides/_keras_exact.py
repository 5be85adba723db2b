"""What TensorFlow would work out in float32 in a float64 twin, and has no kernel for, made exact."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.ops import gen_image_ops, gen_nn_ops, math_ops

from parity.sides._tensorflow_calls import inside_leaf


@contextlib.contextmanager
def exact_constants() -> Iterator[None]:
    """While a float64 twin is traced, its constants are what was written, not their float32 roundings.

    TensorFlow keeps the slope of its leaky relu in float32 whatever it computes in, and casts a Python number
    to float64 by way of float32 (the root of two in GELU): errors of 1e-8 that no float32 run can show.
    """
    plain_relu, plain_cast = tf.nn.leaky_relu, math_ops.cast

    def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Any:
        if not inside_leaf():  # a bare call is a layer of its own, known by its op
            return plain_relu(features, alpha, name)
        return tf.where(features > 0, features, features * tf.constant(alpha, features.dtype))

    def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
        if isinstance(x, float) and tf.as_dtype(dtype) == tf.float64:
            return tf.constant(x, tf.float64)
        return plain_cast(x, dtype, name)

    tf.nn.leaky_relu, math_ops.cast, tf.cast = leaky_relu, cast, cast
    try:
        with _pools_of_maps(), _maps_between():
            yield
    finally:
        tf.nn.leaky_relu, math_ops.cast, tf.cast = plain_relu, plain_cast, plain_cast


@contextlib.contextmanager
def _pools_of_maps() -> Iterator[None]:
    """Let pools over three axes be made in two steps in float64, for which TensorFlow has no kernel of its own.

    A maximum over a box is one over its faces and then along its depth, and so is a mean, whose window holds
    as many elements at every depth.
    """
    plain = {name: getattr(gen_nn_ops, name) for name in ("max_pool3d", "avg_pool3d")}
    flat = {"max_pool3d": tf.nn.max_pool2d, "avg_pool3d": tf.nn.avg_pool2d}

    def pooling(name: str) -> Callable[..., Any]:
        def pool(
            input: Any,
            ksize: Sequence[int],
            strides: Sequence[int],
            padding: str,
            data_format: str = "NDHWC",
            **rest: Any,
        ) -> Any:
            if input.dtype != tf.float64 or data_format != "NDHWC":
                return plain[name](input, ksize, strides, padding, data_format=data_format, **rest)
            batch, depth, height, width, channels = input.shape
            faces = tf.reshape(input, (batch * depth, height, width, channels))
            faces = flat[name](faces, ksize[2:4], strides[2:4], padding)
            _, height, width, _ = faces.shape
            columns = tf.reshape(faces, (batch, depth, height * width, channels))
            columns = flat[name](columns, (ksize[1], 1), (strides[1], 1), padding)
            return tf.reshape(columns, (batch, columns.shape[1], height, width, channels))

        return pool

    for name in plain:
        setattr(gen_nn_ops, name, pooling(name))
    try:
        yield
    finally:
        for name, function in plain.items():
            setattr(gen_nn_ops, name, function)


@contextlib.contextmanager
def _maps_between() -> Iterator[None]:
    """Let a bilinear resize be made in float64: TensorFlow's own kernel gives float32, whatever it reads."""
    plain = gen_image_ops.resize_bilinear

    def resize(
        images: Any, size: Any, align_corners: bool = False, half_pixel_centers: bool = False, name: str | None = None
    ) -> Any:
        if images.dtype != tf.float64 or not half_pixel_centers or not inside_leaf():
            return plain(images, size, align_corners, half_pixel_centers, name)
        for axis in (1, 2):
            images = _between(images, size[axis - 1], axis)
        return images

    gen_image_ops.resize_bilinear = resize
    try:
        yield
    finally:
        gen_image_ops.resize_bilinear = plain


def _between(images: Any, size: Any, axis: int) -> Any:
    """Each new element from the two between which it lies along one axis; beyond the border from the one there is."""
    before = tf.shape(images)[axis]
    apart = tf.cast(before, tf.float64) / tf.cast(size, tf.float64)
    at = (tf.cast(tf.range(size), tf.float64) + 0.5) * apart - 0.5  # by centres, as Keras's own layers ask for
    at = tf.clip_by_value(at, tf.zeros_like(apart), tf.cast(before - 1, tf.float64))
    first = tf.cast(tf.floor(at), tf.int32)
    part = tf.reshape(at - tf.floor(at), [-1 if each == axis else 1 for each in range(4)])
    one, other = (tf.gather(images, tf.minimum(each, before - 1), axis=axis) for each in (first, first + 1))
    return one * (1 - part) + other * part


@contextlib.contextmanager
def response_norms(noted: Callable[..., Any]) -> Iterator[None]:
    """Let local response normalisations be written out in float64, for which TensorFlow has no kernel of its own.

    `noted` calls a function as one layer: the op that it is in float32.
    """
    plain = tf.nn.local_response_normalization

    def norm(
        input: Any,
        depth_radius: int = 5,
        bias: float = 1,
        alpha: float = 1,
        beta: float = 0.5,
        name: str | None = None,
    ) -> Any:
        if not tf.is_tensor(input) or input.dtype != tf.float64:
            return plain(input, depth_radius, bias, alpha, beta, name)

        def written_out(x: Any) -> Any:
            near = tf.linalg.band_part(tf.ones((x.shape[-1],) * 2, x.dtype), depth_radius, depth_radius)
            return x / tf.pow(bias + alpha * tf.matmul(tf.square(x), near), beta)

        words = {"depth_radius": depth_radius, "bias": bias, "alpha": alpha, "beta": beta}
        return noted(written_out, "LRN", "lrn", words, (input,), {})

    names = ("local_response_normalization", "lrn")
    for each in names:
        setattr(tf.nn, each, norm)
    try:
        yield
    finally:
        for each in names:
            setattr(tf.nn, each, plain)
