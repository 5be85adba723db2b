"""Dilated causal convolutions in Keras, each with a gate, a residual and a skip to the end."""

import keras
from keras import layers


def build() -> keras.Model:
    signal = keras.Input((12, 12), name="signal")
    x = layers.Conv1D(6, 1, name="enter")(signal)
    skips = []
    for dilation in (1, 2, 4):
        name = f"level{dilation}"
        y = layers.Conv1D(6, 3, dilation_rate=dilation, padding="causal", name=f"{name}_filter")(x)
        z = layers.Conv1D(6, 3, dilation_rate=dilation, padding="causal", name=f"{name}_gate")(x)
        y = layers.Multiply(name=f"{name}_gated")([keras.ops.tanh(y), keras.ops.sigmoid(z)])
        skips.append(layers.Conv1D(5, 1, name=f"{name}_skip")(y))
        y = layers.Conv1D(6, 1, name=f"{name}_out")(y)
        x = layers.Add(name=f"{name}_add")([x, y * 0.5])
    y = layers.ReLU(name="relu")(layers.Add(name="sum")(skips))
    x = layers.Concatenate(name="join")([y, x])
    x = layers.Conv1D(7, 1, activation="elu", name="wide")(x)
    return keras.Model(signal, layers.Conv1D(2, 1, name="leave")(x))
