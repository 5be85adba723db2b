"""A bidirectional tagger of words: a PyTorch module against a subclassed Keras model."""

import keras
import torch
from keras import layers
from torch import nn

from parity.case import Input
from ports import Fault

INPUTS = [Input("words", (13,), ("length",), dtype="int32", range=(0, 59))]


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(60, 15)
        self.lstm = nn.LSTM(15, 11, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(22)
        self.gru = nn.GRU(22, 9, batch_first=True)
        self.hidden = nn.Linear(9, 16)
        self.tags = nn.Linear(16, 7)

    def forward(self, words):
        x = self.embedding(words)
        x, _ = self.lstm(x)
        x = self.norm(x)
        x, _ = self.gru(x)
        x = torch.nn.functional.elu(self.hidden(x))
        return self.tags(x)


def reference():
    return Tagger()


class KerasTagger(keras.Model):
    def __init__(self):
        super().__init__()
        self.embedding = layers.Embedding(60, 15)
        self.lstm = layers.Bidirectional(
            layers.LSTM(11, recurrent_activation="hard_sigmoid", return_sequences=True),
        )
        self.norm = layers.LayerNormalization()
        self.gru = layers.GRU(9, return_sequences=True)
        self.hidden = layers.Dense(16, activation="selu")
        self.tags = layers.Dense(7, activation="softmax")

    def call(self, words):
        x = self.embedding(words)
        x = self.norm(self.lstm(x))
        return self.tags(self.hidden(self.gru(x)))


def candidate():
    return KerasTagger()


FAULTS = [
    Fault(
        "lstm",
        "gates with the hard sigmoid of old Keras",
        'layers.LSTM(11, recurrent_activation="hard_sigmoid", return_sequences=True),',
        "layers.LSTM(11, return_sequences=True),",
    ),
    Fault(
        "norm",
        "epsilon was left at its default",
        "self.norm = layers.LayerNormalization()",
        "self.norm = layers.LayerNormalization(epsilon=1e-5)",
    ),
    Fault(
        "hidden",
        "selu, where the reference has elu",
        'self.hidden = layers.Dense(16, activation="selu")',
        'self.hidden = layers.Dense(16, activation="elu")',
    ),
    Fault(
        "tags",
        "returns probabilities, where the reference returns logits",
        'self.tags = layers.Dense(7, activation="softmax")',
        "self.tags = layers.Dense(7)",
    ),
]
