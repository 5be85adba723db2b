"""A tagger of words in Keras."""

import keras
from keras import layers


def build() -> keras.Model:
    words = keras.Input((9,), dtype="int32", name="words")
    x = layers.Embedding(20, 6, name="table")(words)
    x = layers.LSTM(7, return_sequences=True, name="forth")(x)
    y = layers.LSTM(7, return_sequences=True, go_backwards=True, name="back")(x)
    x = layers.Concatenate(name="both")([x, keras.ops.flip(y, 1)])
    x = layers.Dense(8, activation="tanh", name="hidden")(x)
    return keras.Model(words, layers.Dense(5, activation="softmax", name="tags")(x))
