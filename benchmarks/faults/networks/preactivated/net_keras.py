"""Residual blocks in Keras that activate before they convolve, and add what came before the activation."""

import keras
from keras import layers


def build() -> keras.Model:
    image = keras.Input((8, 7, 3), name="image")
    x = layers.Conv2D(6, 3, padding="same", name="stem")(image)
    y = layers.Conv2D(6, 3, padding="same", name="one")(layers.ReLU(name="one_relu")(x))
    x = layers.Add(name="one_add")([x, y])
    y = layers.Conv2D(6, 3, padding="same", name="two")(layers.ReLU(name="two_relu")(x))
    x = layers.Add(name="two_add")([x, y])
    y = layers.Conv2D(6, 1, name="three")(layers.LeakyReLU(negative_slope=0.1, name="three_leaky")(x))
    x = layers.Add(name="three_add")([x, y])
    x = layers.GlobalMaxPooling2D(name="max")(x)
    x = layers.Dense(8, activation="tanh", name="hidden")(x)
    return keras.Model(image, layers.Dense(3, name="answer")(x))
