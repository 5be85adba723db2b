"""Three inputs, two outputs: a picture, a text and numbers. Keras, functional, against a PyTorch module."""

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import nn

from parity.case import Input
from ports import Fault

INPUTS = [
    Input("picture", (20, 27, 3), ("height", "width", "channel"), ("channel", "height", "width")),
    Input("text", (11,), ("length",), dtype="int32", range=(0, 39)),
    Input("numbers", (5,), ("channel",)),
]


def reference():
    picture = keras.Input((20, 27, 3), name="picture")
    text = keras.Input((11,), dtype="int32", name="text")
    numbers = keras.Input((5,), name="numbers")

    a = layers.Conv2D(8, 5, padding="same", activation="relu")(picture)
    a = layers.AveragePooling2D(3, strides=3, padding="same")(a)
    a = layers.Conv2D(12, 3, activation="relu")(a)
    a = layers.GlobalMaxPooling2D()(a)

    b = layers.Embedding(40, 9)(text)
    b = layers.Conv1D(14, 4, padding="same", activation="relu")(b)
    b = layers.Bidirectional(layers.LSTM(6))(b)

    c = layers.Dense(12, activation="relu")(numbers)

    x = layers.Concatenate()([a, b, c])
    x = layers.Dense(20, activation="relu", name="trunk")(x)
    label = layers.Dense(4, activation="softmax", name="label")(x)
    age = layers.Dense(1, activation="softplus", name="age")(x)
    return keras.Model([picture, text, numbers], [label, age])


class Profile(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5, padding=2)
        self.pool = nn.AvgPool2d(3, stride=3, ceil_mode=True)
        self.conv2 = nn.Conv2d(8, 12, 3)
        self.embedding = nn.Embedding(40, 9)
        self.conv_text = nn.Conv1d(9, 14, 4, padding=4 // 2)
        self.lstm = nn.LSTM(14, 6, batch_first=True, bidirectional=True)
        self.fc_numbers = nn.Linear(5, 12)
        self.trunk = nn.Linear(36, 20)
        self.label = nn.Linear(20, 4)
        self.age = nn.Linear(20, 1)

    def forward(self, picture, text, numbers):
        a = F.relu(self.conv1(picture))
        a = F.relu(self.conv2(self.pool(a)))
        a = a.amax((2, 3))

        b = self.embedding(text).transpose(1, 2)
        b = F.relu(self.conv_text(b)).transpose(1, 2)
        b, _ = self.lstm(b)
        b = b[:, -1]

        c = F.relu(self.fc_numbers(numbers))

        x = F.relu(self.trunk(torch.cat([c, b, a], dim=1)))
        return self.label(x).softmax(dim=1), F.relu(self.age(x))


def candidate():
    return Profile()


FAULTS = [
    Fault(
        "conv_text",
        "pads two zeros at either end, 'same' pads one and two: a step more",
        "self.conv_text = nn.Conv1d(9, 14, 4, padding=4 // 2)",
        'self.conv_text = nn.Conv1d(9, 14, 4, padding="same")',
    ),
    Fault(
        "lstm",
        "the last step of both directions, where that of the backward one is its first",
        "b, _ = self.lstm(b)\n        b = b[:, -1]",
        "_, (b, _) = self.lstm(b)\n        b = torch.cat([b[0], b[1]], dim=1)",
    ),
    Fault(
        "cat",
        "the branches are joined in another order",
        "torch.cat([c, b, a], dim=1)",
        "torch.cat([a, b, c], dim=1)",
    ),
    Fault(
        "age",
        "a relu, where the reference has a softplus",
        "F.relu(self.age(x))",
        "F.softplus(self.age(x))",
    ),
]
