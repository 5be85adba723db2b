"""A residual image network in Keras: a stem, a block that keeps the map, and one that halves it."""

import keras
from keras import layers


def build() -> keras.Model:
    image = keras.Input((14, 12, 3), name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(image)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="stem_norm")(x))
    x = plain(x, 8, "first")
    x = halved(x, 12, "second")
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Dense(10, activation="relu", name="hidden")(x)
    return keras.Model(image, layers.Dense(5, activation="softmax", name="classes")(x))


def plain(x, width: int, name: str):
    y = convolved(x, width, 1, f"{name}_1")
    y = layers.BatchNormalization(name=f"{name}_2_norm")(conv(width, 1, f"{name}_2")(layers.ReLU()(y)))
    return layers.ReLU()(layers.Add(name=f"{name}_add")([y, x]))


def halved(x, width: int, name: str):
    y = convolved(x, width, 2, f"{name}_1")
    y = layers.BatchNormalization(name=f"{name}_2_norm")(conv(width, 1, f"{name}_2")(layers.ReLU()(y)))
    short = layers.Conv2D(width, 1, strides=2, name=f"{name}_short")(x)
    return layers.ReLU()(layers.Add(name=f"{name}_add")([y, short]))


def convolved(x, width: int, stride: int, name: str):
    return layers.BatchNormalization(name=f"{name}_norm")(conv(width, stride, name)(x))


def conv(width: int, stride: int, name: str) -> layers.Layer:
    return layers.Conv2D(width, 3, strides=stride, padding="same", use_bias=False, name=name)
