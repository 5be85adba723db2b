"""Which layer answers which, where both networks are cut differently."""

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
from torch import nn
from torch.nn import functional as F

import parity
from parity.grammar.idioms import read

IMAGES = np.random.default_rng(5).normal(size=(2, 6, 6, 3)).astype("float32")
AXES = {"image": "channel height width"}


def grown(blocks=4):
    """Each convolution reads what stands before it joined to what it adds, two by two."""
    x = entrance = keras.Input((6, 6, 3))
    for _ in range(blocks):
        x = keras.layers.Concatenate()([x, keras.layers.Conv2D(3, 3, padding="same", activation="relu")(x)])
    return keras.Model(entrance, keras.layers.Conv2D(2, 1)(x))


class Grown(nn.Module):
    """The same, with all that stands before joined at once: of one part at first."""

    def __init__(self, blocks=4):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3 * (number + 1), 3, 3, padding=1) for number in range(blocks))
        self.last = nn.Conv2d(3 * (blocks + 1), 2, 1)

    def forward(self, x):
        parts = [x]
        for conv in self.convs:
            parts.append(torch.relu(conv(torch.cat(parts, 1))))
        return self.last(torch.cat(parts, 1))


def test_joining_one_after_the_other_answers_joining_at_once():
    verdict = parity.check(grown(), Grown(), {"image": IMAGES}, candidate_axes=AXES)
    assert verdict.verdict == "parity", str(verdict)
    rows = [row.match for row in verdict.layers if not row.match.carries]
    assert all(match.reference and match.candidate and not match.rivals for match in rows)


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.gate = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1)

    def forward(self, x):
        x = self.conv(x)
        return x * F.hardsigmoid(self.gate(x))


def test_an_activation_written_out_answers_the_call():
    entrance = keras.Input((6, 6, 3))
    x = keras.layers.Conv2D(4, 1)(entrance)
    gate = keras.layers.ReLU(6.0)(keras.layers.Conv2D(4, 1)(x) + 3.0) * (1.0 / 6.0)
    model = keras.Model(entrance, keras.layers.Multiply()([x, gate]))
    verdict = parity.check(model, Gated(), {"image": IMAGES}, candidate_axes=AXES)
    assert verdict.verdict == "parity", str(verdict)
    assert [row.match.kind for row in verdict.layers] == ["conv", "conv", "hard_sigmoid", "multiply"]


def test_reading_formulas_again_changes_nothing():
    verdict = parity.check(grown(), Grown(), {"image": IMAGES}, candidate_axes=AXES)
    assert read(verdict.reference.layers, verdict.reference.outputs.values()) == list(verdict.reference.layers)
