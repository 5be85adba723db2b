"""Layers of Keras's that are seen in another way than they are called."""

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
from keras.src.applications.convnext import LayerScale
from torch import nn

import parity
from parity.nouns import Probe
from parity.sides.keras import KerasSide

X = np.random.default_rng(3).normal(size=(4, 5)).astype("float32")


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.gamma = nn.Linear(5, 7), nn.Parameter(torch.ones(7))

    def forward(self, x):
        return self.gamma * self.linear(x)


def test_a_layer_that_lives_inside_keras_applications_is_seen_call_by_call():
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(7), LayerScale(0.5, 7)])
    verdict = parity.check(model, Scaled(), X)
    assert verdict.verdict == "parity", str(verdict)
    assert verdict.ledger.closed


def normalized():
    norm = keras.layers.Normalization()
    model = keras.Sequential([keras.Input((5,)), norm, keras.layers.Dense(7)])
    norm.adapt(3 * X + 1)
    return model


def test_what_a_normalization_measured_is_carried_and_read():
    verdict = parity.check(normalized(), nn.Sequential(nn.BatchNorm1d(5, eps=0, affine=False), nn.Linear(5, 7)), X)
    assert verdict.verdict == "parity", str(verdict)


def test_a_normalization_that_the_port_leaves_out_is_a_divergence():
    assert parity.check(normalized(), nn.Linear(5, 7), X).verdict == "divergence"


def test_a_normalization_computes_as_before_once_it_was_checked():
    model = normalized()
    before = model.predict(X, verbose=0)
    parity.check(model, nn.Linear(5, 7), X)
    assert np.array_equal(model.predict(X, verbose=0), before)


class Twice(keras.Model):
    """One layer called twice, and a function between the two where the sequence is odd."""

    def __init__(self):
        super().__init__()
        self.layer = keras.layers.Dense(5, name="shared")

    def call(self, x):
        x = self.layer(x)
        return self.layer(keras.ops.abs(x) if x.shape[1] % 2 else x)


def test_no_two_layers_have_one_name_where_the_network_branches_on_the_size():
    side = KerasSide(Twice())
    even, odd = (Probe("x", {"x": np.ones((2, size, 5), "f4")}, {"x": ("batch", "time", "channel")}) for size in (4, 3))
    assert [layer.name for layer in side.outline(even).layers] == ["shared", "shared:2"]
    assert [layer.name for layer in side.outline(odd).layers] == ["shared", "abs", "shared:2"]


def approximated(x):
    return keras.ops.gelu(x, approximate=True)


def relu(x):
    """Its name is not what it is."""
    return keras.ops.tanh(x)


def seen(layer):
    probe = Probe("x", {"x": X}, {"x": ("batch", "channel")})
    layers = KerasSide(keras.Sequential([keras.Input((5,)), layer])).outline(probe).layers
    return [(each.name, each.kind, dict(each.settings)) for each in layers if not each.parameters]


def test_an_activation_of_the_users_own_is_known_by_what_it_calls():
    gelu = {"approximate": True}
    assert seen(keras.layers.Dense(7, activation=approximated, name="one")) == [("one/gelu", "gelu", gelu)]
    assert seen(keras.layers.Activation(approximated, name="act")) == [("act/gelu", "gelu", gelu)]
    assert [kind for _, kind, _ in seen(keras.layers.Dense(7, activation=relu))] == ["tanh"]
    assert [kind for _, kind, _ in seen(keras.layers.Activation(relu))] == ["tanh"]
    assert seen(keras.layers.Dense(7, activation="relu", name="one"))[0][:2] == ("one/relu", "relu")


def test_two_gelus_are_told_apart_wherever_they_are_called():
    def build(approximate):
        entry = keras.Input((5,))
        return keras.Model(entry, keras.ops.gelu(keras.layers.Dense(7)(entry), approximate=approximate))

    for approximate, word in ((False, "none"), (True, "tanh")):
        candidate = nn.Sequential(nn.Linear(5, 7), nn.GELU(approximate=word))
        assert parity.check(build(approximate), candidate, X).verdict == "parity"
        (finding,) = parity.check(build(not approximate), candidate, X).findings
        assert (finding.cause, finding.status) == ("gelu-approximation", "confirmed")
