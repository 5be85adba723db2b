"""Two heads as their author wrote them in Keras, believed to be the TensorFlow network."""

import keras
from keras import layers, ops

WIDTHS = (128, 256, 512)


def build() -> keras.Model:
    x = keras.Input((9, 15))
    flat = layers.Flatten()(x)
    first = layers.Reshape((9, 5))(stack(flat, 45, "first"))
    pairs = layers.Reshape((9, 4, 15))(stack(flat, 540, "second"))
    rows, columns = layers.Permute((2, 1, 3))(pairs), layers.Permute((2, 3, 1))(pairs)
    product = layers.Lambda(multiplied, output_shape=(4, 9, 9), name="product")([rows, columns])
    second = layers.Dense(324, kernel_initializer="glorot_normal", name="after")(layers.Flatten()(product))
    second = layers.Reshape((4, 9, 9))(layers.LeakyReLU(0.2)(second))
    return keras.Model(x, [first, layers.Permute((2, 3, 1))(second)], name="two_head")


def multiplied(pair):
    rows, columns = pair
    return ops.dot(rows, columns)


def stack(x, outputs: int, name: str):
    for number, width in enumerate((*WIDTHS, outputs), start=1):
        x = layers.Dense(width, kernel_initializer="glorot_normal", name=f"{name}{number}")(x)
        x = layers.LeakyReLU(0.2)(x)
    return x
