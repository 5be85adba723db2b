"""A U-Net in Keras: two levels down, two up, each up with what stood at its size."""

import keras
from keras import layers


def build() -> keras.Model:
    image = keras.Input((16, 12, 2), name="image")
    one = twice(image, 6, "one")
    two = twice(layers.MaxPooling2D(2, name="pool1")(one), 8, "two")
    bottom = twice(layers.MaxPooling2D(2, name="pool2")(two), 10, "bottom")
    x = layers.Conv2DTranspose(8, 2, strides=2, name="up2")(bottom)
    x = twice(layers.Concatenate(name="join2")([two, x]), 8, "back2")
    x = layers.UpSampling2D(2, interpolation="bilinear", name="up1")(x)
    x = layers.Conv2DTranspose(6, 4, strides=1, padding="same", activation="relu", name="smooth")(x)
    x = twice(layers.Concatenate(name="join1")([one, x]), 6, "back1")
    x = layers.Conv2DTranspose(4, 3, strides=1, padding="same", name="last_up")(x)
    x = layers.LeakyReLU(negative_slope=0.2, name="leaky")(x)
    return keras.Model(image, layers.Conv2D(1, 1, activation="sigmoid", name="mask")(x))


def twice(x, width: int, name: str):
    x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"{name}_a")(x)
    x = layers.BatchNormalization(epsilon=1e-5, name=f"{name}_norm")(x)
    return layers.Conv2D(width, 3, padding="same", activation="relu", name=f"{name}_b")(x)
