"""A reader of sequences in Keras: two directions along the sequence, then a last word of both, and a simple cell."""

import keras
from keras import layers


def build() -> keras.Model:
    sequence = keras.Input((8, 5), name="sequence")
    x = layers.Dense(6, activation="relu", name="features")(sequence)
    x = layers.Bidirectional(layers.GRU(6, return_sequences=True), name="along")(x)
    x = layers.LayerNormalization(epsilon=1e-5, name="norm")(x)
    simple = layers.SimpleRNN(4, activation="relu", name="simple")(x)
    x = layers.Bidirectional(layers.GRU(5), name="end")(x)
    x = layers.Concatenate(name="join")([x, simple])
    return keras.Model(sequence, layers.Dense(3, name="answer")(x))
