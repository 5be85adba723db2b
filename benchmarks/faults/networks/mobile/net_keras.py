"""A mobile image network in Keras: expand, look, squeeze, excite, project."""

import keras
from keras import layers


def build() -> keras.Model:
    image = keras.Input((13, 12, 3), name="image")
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem")(image)
    x = layers.BatchNormalization(name="stem_norm")(x)
    x = layers.Activation("hard_swish", name="stem_act")(x)
    x = inverted(x, 16, 8, 1, "one")
    x = inverted(x, 24, 12, 2, "two")
    x = layers.Conv2D(16, 1, groups=4, name="mix")(x)
    x = layers.ReLU(max_value=6, name="capped")(x)
    x = layers.GlobalAveragePooling2D(keepdims=True, name="mean")(x)
    x = layers.Conv2D(5, 1, name="logits")(x)
    return keras.Model(image, layers.Flatten(name="flat")(x))


def inverted(x, wide: int, width: int, stride: int, name: str):
    y = layers.Conv2D(wide, 1, use_bias=False, name=f"{name}_expand")(x)
    y = layers.Activation("relu6")(layers.BatchNormalization(name=f"{name}_norm1")(y))
    y = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False, name=f"{name}_look")(y)
    y = layers.Activation("silu")(layers.BatchNormalization(name=f"{name}_norm2")(y))
    s = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_squeeze")(y)
    s = layers.Conv2D(4, 1, activation="relu", name=f"{name}_down")(s)
    s = layers.Conv2D(wide, 1, activation="hard_sigmoid", name=f"{name}_up")(s)
    y = layers.Multiply(name=f"{name}_excite")([y, s])
    y = layers.Conv2D(width, 1, use_bias=False, name=f"{name}_project")(y)
    y = layers.BatchNormalization(name=f"{name}_norm3")(y)
    return layers.Add(name=f"{name}_add")([x, y]) if stride == 1 else y
