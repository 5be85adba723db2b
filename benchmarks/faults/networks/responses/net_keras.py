"""The first layers of an AlexNet in Keras, with TensorFlow's norm of responses, and their mean and spread."""

import keras
import tensorflow as tf
from keras import layers, ops


def build() -> keras.Model:
    entry = keras.Input((9, 9, 3), name="image")
    x = layers.Conv2D(8, 3, padding="same", name="conv1")(entry)
    x = layers.Lambda(lambda x: tf.nn.local_response_normalization(x, 2, 1.0, 0.02, 0.75), name="response1")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="slopes")(x)
    x = layers.Conv2D(6, 3, name="conv2")(x)
    x = layers.Lambda(lambda x: tf.nn.local_response_normalization(x, 1, 2.0, 0.1, 0.5), name="response2")(x)
    x = layers.PReLU(shared_axes=[1, 2, 3], name="slope")(x)
    mean = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Concatenate(name="both")([mean, ops.std(x, axis=(1, 2))])
    return keras.Model(entry, layers.Dense(3, name="answer")(x))
