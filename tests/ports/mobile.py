"""Depthwise-separable blocks with squeeze and excitation: PyTorch against Keras, functional with helpers."""

import keras
from keras import layers, ops
from torch import nn

from parity.case import Input
from ports import Fault

INPUTS = [Input("image", (3, 34, 46), ("channel", "height", "width"), ("height", "width", "channel"))]


def convolve(inputs, outputs, kernel=1, stride=1, groups=1):
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]


class SqueezeExcite(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.act = nn.ReLU()
        self.gate = nn.Hardsigmoid()

    def forward(self, x):
        return x * self.gate(self.fc2(self.act(self.fc1(self.pool(x)))))


class Mobile(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(*convolve(3, 10, 3, stride=2), nn.ReLU6())
        self.expand = nn.Sequential(*convolve(10, 30), nn.ReLU6())
        self.depthwise = nn.Sequential(*convolve(30, 30, 5, groups=30), nn.ReLU6())
        self.excite = SqueezeExcite(30, 7)
        self.project = nn.Sequential(*convolve(30, 10))
        self.down = nn.Sequential(*convolve(10, 10, 3, stride=2, groups=10), nn.ReLU6(), *convolve(10, 16))
        self.head = nn.Linear(16, 9)

    def forward(self, x):
        x = self.stem(x)
        x = x + self.project(self.excite(self.depthwise(self.expand(x))))
        x = self.down(x)
        return self.head(x.mean((2, 3)))


def reference():
    return Mobile()


def norm(x, name, relu=True):
    x = layers.BatchNormalization(epsilon=1e-5, name=name)(x)
    return ops.relu6(x) if relu else x


def excite(x, squeezed):
    channels = x.shape[-1]
    s = layers.GlobalAveragePooling2D(keepdims=True, name="se_pool")(x)
    s = layers.Conv2D(squeezed, 1, activation="relu", name="se_reduce")(s)
    s = layers.Conv2D(channels, 1, activation="sigmoid", name="se_expand")(s)
    return layers.Multiply(name="se_scale")([x, s])


def candidate():
    image = keras.Input((34, 46, 3))
    x = layers.Conv2D(10, 3, strides=2, padding="same", use_bias=False, name="stem")(image)
    x = norm(x, "stem_bn")
    inputs = x
    x = layers.Conv2D(30, 1, use_bias=False, name="expand")(x)
    x = layers.BatchNormalization(epsilon=1e-5, name="expand_bn")(x)
    x = layers.ReLU(name="expand_relu")(x)
    x = layers.DepthwiseConv2D(5, padding="same", use_bias=False, name="depthwise")(x)
    x = norm(x, "depthwise_bn")
    x = excite(x, 7)
    x = layers.Conv2D(10, 1, use_bias=False, name="project")(x)
    x = layers.BatchNormalization(name="project_bn")(x)
    x = layers.Add(name="add")([inputs, x])
    x = layers.ZeroPadding2D(1, name="down_pad")(x)
    x = layers.DepthwiseConv2D(3, strides=2, use_bias=False, name="down")(x)
    x = norm(x, "down_bn")
    x = layers.Conv2D(16, 1, use_bias=False, name="last")(x)
    x = norm(x, "last_bn", relu=False)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(image, layers.Dense(9, name="head")(x))


FAULTS = [
    Fault(
        "stem",
        "34×46 at stride 2: 'same' pads at the right and lower edge only, the reference all around",
        'x = layers.Conv2D(10, 3, strides=2, padding="same", use_bias=False, name="stem")(image)',
        'x = layers.Conv2D(10, 3, strides=2, use_bias=False, name="stem")(layers.ZeroPadding2D(1)(image))',
    ),
    Fault(
        "expand_relu",
        "without the cap at six",
        'x = layers.ReLU(name="expand_relu")(x)',
        'x = layers.ReLU(6.0, name="expand_relu")(x)',
    ),
    Fault(
        "se_expand",
        "a sigmoid, where the reference has a hard one",
        's = layers.Conv2D(channels, 1, activation="sigmoid", name="se_expand")(s)',
        's = layers.Conv2D(channels, 1, activation="hard_sigmoid", name="se_expand")(s)',
    ),
    Fault(
        "project_bn",
        "epsilon was left at its default",
        'x = layers.BatchNormalization(name="project_bn")(x)',
        'x = layers.BatchNormalization(epsilon=1e-5, name="project_bn")(x)',
    ),
]
