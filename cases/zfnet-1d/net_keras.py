"""ZFNet with batch norms in Keras, computing what the PyTorch network computes, in one dimension or two."""

import keras
from keras import layers


def build(dimensions: int = 1, samples: int = 224, channels: int = 1, classes: int = 5) -> keras.Model:
    conv, pool = (getattr(layers, f"{kind}{dimensions}D") for kind in ("Conv", "MaxPooling"))
    return keras.Sequential(
        [
            keras.Input((*[samples] * dimensions, channels)),
            conv(96, 7, strides=2),
            norm(),
            pool(3, strides=2),
            conv(256, 5, strides=2),
            norm(),
            pool(3, strides=2),
            conv(384, 3, padding="same"),
            norm(),
            conv(384, 3, padding="same"),
            norm(),
            conv(256, 3, padding="same"),
            norm(),
            pool(3, strides=2),
            layers.Flatten(),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(classes),
        ]
    )


def norm() -> layers.Layer:
    """A batch norm with PyTorch's settings."""
    return layers.BatchNormalization(epsilon=1e-5, momentum=0.9)
