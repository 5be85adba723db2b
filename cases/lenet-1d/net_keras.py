"""LeNet with batch norms in Keras, computing what the PyTorch network computes, in one dimension or two."""

import keras
from keras import layers


def build(dimensions: int = 1, samples: int = 224, channels: int = 1, classes: int = 5) -> keras.Model:
    conv, pool = (getattr(layers, f"{kind}{dimensions}D") for kind in ("Conv", "MaxPooling"))
    return keras.Sequential(
        [
            keras.Input((*[samples] * dimensions, channels)),
            conv(20, 5),
            norm(),
            pool(2),
            conv(50, 5),
            norm(),
            pool(2),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(classes, activation="relu"),
        ]
    )


def norm() -> layers.Layer:
    """A batch norm with PyTorch's settings."""
    return layers.BatchNormalization(epsilon=1e-5, momentum=0.9)
