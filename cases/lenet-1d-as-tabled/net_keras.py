"""LeNet in one dimension as its author's table has it: each pool stands before its batch norm."""

import keras
from keras import layers


def build(samples: int = 224, channels: int = 1, classes: int = 5) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((samples, channels)),
            layers.Conv1D(20, 5),
            layers.MaxPooling1D(2),
            layers.BatchNormalization(epsilon=1e-5, momentum=0.9),
            layers.Conv1D(50, 5),
            layers.MaxPooling1D(2),
            layers.BatchNormalization(epsilon=1e-5, momentum=0.9),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(classes, activation="relu"),
        ]
    )
