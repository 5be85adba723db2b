"""An autoencoder in Keras: to six numbers and back."""

import keras
from keras import layers


def build() -> keras.Model:
    image = keras.Input((8, 12, 1), name="image")
    x = layers.Conv2D(4, 3, strides=2, padding="same", name="down1")(image)
    x = layers.ELU(alpha=0.5, name="elu")(x)
    x = layers.ZeroPadding2D(((1, 2), (2, 1)), name="frame")(x)
    x = layers.Conv2D(6, 4, strides=1, activation="relu", name="down2")(x)
    x = layers.Flatten(name="flat")(x)
    code = layers.Dense(6, activation="tanh", name="code")(x)
    x = layers.Dense(2 * 3 * 8, activation="relu", name="open")(code)
    x = layers.Reshape((2, 3, 8), name="map")(x)
    x = layers.Conv2DTranspose(6, 4, strides=2, padding="same", activation="relu", name="up1")(x)
    x = layers.UpSampling2D(2, name="double")(x)
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="smooth")(x)
    x = layers.Conv2D(1, 3, padding="same", name="last")(x)
    return keras.Model(image, keras.ops.clip(x, -1.5, 1.5))
