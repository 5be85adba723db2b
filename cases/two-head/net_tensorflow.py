"""Two heads in TensorFlow with bare variables: no layer of any library, only products, sums and a leaky relu."""

import math
from itertools import pairwise

import tensorflow as tf

WIDTHS = (128, 256, 512)
CLASSES, STEPS, CHANNELS, DEPTH = 4, 9, 5, 15


class Stack(tf.Module):
    """A product, a bias and a leaky relu for each width."""

    def __init__(self, widths: tuple[int, ...], name: str) -> None:
        super().__init__(name=name)
        self.kernels, self.biases = [], []
        for inputs, outputs in pairwise(widths):
            start = tf.random.normal((inputs, outputs), stddev=1 / math.sqrt(inputs / 2))
            self.kernels.append(tf.Variable(start, name="kernel"))
            self.biases.append(tf.Variable(tf.zeros(outputs), name="bias"))

    @tf.Module.with_name_scope
    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            x = leaky(tf.matmul(x, kernel) + bias)
        return x


class TwoHead(tf.Module):
    def __init__(self) -> None:
        super().__init__(name="two_head")
        inputs = STEPS * DEPTH
        self.first = Stack((inputs, *WIDTHS, STEPS * CHANNELS), "first")
        self.second = Stack((inputs, *WIDTHS, STEPS * CLASSES * DEPTH), "second")

    def __call__(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        x = tf.reshape(x, (-1, STEPS * DEPTH))
        boxes = tf.reshape(self.first(x), (-1, STEPS, CHANNELS))
        pairs = tf.reshape(self.second(x), (-1, STEPS, CLASSES, DEPTH))
        rows, columns = tf.transpose(pairs, (0, 2, 1, 3)), tf.transpose(pairs, (0, 2, 3, 1))
        return boxes, tf.transpose(leaky(tf.matmul(rows, columns)), (0, 2, 3, 1))


def leaky(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.relu(x) - 0.2 * tf.nn.relu(-x)


def build() -> tf.Module:
    return TwoHead()
