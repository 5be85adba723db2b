"""Pools, pads and resizing in Keras."""

import keras
from keras import layers


def build() -> keras.Model:
    entry = keras.Input((11, 13, 4), name="map")
    x = layers.Conv2D(6, 3, padding="same", activation="relu", name="conv1")(entry)
    x = layers.AveragePooling2D(3, strides=1, padding="same", name="smooth")(x)
    x = layers.Conv2D(6, 1, name="mix")(x)
    x = layers.MaxPooling2D(2, padding="same", name="halve")(x)
    x = layers.Resizing(10, 9, interpolation="nearest", name="larger")(x)
    x = layers.Conv2D(5, 3, name="conv2")(x)
    x = layers.ZeroPadding2D(1, name="frame")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool")(x)
    x = layers.Conv2D(8, 1, name="conv3")(x)
    x = keras.ops.depth_to_space(x, 2)
    x = layers.UpSampling2D(2, interpolation="bicubic", name="cubic")(x)
    x = layers.Conv2D(4, 3, activation="tanh", name="conv4")(x)
    x = layers.Cropping2D(((1, 0), (2, 1)), name="crop")(x)
    x = layers.AveragePooling2D(4, strides=4, name="coarse")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dense(7, activation="hard_sigmoid", name="hidden")(x)
    return keras.Model(entry, layers.Dense(3, name="answer")(x))
