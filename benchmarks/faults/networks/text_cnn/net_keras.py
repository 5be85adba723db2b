"""A text network in Keras: convolutions of three widths, the largest of each, and the mean of the real words."""

import keras
from keras import layers


def build() -> keras.Model:
    words = keras.Input((12,), dtype="int32", name="words")
    x = layers.Embedding(30, 8, name="table")(words)
    found = []
    for width in (2, 3, 4):
        y = layers.Conv1D(6, width, activation="relu", name=f"conv{width}")(x)
        found.append(layers.GlobalMaxPooling1D(name=f"max{width}")(y))
    masked = layers.Embedding(30, 5, mask_zero=True, name="meanings")(words)
    found.append(layers.GlobalAveragePooling1D(name="mean")(masked))
    x = layers.Concatenate(name="all")(found)
    x = layers.Dropout(0.5)(x)
    x = layers.Dense(9, activation="gelu", name="hidden")(x)
    return keras.Model(words, layers.Dense(4, activation="softmax", name="classes")(x))
