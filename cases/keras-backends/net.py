"""A small network in Keras for any back end: where its back ends are most likely to part."""

import keras
from keras import layers


def build() -> keras.Model:
    image = keras.Input((13, 10, 3), name="image")
    x = layers.Conv2D(8, 3, strides=2, padding="same", name="conv")(image)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.MaxPooling2D(2, padding="same", name="pool")(x)
    x = layers.Reshape((4, 24), name="rows")(x)
    x = layers.GRU(12, name="gru")(x)
    return keras.Model(image, layers.Dense(5, activation="softmax", name="dense")(x), name="small")
