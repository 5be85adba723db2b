"""Phase in Keras: the phase half of a Wi-Fi sounding network (IEEE 9079219)."""

import keras
from keras import layers


def build() -> keras.Model:
    sounding = keras.Input((1, 250), name="sounding")
    x = layers.Conv1D(8, 5, strides=2, padding="same", activation="relu", name="conv1")(sounding)
    x = layers.Conv1D(1, 5, strides=2, padding="same", activation="relu", name="conv2")(x)
    widths = [(300, "relu", 0.0), (300, "relu", 0.01), (350, "relu", 0.1), (400, "relu", 0.1), (250, "tanh", 0.0)]
    for number, (width, activation, rate) in enumerate(widths, start=1):
        x = layers.Dense(width, activation=activation, name=f"dense{number}")(x)
        x = layers.Dropout(rate, name=f"drop{number}")(x)
    return keras.Model(sounding, layers.Add(name="add")([x, sounding]), name="phase")
