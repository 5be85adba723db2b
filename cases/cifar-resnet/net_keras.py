"""A small residual network for CIFAR-10 in Keras: three stages of two blocks, 16, 32 and 64 filters wide."""

import keras
from keras import layers


def build() -> keras.Model:
    image = keras.Input((32, 32, 3), name="image")
    x = layers.ReLU()(normed(image, 16))
    for filters in (16, 32, 64):
        x = block(x, filters, stride=1 if filters == 16 else 2)
        x = block(x, filters, stride=1)
    x = layers.Flatten()(layers.AveragePooling2D(8)(x))
    return keras.Model(image, layers.Dense(10, activation="softmax")(x), name="cifar_resnet")


def block(x, filters: int, stride: int):
    """Two convolutions beside a shortcut, which where the map shrinks is a convolution too."""
    y = layers.ReLU()(normed(x, filters, stride))
    y = normed(y, filters)
    shortcut = x if stride == 1 else normed(x, filters, stride)
    return layers.ReLU()(layers.Add()([y, shortcut]))


def normed(x, filters: int, stride: int = 1):
    return layers.BatchNormalization()(layers.Conv2D(filters, 3, strides=stride, padding="same")(x))
