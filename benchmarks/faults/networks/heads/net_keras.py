"""A picture and facts about it in Keras, joined, and two answers."""

import keras
from keras import layers


def build() -> keras.Model:
    image = keras.Input((9, 9, 2), name="image")
    facts = keras.Input((6,), name="facts")
    x = layers.Conv2D(6, 3, padding="valid", name="conv1")(image)
    x = layers.BatchNormalization(name="norm1")(x)
    x = layers.LeakyReLU(name="leaky")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool")(x)
    x = layers.Conv2D(4, 2, activation="relu", name="conv2")(x)
    x = layers.Flatten(name="flat")(x)
    y = layers.Dense(7, activation="selu", name="known")(facts)
    y = layers.BatchNormalization(name="norm2")(y)
    x = layers.Concatenate(name="join")([x, y])
    x = layers.Dense(12, activation="relu", name="trunk")(x)
    kind = layers.Dense(8, activation="silu", name="kind_hidden")(x)
    kind = layers.Dense(3, activation="softmax", name="kind")(kind)
    place = layers.Dense(8, activation="softsign", name="place_hidden")(x)
    place = layers.Subtract(name="offset")([place, y[:, :1]])
    place = layers.Dense(2, activation="sigmoid", name="place")(place)
    return keras.Model([image, facts], [kind, place])
