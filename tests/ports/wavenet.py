"""Dilated causal convolutions with gates on a signal: Keras, functional in a loop, against a PyTorch module."""

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import nn

from parity.case import Input
from ports import Fault

INPUTS = [Input("signal", (61, 2), ("length", "channel"), ("channel", "length"))]


def reference():
    signal = keras.Input((61, 2))
    x = layers.Conv1D(12, 4, padding="causal", name="front")(signal)
    skips = []
    for rate in (1, 2, 4):
        gate = layers.Conv1D(12, 3, padding="causal", dilation_rate=rate, activation="sigmoid")(x)
        value = layers.Conv1D(12, 3, padding="causal", dilation_rate=rate, activation="tanh")(x)
        y = layers.Conv1D(12, 1)(layers.Multiply()([value, gate]))
        skips.append(y)
        x = layers.Add()([x, y])
    x = layers.ReLU()(layers.Add()(skips))
    x = layers.Conv1D(7, 1)(x)
    return keras.Model(signal, layers.Softmax()(x))


class Causal(nn.Conv1d):
    def __init__(self, inputs, outputs, kernel, dilation=1):
        super().__init__(inputs, outputs, kernel, dilation=dilation)
        self.left = (kernel - 1) * dilation

    def forward(self, x):
        return super().forward(F.pad(x, (self.left, 0)))


class WaveNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.front = nn.Conv1d(2, 12, 4, padding="same")
        self.gate1 = Causal(12, 12, 3, 1)
        self.gate2 = Causal(12, 12, 3, 2)
        self.gate3 = Causal(12, 12, 3, 4)
        self.value1 = Causal(12, 12, 3, 1)
        self.value2 = Causal(12, 12, 3, 2)
        self.value3 = Causal(12, 12, 3, 2)
        self.mix1 = nn.Conv1d(12, 12, 1)
        self.mix2 = nn.Conv1d(12, 12, 1)
        self.mix3 = nn.Conv1d(12, 12, 1)
        self.last = nn.Conv1d(12, 7, 1)

    def forward(self, x):
        x = self.front(x)
        y1 = self.mix1(torch.tanh(self.value1(x)) * torch.sigmoid(self.gate1(x)))
        x = x + y1
        y2 = self.mix2(torch.tanh(self.value2(x)) * torch.sigmoid(self.gate2(x)))
        x = x + y2
        y3 = self.mix2(torch.tanh(self.value3(x)) * torch.sigmoid(self.gate3(x)))
        x = F.relu(y1 + y2 + y3)
        return F.softmax(self.last(x), dim=-1)


def candidate():
    return WaveNet()


FAULTS = [
    Fault(
        "front",
        "padded at both ends, not causally",
        'self.front = nn.Conv1d(2, 12, 4, padding="same")',
        "self.front = Causal(2, 12, 4)",
    ),
    Fault(
        "value3",
        "the dilation of the layer above was copied",
        "self.value3 = Causal(12, 12, 3, 2)",
        "self.value3 = Causal(12, 12, 3, 4)",
    ),
    Fault(
        "mix2",
        "called twice, where mix3 is meant the second time",
        "y3 = self.mix2(",
        "y3 = self.mix3(",
    ),
    Fault(
        "softmax",
        "over the steps, not over the channels",
        "return F.softmax(self.last(x), dim=-1)",
        "return F.softmax(self.last(x), dim=1)",
    ),
]
