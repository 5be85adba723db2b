"""Another build of the same network: its arrays under the names of the first one, however they are kept."""

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from torch import nn

from parity.build import drawn
from parity.errors import OutlineError
from parity.fresh.drawing import Wanted
from parity.nouns import Probe
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide

PROBE = Probe("noise", {"x": np.ones((4, 15), "f4")}, {"x": ("batch", "channel")})


def bare():
    """A function on variables that no model holds, as TensorFlow was written before Keras."""
    weights = [tf.Variable(tf.random.normal([15, 40], stddev=0.2)), tf.Variable(tf.random.normal([40, 6], stddev=3))]
    return lambda x: tf.nn.relu(x @ weights[0]) @ weights[1]


class Late(keras.Model):
    """Makes its variables when it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = keras.layers.Dense(40)

    def call(self, x):
        return self.fc(x)


@pytest.fixture
def thawed():
    """Nothing is frozen, as where parity is run by itself."""
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.mark.parametrize(
    ("framework", "make", "deviations"),
    [
        ("keras", bare, [0.2, 3]),
        ("keras", Late, [(2 / 55) ** 0.5]),
        ("torch", lambda: nn.Sequential(nn.LazyLinear(40)), [(1 / 45) ** 0.5]),
        ("torch", lambda: nn.Sequential(nn.Flatten(), nn.Linear(15, 40, dtype=torch.float64)), None),
    ],
    ids=["bare variables", "built late", "lazy", "float64"],
)
def test_every_seed_draws_anew_and_the_same_seed_the_same(framework, make, deviations, thawed):
    side = {"keras": KerasSide, "torch": TorchSide}[framework](make())
    probe = PROBE.doubled() if deviations is None else PROBE
    side.outline(probe)
    kernels = [(name, roles["kernel"]) for name, roles in side.weights().items() if "kernel" in roles]
    wanted = [Wanted(((name, "kernel"),), array.shape) for name, array in kernels]
    before = [np.array(array) for _, array in kernels]
    found = drawn(framework, side, make, wanted, [3, 4, 5, 3], probe)
    for each, expected in zip(found, deviations or [(1 / 45) ** 0.5], strict=True):
        assert not np.array_equal(each.sample[0], each.sample[1])
        assert np.array_equal(each.sample[0], each.sample[3])
        assert each.sample.std() == pytest.approx(expected, rel=0.1)
    after = [side.weights()[name]["kernel"] for name, _ in kernels]
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True)), "the side itself was drawn anew"
    assert gc.get_freeze_count() == 0


def test_a_build_that_makes_another_network_is_refused():
    def wide(framework, width):
        if framework == "torch":
            return nn.Sequential(nn.Linear(15, width))
        return keras.Sequential([keras.Input((15,)), keras.layers.Dense(width)])

    for framework, kind in (("torch", TorchSide), ("keras", KerasSide)):
        side = kind(wide(framework, 4))
        side.outline(PROBE)
        with pytest.raises(OutlineError, match="expected the same layers under every seed"):
            side.again(wide(framework, 5), PROBE)
