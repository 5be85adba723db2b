"""Layers of Keras's that give another shape than they declare, and lambdas seen by what they call."""

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
import pytest
from keras import layers, ops
from torch import nn

import parity

X = np.random.default_rng(3).normal(size=(4, 5)).astype("float32")


def crossed(x):
    return ops.dot(x, ops.transpose(x))  # each sample with every other


def declaring(shape, *behind, function=crossed):
    x = keras.Input((5,))
    y = layers.Lambda(function, output_shape=shape, name="product")(layers.Dense(5, name="before")(x))
    for layer in behind:
        y = layer(y)
    return keras.Model(x, y)


class Own(nn.Module):
    """Each sample multiplied with itself."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(5, 5)

    def forward(self, x):
        x = self.linear(x)
        return x[:, None] @ x[:, :, None]


def test_a_network_that_cannot_run_behind_a_false_shape_is_a_divergence_that_says_where():
    verdict = parity.check(Own(), lambda: declaring((1, 1), layers.Reshape((1, 1))), X)
    assert verdict.verdict == "divergence"
    (claim,) = verdict.candidate.claims
    assert (claim.name, claim.declared, claim.gives, claim.stops) == ("product", (None, 1, 1), (4, 4), True)
    assert "of the candidate, product declares the shape batch×1×1 and gives 4×4 (test_claims.py:" in verdict.reasons[0]
    assert {"batch-crossed", "declared-shape"} <= {each.cause for each in verdict.findings}, str(verdict)
    assert all(each.status == "stated" and each.place for each in verdict.findings)
    linear = verdict.layers[0]
    assert linear.match.kind == "dense" and linear.status == "same", "what stands before it is compared"


def test_a_reference_that_cannot_run_is_inconclusive_at_best():
    verdict = parity.check(declaring((1, 1), layers.Reshape((1, 1))), Own(), X)
    assert verdict.verdict != "parity" and any("what stands behind it cannot run" in each for each in verdict.reasons)


def test_a_false_shape_behind_which_the_network_runs_is_a_note():
    plain = keras.Sequential([keras.Input((5,)), layers.Dense(5), layers.ReLU()])
    false = declaring((3,), function=ops.relu)
    verdict = parity.check(plain, false, X)
    assert verdict.verdict == "parity", str(verdict)
    assert any("product declares the shape batch×3 and gives 4×5" in note for note in verdict.notes)


def test_a_network_that_raises_for_another_reason_raises_as_it_did():
    def broken(x):
        raise RuntimeError("no such thing")

    with pytest.raises(RuntimeError, match="no such thing"):
        parity.check(declaring((5,), function=broken), nn.Linear(5, 5), X)


def test_a_lambda_is_seen_by_its_calls_and_has_a_float64_twin():
    factor = 0.3
    scaled = declaring((5,), layers.Dense(2), function=lambda x: ops.relu(x) * factor)
    candidate = nn.Sequential(nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 2))
    candidate[1].forward = lambda x: torch.relu(x) * 0.3
    verdict = parity.check(scaled, candidate, X)
    assert verdict.verdict == "parity", str(verdict)
    assert [row.match.kind for row in verdict.layers] == ["dense", "relu", "multiply", "dense"]
    assert not any("float32" in note for note in verdict.notes)
