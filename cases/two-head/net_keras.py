"""Two heads in Keras, computing what the TensorFlow network computes."""

import keras
from keras import layers, ops

WIDTHS = (128, 256, 512)


def build() -> keras.Model:
    x = keras.Input((9, 15))
    flat = layers.Flatten()(x)
    first = layers.Reshape((9, 5))(stack(flat, 45, "first"))
    pairs = layers.Reshape((9, 4, 15))(stack(flat, 540, "second"))
    rows, columns = ops.transpose(pairs, (0, 2, 1, 3)), ops.transpose(pairs, (0, 2, 3, 1))
    second = layers.LeakyReLU(0.2)(ops.matmul(rows, columns))
    return keras.Model(x, [first, ops.transpose(second, (0, 2, 3, 1))], name="two_head")


def stack(x, outputs: int, name: str):
    """A dense layer and a leaky relu for each width."""
    for number, width in enumerate((*WIDTHS, outputs), start=1):
        x = layers.Dense(width, kernel_initializer=normal(x.shape[-1]), name=f"{name}{number}")(x)
        x = layers.LeakyReLU(0.2)(x)
    return x


def normal(inputs: int) -> keras.Initializer:
    """As the reference starts: not truncated, with variance 2 / inputs."""
    return keras.initializers.RandomNormal(stddev=(2 / inputs) ** 0.5)
