"""A transformer's encoder block with written-out attention: a Keras layer of its own against a PyTorch module."""

import keras
import torch.nn.functional as F
from keras import layers
from torch import nn

from parity.case import Input
from ports import Fault

STEPS, WIDTH, HEADS = 17, 24, 3
INPUTS = [Input("frames", (STEPS, 10), ("length", "channel"))]


def reference():
    frames = keras.Input((STEPS, 10))
    x = layers.Dense(WIDTH, name="embed")(frames)
    attended = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, name="attention")(x, x)
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, attended]))
    y = layers.Dense(40, activation="gelu")(x)
    y = layers.Dense(WIDTH)(layers.Dropout(0.1)(y))
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(frames, layers.Dense(5)(x))


class SelfAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.dim = dim
        self.q = nn.Linear(dim, dim)
        self.k = nn.Linear(dim, dim)
        self.v = nn.Linear(dim, dim)
        self.proj = nn.Linear(dim, dim)

    def split(self, x):
        b, t, _ = x.shape
        return x.view(b, t, self.heads, self.dim // self.heads).transpose(1, 2)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.split(self.q(x)), self.split(self.k(x)), self.split(self.v(x))
        scores = q @ k.transpose(-2, -1) / self.dim**0.5
        weights = scores.softmax(dim=-1)
        out = (weights @ v).reshape(b, t, self.dim)
        return self.proj(out)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(10, WIDTH)
        self.attn = SelfAttention(WIDTH, HEADS)
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-6)
        self.ff1 = nn.Linear(WIDTH, 40)
        self.ff2 = nn.Linear(40, WIDTH)
        self.drop = nn.Dropout(0.1)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, 5)

    def forward(self, x):
        x = self.embed(x)
        x = self.norm1(x + self.attn(x))
        y = self.drop(F.gelu(self.ff1(x), approximate="tanh"))
        x = self.norm2(x + self.ff2(y))
        return self.head(x.mean(dim=1))


def candidate():
    return Encoder()


FAULTS = [
    Fault(
        "attn: the division of the scores",
        "scores divided by the root of the whole width, not of one head's",
        "scores = q @ k.transpose(-2, -1) / self.dim**0.5",
        "scores = q @ k.transpose(-2, -1) / (self.dim // self.heads) ** 0.5",
    ),
    Fault(
        "attn: the reshape of the heads",
        "heads are merged without being transposed back behind the steps",
        "out = (weights @ v).reshape(b, t, self.dim)",
        "out = (weights @ v).transpose(1, 2).reshape(b, t, self.dim)",
    ),
    Fault(
        "gelu",
        "the approximation by tanh, where the reference has the exact one",
        'y = self.drop(F.gelu(self.ff1(x), approximate="tanh"))',
        "y = self.drop(F.gelu(self.ff1(x)))",
    ),
    Fault(
        "norm2",
        "epsilon was left at its default",
        "self.norm2 = nn.LayerNorm(WIDTH)",
        "self.norm2 = nn.LayerNorm(WIDTH, eps=1e-6)",
    ),
]
