"""Attention of one sequence to another in Keras, under a mask, and of a sequence to its own past."""

import keras
from keras import layers


def build() -> keras.Model:
    queries = keras.Input((5, 8), name="queries")
    keys = keras.Input((7, 8), name="keys")
    mask = keras.Input((5, 7), dtype="bool", name="mask")
    content = layers.Dense(8, activation="relu", name="content")(keys)
    x = layers.MultiHeadAttention(1, 8, name="cross")(queries, content, keys, attention_mask=mask)
    x = layers.LayerNormalization(epsilon=1e-5, name="norm1")(layers.Add(name="add1")([queries, x]))
    y = layers.MultiHeadAttention(2, 4, name="own")(x, x, use_causal_mask=True)
    x = layers.LayerNormalization(epsilon=1e-5, name="norm2")(layers.Add(name="add2")([x, y]))
    x = layers.Dense(6, activation="gelu", name="hidden")(x)
    return keras.Model([queries, keys, mask], layers.Dense(4, name="answer")(x))
