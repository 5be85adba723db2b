"""A tolerance that only rounding exceeds is told as that, and as nothing else where anything else is wrong."""

from torch import nn  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
import pytest

import parity

X = np.random.default_rng(4).normal(size=(4, 6)).astype("float32")


def pair(epsilon=1e-5):
    layers = keras.layers
    reference = keras.Sequential(
        [keras.Input((6,)), layers.Dense(64), layers.LayerNormalization(epsilon=1e-5), layers.Dense(5)]
    )
    return reference, nn.Sequential(nn.Linear(6, 64), nn.LayerNorm(64, eps=epsilon), nn.Linear(64, 5))


def told(rtol, **words):
    verdict = parity.check(*pair(**words), {"x": X}, rtol=rtol, atol=0.0)
    return verdict, [(each.cause, each.status) for each in verdict.findings]


def test_a_tolerance_under_the_rounding_of_float32_is_no_fault_of_the_port():
    verdict, findings = told(1e-9)
    assert verdict.verdict == "divergence"  # the tolerance is the user's to set
    assert findings == [("float32-noise", "confirmed")]
    assert verdict.explained
    (finding,) = verdict.findings
    assert finding.before > 1e-9 > 1e-12 > finding.after
    assert not verdict.mends


@pytest.mark.parametrize("epsilon", [1e-3, 1.001e-5], ids=["that float32 shows", "that float32 hides"])
def test_a_fault_under_the_same_tolerance_is_not_taken_for_rounding(epsilon):
    verdict, findings = told(1e-9, epsilon=epsilon)
    assert verdict.verdict == "divergence"
    assert ("float32-noise", "confirmed") not in findings


def test_within_the_tolerance_nothing_is_told():
    verdict, findings = told(1e-4)
    assert (verdict.verdict, findings) == ("parity", [])
