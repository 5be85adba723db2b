"""A VGG in small: both sequential, Keras against PyTorch."""

import keras
import torch
from keras import layers
from torch import nn

from parity.case import Input
from ports import Fault

INPUTS = [Input("image", (30, 41, 3), ("height", "width", "channel"), ("channel", "height", "width"))]


def reference():
    return keras.Sequential(
        [
            keras.Input((30, 41, 3)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(14, 3, padding="same", activation="relu"),
            layers.Conv2D(14, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(18, 3, activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(6, activation="softmax"),
        ]
    )


class VGG(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(8, 8, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 14, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(14, 14, 3, padding=1, bias=False),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(14, 18, 3),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(18 * 2 * 4, 32),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Linear(32, 32),
            nn.Dropout(),
            nn.Linear(32, 6),
            nn.Softmax(dim=1),
        )

    def forward(self, x):
        return torch.softmax(self.classifier(self.features(x)), dim=1)


def candidate():
    return VGG()


FAULTS = [
    Fault(
        "features.7",
        "its bias was left out",
        "nn.Conv2d(14, 14, 3, padding=1, bias=False),",
        "nn.Conv2d(14, 14, 3, padding=1),",
    ),
    Fault(
        "features.12",
        "the last pooling takes the maximum, as those before it, not the mean",
        "nn.MaxPool2d(2),\n        )",
        "nn.AvgPool2d(2),\n        )",
    ),
    Fault(
        "classifier.4",
        "no activation behind the second linear layer",
        "nn.Linear(32, 32),",
        "nn.Linear(32, 32),\n            nn.ReLU(),",
    ),
    Fault(
        "softmax",
        "applied once more in forward, upon that of the classifier",
        "return torch.softmax(self.classifier(self.features(x)), dim=1)",
        "return self.classifier(self.features(x))",
    ),
]
