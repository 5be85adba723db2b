"""A convolutional autoencoder: Keras, sequential, against a PyTorch module of two sequences."""

import keras
from keras import layers
from torch import nn

from parity.case import Input
from ports import Fault

INPUTS = [Input("image", (28, 44, 1), ("height", "width", "channel"), ("channel", "height", "width"))]


def reference():
    model = keras.Sequential([keras.Input((28, 44, 1))])
    model.add(layers.Conv2D(10, 3, strides=2, padding="same"))
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(layers.Conv2D(18, 3, strides=2, padding="same"))
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(layers.Conv2D(4, 1, name="code"))
    model.add(layers.Conv2DTranspose(18, 3, strides=2, padding="same"))
    model.add(layers.ReLU())
    model.add(layers.Conv2DTranspose(10, 4, strides=2, padding="same"))
    model.add(layers.ReLU())
    model.add(layers.Conv2D(1, 3, padding="same", activation="sigmoid"))
    return model


class Crop(nn.Module):
    """What a transposed convolution with kernel 3 and stride 2 has too much at the right and lower edge."""

    def forward(self, x):
        return x[..., :-1, :-1]


class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.ZeroPad2d((0, 1, 0, 1)),
            nn.Conv2d(1, 10, 3, stride=2),
            nn.BatchNorm2d(10, eps=0.001),
            nn.LeakyReLU(),
            nn.ZeroPad2d((0, 1, 0, 1)),
            nn.Conv2d(10, 18, 3, stride=2),
            nn.BatchNorm2d(18, eps=0.001),
            nn.LeakyReLU(0.3),
            nn.Conv2d(18, 4, 1),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(4, 18, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(18, 10, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(10, 1, 3, padding=1),
            nn.Tanh(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


def candidate():
    return AutoEncoder()


FAULTS = [
    Fault(
        "encoder.3",
        "the slope was left at its default of 0.01, that of Keras is 0.3",
        "nn.LeakyReLU(),",
        "nn.LeakyReLU(0.3),",
    ),
    Fault(
        "decoder.0",
        "crops at the left and upper edge, where the reference crops at the right and lower one",
        "nn.ConvTranspose2d(4, 18, 3, stride=2, padding=1, output_padding=1),",
        "nn.ConvTranspose2d(4, 18, 3, stride=2),\n            Crop(),",
    ),
    Fault(
        "decoder.5",
        "a tanh at the end, where the reference has a sigmoid",
        "nn.Tanh(),",
        "nn.Sigmoid(),",
    ),
]
