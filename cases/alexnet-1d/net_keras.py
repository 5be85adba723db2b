"""AlexNet with batch norms in Keras, computing what the PyTorch network computes, in one dimension or two."""

import keras
from keras import layers


def build(dimensions: int = 1, samples: int = 224, channels: int = 1, classes: int = 5) -> keras.Model:
    kinds = "ZeroPadding", "Conv", "MaxPooling", "AdaptiveAveragePooling"
    pad, conv, pool, adaptive = (getattr(layers, f"{kind}{dimensions}D") for kind in kinds)
    return keras.Sequential(
        [
            keras.Input((*[samples] * dimensions, channels)),
            pad(2),
            conv(64, 11, strides=4),
            norm(),
            layers.ReLU(),
            pool(3, strides=2),
            conv(192, 5, padding="same"),
            norm(),
            layers.ReLU(),
            pool(3, strides=2),
            conv(384, 3, padding="same"),
            norm(),
            layers.ReLU(),
            conv(256, 3, padding="same", activation="relu"),
            norm(),
            conv(256, 3, padding="same"),
            norm(),
            layers.ReLU(),
            pool(3, strides=2),
            adaptive(6),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(1024, activation="relu"),
            layers.Dense(classes),
        ]
    )


def norm() -> layers.Layer:
    """A batch norm with PyTorch's settings."""
    return layers.BatchNormalization(epsilon=1e-5, momentum=0.9)
