"""Amendments: the same laws in both frameworks. Each field changes what it says, as a network built that way shows."""

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
import pytest
from torch import nn
from torch.nn import functional as F

from parity.errors import NoAmendment
from parity.nouns import Amendment, Move, Probe
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide

RANDOM = np.random.default_rng(11)
MAP = RANDOM.normal(size=(2, 9, 7, 3))
AXES = ("batch", "height", "width", "channel")
NAMES = {  # what each framework calls the layers of the network below
    "keras": {
        **{each: each for each in ("conv", "bn", "act", "join", "dense")},
        **{"pool": "pool", "bare": "relu", "mean": "mean", "input": "input:x"},
    },
    "torch": {
        **{each: each for each in ("conv", "bn", "act", "pool", "dense")},
        **{"join": "cat", "bare": "relu", "mean": "mean", "input": "input:x"},
    },
}


class Port(nn.Module):
    """A small network with layers and bare functions; the arguments build it otherwise."""

    def __init__(self, eps=1e-5, act=True, bare="plain", crossed=False, behind=False, extra=None, inplace=False):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.bn = nn.BatchNorm2d(5, eps=eps)
        self.act = nn.ReLU(inplace=inplace)
        self.pool = nn.AvgPool2d(2)
        self.dense = nn.Linear(10, 4)
        self.on, self.bare, self.crossed, self.behind, self.extra = act, bare, crossed, behind, extra or {}

    def _extra(self, name, x):
        return self.extra[name](x) if name in self.extra else x

    def forward(self, x):
        x = self._extra("input", x)
        y = self._extra("bn", self.bn(self.conv(x)))
        if self.behind:
            y = self.act(self.pool(y))
        else:
            y = self.act(y) if self.on else y
            y = self.pool(y)
        z = {"plain": F.relu, "none": lambda y: y, "in place": ignoring(F.relu_)}[self.bare](y - 0.3)
        y = y * 1.5
        joined = torch.cat([z, y] if self.crossed else [y, z], 1)
        return self.dense(torch.mean(joined, (2, 3)))


def ignoring(function):
    """A call in place whose result the network does not look at."""

    def call(x):
        function(x)
        return x

    return call


def network(eps=1e-5, act=True, bare="plain", crossed=False, behind=False, extra=None):
    """The same in Keras, with bare functions of keras.ops."""
    extra = extra or {}
    layers = keras.layers

    def with_extra(name, x):
        return extra[name](x) if name in extra else x

    given = keras.Input((9, 7, 3), name="x")
    y = layers.Conv2D(5, 3, name="conv")(with_extra("input", given))
    y = with_extra("bn", layers.BatchNormalization(epsilon=eps, name="bn")(y))
    relu, pool = layers.ReLU(name="act"), layers.AveragePooling2D(2, name="pool")
    if behind:
        y = relu(pool(y))
    else:
        y = pool(relu(y) if act else y)
    z = y - 0.3
    z = keras.ops.relu(z) if bare == "plain" else z
    y = y * 1.5
    joined = layers.Concatenate(name="join")([z, y] if crossed else [y, z])
    return keras.Model(given, layers.Dense(4, name="dense")(keras.ops.mean(joined, axis=(1, 2))))


def dressed(side):
    """Give a side the weights and statistics that all networks here have."""
    random = np.random.default_rng(5)
    drawn = {}
    for layer, roles in sorted(side.weights().items()):
        for role, array in sorted(roles.items()):
            drawn.setdefault(layer, {})[role] = (random.random(array.shape) + 0.2).astype(array.dtype)
            if role in ("kernel", "bias"):
                drawn[layer][role] -= 0.7
    side.load(drawn)
    return side


def built(framework, **words):
    if framework == "torch":
        side, probe = TorchSide(Port(**words)), probed(np.moveaxis(MAP, 3, 1), (AXES[0], AXES[3], *AXES[1:3]))
    else:
        words.pop("inplace", None)
        side, probe = KerasSide(network(**words)), probed(MAP, AXES)
    side.outline(probe)
    return dressed(side), probe


def probed(array, axes):
    return Probe("drawn", {"x": np.ascontiguousarray(array, np.float32)}, {"x": axes})


def amend(framework, layer, **words):
    if "behind" in words:
        words["behind"] = NAMES[framework][words["behind"]]
    return Amendment(NAMES[framework][layer], **words)


def native(framework, order):
    """An order of the axes batch, height, width, channel, told of the framework's own."""
    return order if framework == "keras" else [[0, 2, 3, 1].index(each) for each in order]


def near(one, other, double):
    return one.shape == other.shape and np.allclose(one, other, rtol=0, atol=1e-12 if double else 1e-5)


def same_network(framework, amendments, double, *, plain=None, **words):
    """An amended network gives in every layer what the one that is built that way gives; then it is as before."""
    side, probe = built(framework, **(plain or {}))
    other, _ = built(framework, **words)
    before, wanted = side.run(probe, double=double), other.run(probe, double=double)
    found = side.run(probe, double=double, amendments=amendments)
    assert all(near(found.outputs[name], wanted.outputs[name], double) for name in wanted.outputs)
    assert not near(found.outputs["output"], before.outputs["output"], double)
    assert found.steps.keys() == before.steps.keys()
    unchanged(side, probe, double, before)
    return before, found, wanted


def unchanged(side, probe, double, before):
    again = side.run(probe, double=double)
    for name, array in before.steps.items():
        assert np.array_equal(again.steps[name], array), name
    assert all(np.array_equal(again.outputs[name], array) for name, array in before.outputs.items())


both = pytest.mark.parametrize("framework", ["keras", "torch"])
wide = pytest.mark.parametrize("double", [False, True], ids=["float32", "float64"])


@both
@wide
def test_other_words(framework, double):
    name = {"keras": "epsilon", "torch": "eps"}[framework]
    amendment = amend(framework, "bn", words={name: 0.5})
    before, found, wanted = same_network(framework, [amendment], double, eps=0.5)
    assert all(near(found.steps[each], wanted.steps[each], double) for each in wanted.steps)
    assert np.array_equal(found.steps["conv"], before.steps["conv"])


@both
@wide
def test_a_layer_that_is_left_out(framework, double):
    _, found, _ = same_network(framework, [amend(framework, "act", instead=())], double, act=False)
    assert np.array_equal(found.steps["act"], found.steps["bn"])


@both
@wide
def test_a_bare_function_that_is_left_out(framework, double):
    same_network(framework, [amend(framework, "bare", instead=())], double, bare="none")


@both
@wide
def test_something_instead_of_a_layer_or_a_bare_function(framework, double):
    side, probe = built(framework)
    amendments = [amend(framework, each, instead=(Move("tanh"),)) for each in ("act", "bare")]
    found = side.run(probe, double=double, amendments=amendments)
    names = NAMES[framework]
    assert near(found.steps["act"], np.tanh(found.steps["bn"]), double)
    assert near(found.steps[names["bare"]], np.tanh(found.steps["sub"]), double)


@both
@wide
def test_operands_in_another_order(framework, double):
    same_network(framework, [amend(framework, "join", operands=(1, 0))], double, crossed=True)


@both
@wide
def test_a_call_behind_another(framework, double):
    same_network(framework, [amend(framework, "act", behind="pool")], double, behind=True)


@both
@wide
@pytest.mark.parametrize("layer", ["act", "bare"])
def test_before_and_after_and_then(framework, double, layer):
    side, probe = built(framework)
    name = NAMES[framework][layer]
    read, behind = {"act": ("bn", "pool"), "bare": ("sub", NAMES[framework]["join"])}[layer]
    half, shift = Move("scale", {"factor": 0.5, "offset": 0.1}), Move("scale", {"offset": -0.2})
    given = side.run(probe, double=double).steps
    amendment = amend(framework, layer, before=(half,), after=(shift,), then=(half, half))
    found = side.run(probe, double=double, given=given, amendments=[amendment])

    def own(x):
        return np.maximum(x * 0.5 + 0.1, 0) - 0.2

    def handed(x):
        return (x * 0.5 + 0.1) * 0.5 + 0.1

    def read_by(x):
        return pooled(x) if layer == "act" else x

    assert near(found.steps[name], own(found.steps[read]), double)
    assert near(found.isolated[name], own(given[read]), double)
    part = slice(None) if layer == "act" else slice(5, None)
    assert near(found.steps[behind][..., part], read_by(handed(found.steps[name])), double)
    assert near(found.isolated[behind][..., part], read_by(handed(given[name])), double)


def pooled(x):
    return sum(x[:, i:6:2, j:4:2] for i in (0, 1) for j in (0, 1)) / 4


@both
@wide
def test_then_is_a_layer_behind(framework, double):
    relu = {"keras": keras.ops.relu, "torch": F.relu}[framework]
    amendment = amend(framework, "bn", then=(Move("tanh"), Move("relu")))
    tanh = {"keras": keras.ops.tanh, "torch": torch.tanh}[framework]
    _, found, wanted = same_network(framework, [amendment], double, extra={"bn": lambda x: relu(tanh(x))})
    assert near(found.steps["bn"], wanted.steps["bn"], double)


@both
@wide
def test_an_input_permuted(framework, double):
    order = native(framework, [0, 1, 2, 3])
    flip = Move("flip", {"axis": order.index(1)})
    turned = {"keras": lambda x: keras.ops.flip(x, 1), "torch": lambda x: torch.flip(x, (2,))}[framework]
    same_network(framework, [amend(framework, "input", then=(flip,))], double, extra={"input": turned})


@both
@wide
def test_a_skip(framework, double):
    side, probe = built(framework)
    given = side.run(probe, double=double).steps
    amendment = amend(framework, "bn", then=(Move("add", {"step": "conv"}),))
    found = side.run(probe, double=double, given=given, amendments=[amendment])
    assert near(found.steps["act"], np.maximum(found.steps["bn"] + found.steps["conv"], 0), double)
    assert near(found.isolated["act"], np.maximum(given["bn"] + given["conv"], 0), double)
    other = {name: array * 1.5 for name, array in given.items()}  # the step that is given, not the network's own
    found = side.run(probe, double=double, given=other, amendments=[amendment])
    assert near(found.isolated["act"], np.maximum(other["bn"] + other["conv"], 0), double)
