"""A U-Net of two levels: Keras, functional, against a PyTorch module."""

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import nn

from parity.case import Input
from ports import Fault

INPUTS = [Input("scan", (36, 52, 2), ("height", "width", "channel"), ("channel", "height", "width"))]


def double(x, filters):
    for _ in range(2):
        x = layers.Conv2D(filters, 3, padding="same")(x)
        x = layers.ReLU()(x)
    return x


def reference():
    scan = keras.Input((36, 52, 2))
    down1 = double(scan, 8)
    down2 = double(layers.MaxPooling2D()(down1), 12)
    x = double(layers.MaxPooling2D()(down2), 16)
    x = layers.UpSampling2D(interpolation="bilinear")(x)
    x = double(layers.Concatenate()([down2, x]), 12)
    x = layers.UpSampling2D(interpolation="bilinear")(x)
    x = double(layers.Concatenate()([down1, x]), 8)
    return keras.Model(scan, layers.Conv2D(1, 1, activation="sigmoid")(x))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc1a = nn.Conv2d(2, 8, 3, padding=1)
        self.enc1b = nn.Conv2d(8, 8, 3, padding=1)
        self.enc2a = nn.Conv2d(8, 12, 3, padding=1)
        self.enc2b = nn.Conv2d(12, 12, 3, padding=1)
        self.mid_a = nn.Conv2d(12, 16, 3, padding=1)
        self.mid_b = nn.Conv2d(16, 16, 3, padding=1)
        self.dec2a = nn.Conv2d(28, 12, 3, padding=1)
        self.dec2b = nn.Conv2d(12, 12, 3, padding=1)
        self.dec1a = nn.Conv2d(20, 8, 3, padding=1)
        self.dec1b = nn.Conv2d(8, 8, 3, padding=1)
        self.head = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        x = F.relu(self.enc1a(x))
        skip1 = self.enc1b(x)
        x = F.relu(skip1)
        x = F.max_pool2d(x, 2)
        x = F.relu(self.enc2a(x))
        skip2 = F.relu(self.enc2b(x))
        x = F.max_pool2d(skip2, 2)

        x = F.relu(self.mid_a(x))
        x = F.relu(self.mid_b(x))

        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
        x = torch.cat([x, skip2], dim=1)
        x = F.relu(self.dec2b(F.relu(self.dec2a(x))))
        x = F.interpolate(x, scale_factor=2, mode="bilinear")
        x = torch.cat([skip1, x], dim=1)
        x = F.relu(self.dec1b(F.relu(self.dec1a(x))))
        return torch.sigmoid(self.head(x))


def candidate():
    return UNet()


FAULTS = [
    Fault(
        "skip1",
        "the first skip is taken before its activation",
        "skip1 = self.enc1b(x)",
        "skip1 = F.relu(self.enc1b(x))",
    ),
    Fault(
        "first interpolate",
        "corners aligned, which Keras never does",
        'x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)',
        'x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)',
    ),
    Fault(
        "first cat",
        "what was enlarged comes first, where the skip does in the reference",
        "torch.cat([x, skip2], dim=1)",
        "torch.cat([skip2, x], dim=1)",
    ),
]
