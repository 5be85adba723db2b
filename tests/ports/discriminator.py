"""The discriminator of a GAN: PyTorch, sequential, against Keras, sequential."""

import keras
from keras import layers
from torch import nn

from parity.case import Input
from ports import Fault

INPUTS = [Input("image", (3, 32, 40), ("channel", "height", "width"), ("height", "width", "channel"))]


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(3, 16, 4, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(16, 64, 4, 2, 1, bias=False),
            nn.GroupNorm(8, 64),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(64, 24, 4, 2, 1, bias=False),
            nn.LayerNorm([24, 4, 5]),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(24, 20, 3, bias=False),
            nn.BatchNorm2d(20),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Flatten(),
            nn.Linear(20 * 2 * 3, 1),
        )

    def forward(self, image):
        return self.main(image)


def reference():
    return Discriminator()


def candidate():
    return keras.Sequential(
        [
            keras.Input((32, 40, 3)),
            layers.Conv2D(16, 4, strides=2, padding="same", name="conv1"),
            layers.LeakyReLU(name="leaky1"),
            layers.Conv2D(64, 4, strides=2, padding="same", use_bias=False, name="conv2"),
            layers.GroupNormalization(epsilon=1e-5, name="norm2"),
            layers.LeakyReLU(0.2, name="leaky2"),
            layers.Conv2D(24, 4, strides=2, padding="same", use_bias=False, name="conv3"),
            layers.LayerNormalization(epsilon=1e-5, name="norm3"),
            layers.LeakyReLU(0.2, name="leaky3"),
            layers.Conv2D(20, 3, use_bias=False, name="conv4"),
            layers.LeakyReLU(0.2, name="leaky4"),
            layers.BatchNormalization(epsilon=1e-5, name="norm4"),
            layers.Flatten(),
            layers.Dense(1, name="score"),
        ]
    )


FAULTS = [
    Fault(
        "leaky1",
        "the slope was left at its default of 0.3",
        'layers.LeakyReLU(name="leaky1"),',
        'layers.LeakyReLU(0.2, name="leaky1"),',
    ),
    Fault(
        "norm2",
        "32 groups by default, the reference has 8",
        'layers.GroupNormalization(epsilon=1e-5, name="norm2"),',
        'layers.GroupNormalization(8, epsilon=1e-5, name="norm2"),',
    ),
    Fault(
        "norm3",
        "over the channels alone, the reference normalises channels, height and width together",
        'layers.LayerNormalization(epsilon=1e-5, name="norm3"),',
        'layers.LayerNormalization(axis=[1, 2, 3], epsilon=1e-5, name="norm3"),',
    ),
    Fault(
        "norm4",
        "stands behind the activation, in the reference before it",
        'layers.LeakyReLU(0.2, name="leaky4"),\n            layers.BatchNormalization(epsilon=1e-5, name="norm4"),',
        'layers.BatchNormalization(epsilon=1e-5, name="norm4"),\n            layers.LeakyReLU(0.2, name="leaky4"),',
    ),
]
