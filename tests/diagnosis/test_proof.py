"""Causes are proved by running the candidate amended: the smallest set, each once, and nothing of it stays."""

from torch import nn  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
import pytest
import torch

import parity
from parity.diagnosis.trial import merged
from parity.nouns import Amendment, Move

RELU, TANH = Move("relu"), Move("tanh")
IMAGE = parity.Input("x", (9, 7, 3), ("height", "width", "channel"), ("channel", "height", "width"))


def reference(epsilon=1e-3, slope=0.3, stride=2):
    layers = keras.layers
    x = keras.Input((9, 7, 3))
    y = layers.Conv2D(5, 3, strides=stride, padding="same", name="conv")(x)
    y = layers.BatchNormalization(epsilon=epsilon, name="norm")(y)
    y = layers.LeakyReLU(negative_slope=slope, name="leaky")(y)
    y = layers.Dense(4, activation="tanh", name="dense")(layers.GlobalAveragePooling2D()(y))
    return keras.Model(x, layers.Dense(2, name="last")(y))


class Port(nn.Module):
    def __init__(self, epsilon=1e-3, slope=0.3, padding=1, function=torch.tanh, end=None):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3, stride=2, padding=padding)
        self.norm = nn.BatchNorm2d(5, eps=epsilon)
        self.leaky = nn.LeakyReLU(slope)
        self.dense, self.last = nn.Linear(5, 4), nn.Linear(4, 2)
        self.function, self.end = function, end

    def forward(self, x):
        x = self.leaky(self.norm(self.conv(x))).mean((2, 3))
        x = self.last(self.function(self.dense(x)))
        return x if self.end is None else self.end(x)


def found(verdict):
    return {(each.cause, each.layer, each.status) for each in verdict.findings}


def test_a_cause_is_confirmed_where_its_remedy_brings_the_layer_down_to_rounding():
    verdict = parity.check(reference(), Port(epsilon=1e-5), [IMAGE])
    (finding,) = verdict.findings
    assert (finding.cause, finding.status, finding.layer) == ("bn-epsilon", "confirmed", "norm")
    assert finding.before > 1e-4 > 1e-12 > finding.after
    assert verdict.explained
    assert verdict.left == ()


def test_causes_of_several_layers_are_each_confirmed_in_one_go():
    port = Port(epsilon=1e-5, slope=0.01, function=torch.relu, end=torch.sigmoid)
    verdict = parity.check(reference(), port, [IMAGE])
    assert found(verdict) == {
        ("bn-epsilon", "norm", "confirmed"),
        ("leaky-slope", "leaky", "confirmed"),
        ("wrong-activation", "dense/tanh", "confirmed"),
        ("softmax-or-logits", "sigmoid", "confirmed"),
    }
    assert verdict.explained


def test_what_no_cause_explains_is_unknown_and_the_rest_is_proved_all_the_same():
    class Off(Port):
        def forward(self, x):
            x = self.leaky(self.norm(self.conv(x) * 1)).mean((2, 3))
            return torch.special.i0(self.last(torch.tanh(self.dense(x))))

    verdict = parity.check(reference(), Off(epsilon=1e-5), [IMAGE])
    assert ("bn-epsilon", "norm", "confirmed") in found(verdict)
    assert not verdict.explained


def test_a_setting_that_differs_and_makes_no_difference_is_a_note_and_no_cause():
    """Behind a relu nothing is negative, so that no slope is ever used."""
    layers = keras.layers
    one = keras.Sequential(
        [keras.Input((6,)), layers.Dense(5, activation="relu"), layers.LeakyReLU(negative_slope=0.3), layers.Dense(3)]
    )
    other = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.LeakyReLU(0.2), nn.Linear(5, 3), nn.Tanh())
    verdict = parity.check(one, other, np.ones((4, 6), np.float32))
    assert verdict.verdict == "divergence"
    assert found(verdict) == {("extra-activation", "4", "confirmed")}
    assert any("slope is 0.3 in the reference and 0.2 here, which makes no difference here" in n for n in verdict.notes)


class Wider(Port):
    """The port with one channel too many in the hidden layer."""

    def __init__(self, **words):
        super().__init__(**words)
        self.dense, self.last = nn.Linear(5, 5), nn.Linear(5, 2)


def test_with_the_references_values_for_what_is_stated_the_rest_is_shown_to_be_the_same():
    verdict = parity.check(reference(), Wider(), [IMAGE])
    assert found(verdict) == {("width", "dense", "stated"), ("input-width", "last", "stated")}
    assert verdict.explained
    assert set(verdict.lent) >= {"dense", "last"}
    assert not verdict.mends  # nothing that could be written makes the two the same


def test_a_fault_behind_what_is_stated_is_proved_with_the_references_values():
    verdict = parity.check(reference(), Wider(epsilon=1e-5, end=torch.sigmoid), [IMAGE])
    assert found(verdict) == {
        ("bn-epsilon", "norm", "confirmed"),
        ("width", "dense", "stated"),
        ("input-width", "last", "stated"),
        ("softmax-or-logits", "sigmoid", "confirmed"),
    }
    assert verdict.explained


def test_what_no_cause_names_is_left_also_where_values_are_lent():
    """Between two layers that are lent the reference's values a fault reaches no output, and is one all the same."""
    verdict = parity.check(reference(), Wider(function=lambda x: torch.tanh(x) * 1.01 + 0.02 * x), [IMAGE])
    assert not verdict.explained
    assert verdict.verdict == "divergence"


def test_the_candidate_is_afterwards_as_it_was():
    port = Port(epsilon=1e-5, slope=0.01)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 9, 7)).astype("f"))
    port.eval()
    before = port(x).detach().numpy().copy(), {name: value.clone() for name, value in port.state_dict().items()}
    assert parity.check(reference(), port, [IMAGE]).verdict == "divergence"
    np.testing.assert_array_equal(port(x).detach().numpy(), before[0])
    assert all(torch.equal(value, before[1][name]) for name, value in port.state_dict().items())
    assert (port.norm.eps, port.leaky.negative_slope) == (1e-5, 0.01)


def test_with_a_tolerance_of_the_users_causes_are_only_suspected():
    verdict = parity.check(reference(), Port(epsilon=1e-5), [IMAGE], rtol=1e-6)
    assert found(verdict) == {("bn-epsilon", "norm", "suspected")}


# -- amendments of one layer --------------------------------------------------------------------------------


def test_amendments_of_one_layer_are_made_together():
    one = Amendment("a", words={"eps": 1e-3}, before=(RELU,))
    other = Amendment("a", words={"momentum": 0.1}, then=(TANH,))
    (both,) = merged([one, other])
    assert both == Amendment("a", words={"eps": 1e-3, "momentum": 0.1}, before=(RELU,), then=(TANH,))
    assert merged([one, Amendment("b")]) == [one, Amendment("b")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Amendment("a", words={"eps": 1}), Amendment("a", words={"eps": 2})),
        (Amendment("a", instead=()), Amendment("a", instead=(RELU,))),
        (Amendment("a", operands=(1, 0)), Amendment("a", operands=(0, 1))),
        (Amendment("a", behind="b"), Amendment("a", behind="c")),
    ],
)
def test_amendments_that_cannot_both_be_made_are_not_made(one, other):
    assert merged([one, other]) is None


def pooled(strides, window=2):
    """Two pools in a row in Keras; PyTorch's `ceil_mode` answers Keras's "same"."""
    x = keras.Input((11, 13, 3))
    y = keras.layers.Conv2D(4, 3, padding="same", strides=strides, name="conv")(x)
    y = keras.layers.MaxPooling2D(window, padding="same", name="pool")(y)
    y = keras.layers.GlobalAveragePooling2D()(y)
    return keras.Model(x, keras.layers.Dense(2, name="last")(y))


class Pooled(nn.Module):
    def __init__(self, stride, window=2):
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 4, 3, padding=1, stride=stride), nn.Linear(4, 2)
        self.pool = nn.MaxPool2d(window, ceil_mode=True)

    def forward(self, x):
        return self.last(self.pool(self.conv(x)).mean((2, 3)))


LARGE = parity.Input("x", (11, 13, 3), ("height", "width", "channel"), ("channel", "height", "width"))


def test_what_only_follows_from_another_size_is_no_cause():
    """At a stride of 1 the pool reads 11 by 13 and is padded by one on both axes, at a stride of 2 nowhere as much."""
    assert parity.check(pooled(1), Pooled(1), [LARGE]).verdict == "parity"
    verdict = parity.check(pooled(1), Pooled(2), [LARGE])
    assert found(verdict) == {("stride", "conv", "confirmed")}, str(verdict)
    assert verdict.explained
    assert any("pool" in note and "no difference" in note for note in verdict.notes), verdict.notes


def test_a_fault_behind_another_size_is_told_all_the_same():
    verdict = parity.check(pooled(1), Pooled(2, window=3), [LARGE])
    assert {("stride", "conv", "confirmed"), ("kernel", "pool", "confirmed")} <= found(verdict), str(verdict)
    assert verdict.explained
