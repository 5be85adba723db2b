"""Pairs of networks as a tired engineer writes them, and what is told of them."""

from torch import nn  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np

import parity

L, ops = keras.layers, keras.ops
VECTORS = np.random.default_rng(5).normal(size=(4, 11)).astype("float32")
SEQUENCES = np.random.default_rng(6).normal(size=(4, 7, 5)).astype("float32")
SQUARES = np.random.default_rng(7).normal(size=(4, 7, 6)).astype("float32")
IMAGES = np.random.default_rng(8).normal(size=(4, 6, 7, 3)).astype("float32")
INDICES = np.array([[1, 2, 3, 0, 0, 0, 0], [4, 3, 2, 1, 0, 0, 0], [1, 1, 2, 3, 4, 2, 0], [2, 0, 2, 3, 3, 0, 0]], "i4")
FIRST = {3: "channel length", 4: "channel height width"}


class Net(nn.Module):
    """Modules by name, and a function of them and the input."""

    def __init__(self, forward, **modules):
        super().__init__()
        for name, module in modules.items():
            setattr(self, name, module)
        self._called = forward

    def forward(self, *arrays):
        return self._called(self, *arrays)


def model(like, function):
    """A Keras model of one input."""
    entry = keras.Input(like.shape[1:], dtype=str(like.dtype))
    return keras.Model(entry, function(entry))


def stack(like, *layers):
    """A Keras model of layers in a row."""
    return keras.Sequential([keras.Input(like.shape[1:]), *layers])


def check(reference, candidate, arrays, *, turned=False):
    """The verdict; `turned` where the PyTorch network, as candidate, reads the channels first."""
    inputs = arrays if isinstance(arrays, dict) else {"x": arrays}
    return parity.check(reference, candidate, inputs, candidate_axes={"x": FIRST[arrays.ndim]} if turned else None)


def findings(reference, candidate, arrays, *, turned=False):
    """What is told as causes of a divergence."""
    verdict = check(reference, candidate, arrays, turned=turned)
    assert verdict.verdict == "divergence", str(verdict)
    return [(each.status, each.cause) for each in verdict.findings]


def confirmed(reference, candidate, arrays, cause, layer, *, turned=False):
    """Assert that this cause, at this layer, is the one that is found and proved, and return its finding."""
    verdict = check(reference, candidate, arrays, turned=turned)
    assert verdict.verdict == "divergence", str(verdict)
    told = [(each.status, each.cause, each.layer) for each in verdict.findings]
    assert told == [("confirmed", cause, layer)], f"{told}\n{verdict}"
    assert verdict.explained
    (finding,) = verdict.findings
    assert finding.before > 1e-6 > finding.after
    return finding


def named(reference, candidate, arrays, cause):
    """Assert that this cause alone is told of a Keras candidate, proved where that can be amended."""
    verdict = check(reference, candidate, arrays)
    assert verdict.verdict == "divergence", str(verdict)
    assert [each.cause for each in verdict.findings] == [cause], str(verdict)
    (finding,) = verdict.findings
    assert finding.status == "confirmed" or finding.doubt
    return finding


def parity_is_told(reference, candidate, arrays, *, turned=False):
    """Assert that a pair is the same function, and nothing is told as a cause."""
    verdict = check(reference, candidate, arrays, turned=turned)
    assert verdict.verdict == "parity", str(verdict)
    assert not verdict.findings
