"""The network in Keras."""

import keras

from benchmarks.residual import BLOCKS, SIZE, WIDTH


def network() -> keras.Model:
    """50 layers with weights, without the norms."""
    layers = keras.layers
    image = keras.Input((SIZE, SIZE, 3))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(WIDTH, 3, padding="same", use_bias=False)(image)))
    for _ in range(BLOCKS):
        y = layers.BatchNormalization()(layers.Conv2D(WIDTH, 3, padding="same", use_bias=False)(x))
        y = layers.Conv2D(WIDTH, 3, padding="same", use_bias=False)(layers.ReLU()(y))
        x = layers.ReLU()(layers.Add()([x, layers.BatchNormalization()(y)]))
    return keras.Model(image, layers.Dense(10)(layers.Flatten()(layers.AveragePooling2D(8)(x))))
