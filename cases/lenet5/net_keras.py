"""LeNet-5 in Keras in three styles that compute one function: 32×32 at the first convolution, padded or not."""

import keras
from keras import layers


def sequential(size: int = 32, channels: int = 3, padding: str = "valid") -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((size, size, channels)),
            layers.Conv2D(6, 5, padding=padding, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10),
        ]
    )


def functional(size: int = 32, channels: int = 3, padding: str = "valid") -> keras.Model:
    image = keras.Input((size, size, channels), name="image")
    x = layers.ReLU()(layers.Conv2D(6, 5, padding=padding)(image))
    x = layers.MaxPooling2D(2)(x)
    x = layers.ReLU()(layers.Conv2D(16, 5)(x))
    x = layers.Flatten()(layers.MaxPooling2D(2)(x))
    x = layers.ReLU()(layers.Dense(120)(x))
    x = layers.ReLU()(layers.Dense(84)(x))
    return keras.Model(image, layers.Dense(10)(x), name="lenet5")


class Subclassed(keras.Model):
    """Its layers are called by hand, and one pool serves twice."""

    def __init__(self, padding: str) -> None:
        super().__init__()
        self.conv1 = layers.Conv2D(6, 5, padding=padding)
        self.conv2 = layers.Conv2D(16, 5)
        self.pool = layers.MaxPooling2D(2)
        self.flatten = layers.Flatten()
        self.dense1 = layers.Dense(120)
        self.dense2 = layers.Dense(84)
        self.dense3 = layers.Dense(10)

    def call(self, image):
        x = self.pool(keras.ops.relu(self.conv1(image)))
        x = self.pool(keras.ops.relu(self.conv2(x)))
        x = keras.ops.relu(self.dense1(self.flatten(x)))
        return self.dense3(keras.ops.relu(self.dense2(x)))


def subclassed(padding: str = "valid") -> keras.Model:
    return Subclassed(padding)
