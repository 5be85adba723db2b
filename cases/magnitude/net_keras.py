"""Magnitude in Keras: the amplitude half of a Wi-Fi sounding network (IEEE 9079219).

The 250 subcarriers of one sounding are read as channels of a sequence of length one.
"""

import keras
from keras import layers


def build() -> keras.Model:
    sounding = keras.Input((1, 250), name="sounding")
    x = layers.BatchNormalization(name="bn")(sounding)
    x = pooled(narrow(64, 5, 2, "conv1")(x), "pool1")
    b1 = x = pooled(narrow(64, 5, 2, "conv2")(x), "pool2")
    b2 = x = pooled(narrow(32, 3, 1, "conv3")(x), "pool3")
    b3 = x = pooled(narrow(16, 3, 1, "conv4")(x), "pool4")
    x = layers.Dense(300, name="dense1")(x)
    x = beside(x, b3, 15, "side3")
    x = layers.Dense(350, activation="relu", name="dense2")(x)
    x = beside(x, b2, 31, "side2")
    x = layers.Dense(300, activation="relu", name="dense3")(x)
    x = beside(x, b1, 62, "side1")
    x = layers.Dense(275, activation="relu", name="dense4")(x)
    x = layers.Dense(250, activation="relu", name="dense5")(x)
    return keras.Model(sounding, layers.Add(name="add")([x, sounding]), name="magnitude")


def narrow(filters: int, kernel: int, stride: int, name: str) -> layers.Layer:
    return layers.Conv1D(filters, kernel, strides=stride, padding="same", activation="relu", name=name)


def pooled(x, name: str):
    return layers.MaxPooling1D(2, padding="same", name=name)(x)


def beside(x, branch, filters: int, name: str):
    """The trunk with a convolution of an earlier map set beside it, channel by channel."""
    return layers.Concatenate(name=f"{name}_concat")([x, narrow(filters, 3, 1, name)(branch)])
