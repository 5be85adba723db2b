"""Several faults at once: replay names exactly the layers that were changed, in one run, and no other."""

import itertools
import random
from dataclasses import replace

import keras
import pytest
import torch  # before Keras, which brings TensorFlow
from torch import nn

import parity
from parity.cases import find, shipped
from parity.line import Options, examine
from parity.probes import battery
from parity.run import in_turn
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide

SIZE = (12, 10, 3)
IMAGE = parity.Input("image", SIZE, ("height", "width", "channel"), ("channel", "height", "width"))


def keras_network() -> keras.Model:
    """Two branches that meet twice, a residual, three kinds of norm, two kinds of pool."""
    layers = keras.layers
    image = keras.Input(SIZE)
    x = layers.BatchNormalization(epsilon=1e-3, name="norm1")(layers.Conv2D(8, 3, name="conv1")(image))
    x = layers.LeakyReLU(negative_slope=0.2, name="leaky")(x)
    a = layers.Conv2D(8, 3, padding="same", activation="gelu", name="conv2")(x)
    b = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    b = layers.LayerNormalization(epsilon=1e-3, name="norm2")(b)
    x = layers.Concatenate(name="joined")([layers.Add(name="residual")([a, x]), b])
    x = layers.AveragePooling2D(2, padding="same", name="pool")(x)
    x = layers.Conv2D(6, 1, activation="elu", name="conv3")(x)
    x = layers.Dense(9, activation="tanh", name="dense1")(layers.Flatten()(x))
    return keras.Model(image, layers.Dense(4, name="dense2")(x))


class Port(nn.Module):
    """The same network; what may be planted is an argument of its layers, or a weight of theirs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3)
        self.norm1 = nn.BatchNorm2d(8, eps=1e-3)
        self.leaky = nn.LeakyReLU(0.2)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.gelu = nn.GELU()
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.norm2 = nn.LayerNorm(8, eps=1e-3)
        self.pool = nn.AvgPool2d(2)
        self.conv3 = nn.Conv2d(16, 6, 1)
        self.elu = nn.ELU()
        self.dense1 = nn.Linear(6 * 5 * 4, 9)
        self.dense2 = nn.Linear(9, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, 3, 12, 10) to (batch, 4)."""
        x = self.leaky(self.norm1(self.conv1(x)))
        a = self.gelu(self.conv2(x))
        b = self.norm2(self.depthwise(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = self.pool(torch.cat([a + x, b], 1))
        x = self.elu(self.conv3(x)).permute(0, 2, 3, 1).flatten(1)
        return self.dense2(torch.tanh(self.dense1(x)))


def scaled(name):
    def plant(module):
        weight = getattr(module, name).weight
        weight[(0,) * weight.ndim] *= 1.01

    return plant


def setting(name, attribute, value):
    return lambda module: setattr(getattr(module, name), attribute, value)


FAULTS = {
    # the layer where it must be seen, by the reference's name: what is planted
    "conv1": scaled("conv1"),
    "norm1": setting("norm1", "eps", 1e-5),
    "leaky": setting("leaky", "negative_slope", 0.3),
    "conv2": scaled("conv2"),
    "conv2/gelu": setting("gelu", "approximate", "tanh"),
    "depthwise": scaled("depthwise"),
    "norm2": setting("norm2", "eps", 1e-5),
    "conv3": scaled("conv3"),
    "conv3/elu": setting("elu", "alpha", 0.5),
    "dense1": scaled("dense1"),
    "dense2": lambda module: module.dense2.bias.__setitem__(1, module.dense2.bias[1] * 1.001),
}


class Planted(TorchSide):
    """Damaged behind the port, which would lay a healthy weight over a damaged one."""

    def __init__(self, faults):
        super().__init__(Port())
        self.faults = faults

    def load(self, weights):
        super().load(weights)
        self.asked = {layer: {role: array.copy() for role, array in held.items()} for layer, held in weights.items()}
        with torch.no_grad():
            for name in self.faults:
                FAULTS[name](self._module)

    def weights(self):
        return self.asked if hasattr(self, "asked") else super().weights()


@pytest.fixture(scope="module")
def reference():
    return KerasSide(keras_network())


def sources(reference, faults, seed):
    case = replace(*find("magnitude", shipped()), inputs=(IMAGE,))
    probes = battery((IMAGE,), 4, seed)
    verdict = examine(case, reference, Planted(faults), probes, Options(seed=seed), in_turn, None)
    return verdict.verdict, {row.match.name for row in verdict.layers if row.source}


def test_the_healthy_port_has_no_source(reference):
    assert sources(reference, (), 0) == ("parity", set())


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_one_source(reference, name):
    assert sources(reference, (name,), 1) == ("divergence", {name})


@pytest.mark.parametrize(("count", "seed"), itertools.product((2, 3, 5), range(8)))
def test_several_faults_are_as_many_sources(reference, count, seed):
    planted = random.Random(100 * count + seed).sample(sorted(FAULTS), count)
    assert sources(reference, planted, seed) == ("divergence", set(planted))


def test_every_layer_at_fault_at_once(reference):
    assert sources(reference, FAULTS, 0) == ("divergence", set(FAULTS))
