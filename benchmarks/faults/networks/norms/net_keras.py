"""Normalisations in Keras, on maps that are as high and wide as they have channels."""

import keras
from keras import layers


def build() -> keras.Model:
    entry = keras.Input((6, 6, 6), name="map")
    x = layers.LayerNormalization(epsilon=1e-6, name="first")(entry)
    x = layers.Conv2D(6, 3, padding="same", name="conv1")(x)
    x = layers.GroupNormalization(groups=3, epsilon=1e-5, name="grouped")(x)
    x = layers.Activation("mish", name="mish")(x)
    x = layers.Conv2D(6, 3, padding="same", name="conv2")(x)
    x = layers.GroupNormalization(groups=-1, epsilon=1e-4, name="instance")(x)
    x = layers.Softmax(name="shares")(x)
    x = layers.Conv2D(6, 1, use_bias=False, name="conv3")(x)
    x = layers.BatchNormalization(name="batch")(x)
    x = layers.ELU(name="elu")(x)
    x = layers.Flatten(name="flat")(layers.AveragePooling2D(2, name="pool")(x))
    x = layers.RMSNormalization(epsilon=1e-6, name="rms")(x)
    x = layers.Dense(9, activation="silu", name="hidden")(x)
    x = layers.LayerNormalization(name="last_norm")(x)
    return keras.Model(entry, layers.Dense(3, activation="log_softmax", name="answer")(x))
