"""Transformer blocks in Keras: norm first, a causal mask, GELU by the error function and by its approximation."""

import keras
from keras import layers


def build() -> keras.Model:
    tokens = keras.Input((7, 8), name="tokens")
    x = tokens
    for name, gelu in (("one", "gelu"), ("two", approximated)):
        y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm1")(x)
        y = layers.MultiHeadAttention(2, 4, name=f"{name}_heads")(y, y, use_causal_mask=True)
        x = layers.Add(name=f"{name}_add1")([x, y])
        y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm2")(x)
        y = layers.Dense(16, activation=gelu, name=f"{name}_wide")(y)
        y = layers.Dense(8, name=f"{name}_narrow")(y)
        x = layers.Add(name=f"{name}_add2")([x, y])
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)
    query, key, value = (layers.Dense(8, name=name)(x) for name in ("query", "key", "value"))
    x = layers.Attention(name="pooled")([query, value, key])
    return keras.Model(tokens, layers.Dense(4, name="head")(x))


@keras.saving.register_keras_serializable("faults")
def approximated(x):
    return keras.ops.gelu(x, approximate=True)
