"""Layers of Keras's that are seen in another way than they are called."""

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.applications.convnext import LayerScale
from torch import nn

import parity
from parity.nouns import Amendment, Move, Probe
from parity.sides._keras_graph import KerasGraph
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


# -- nothing is made or written that is there already ------------------------------------------------------


def opened():
    """A network of two layers, outlined, and its probe."""
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(3)])
    side, probe = KerasSide(model), Probe("given", {"x": X}, {"x": ("batch", "channel")})
    side.outline(probe)
    return model, side, probe


def test_a_whole_run_copies_no_graph_and_gives_what_one_that_does_gives(monkeypatch):
    model, side, probe = opened()
    plain = tf.import_graph_def
    monkeypatch.setattr(tf, "import_graph_def", lambda *_, **__: pytest.fail("the graph was copied"))
    found, wide = side.run(probe), side.run(probe, double=True)
    monkeypatch.setattr(tf, "import_graph_def", plain)
    alone = side.run(probe, given=found.steps)  # copied, to be cut
    hidden = np.maximum(X @ model.layers[0].kernel.numpy() + model.layers[0].bias.numpy(), 0)
    expected = hidden @ model.layers[1].kernel.numpy() + model.layers[1].bias.numpy()
    for trace in (found, wide, alone):
        np.testing.assert_allclose(trace.outputs["output"], expected, rtol=1e-5, atol=1e-6)
    for name, step in found.steps.items():
        np.testing.assert_allclose(alone.isolated[name], step, rtol=1e-6, atol=1e-6)


def test_a_twin_is_given_only_the_weights_that_changed_and_each_of_those(monkeypatch):
    model, side, probe = opened()
    side.run(probe, double=True)
    assigned, plain = [], keras.Variable.assign

    def noting(variable, value):
        assigned.append(variable.dtype)
        return plain(variable, value)

    monkeypatch.setattr(keras.Variable, "assign", noting)
    side.run(probe, double=True)
    assert assigned == []
    bias = model.layers[1].bias
    for number in (np.float32(0.1), np.float32(0), np.float32(-0.0), np.float32(np.nan)):
        bias.value.assign(np.full(3, number))
        del assigned[:]
        side.run(probe, double=True)
        twin = side._twin._model.layers[1].bias.numpy()
        assert twin.tobytes() == np.full(3, number).astype(np.float64).tobytes()
        assert assigned == ["float64"], number


def test_an_amended_network_is_traced_once_for_all_probes_of_its_shape_and_reads_the_weights_of_each_run(monkeypatch):
    model = keras.Sequential(
        [keras.Input((5,)), keras.layers.Dense(4), keras.layers.ReLU(name="relu"), keras.layers.Dense(3)]
    )
    side, probe = KerasSide(model), Probe("given", {"x": X}, {"x": ("batch", "channel")})
    side.outline(probe)
    traced, plain = [], KerasGraph.amended
    monkeypatch.setattr(KerasGraph, "amended", lambda graph, how: traced.append(how) or plain(graph, how))

    def expected(values, end=lambda hidden: hidden):
        (kernel, bias), (last, shift) = (each.get_weights() for each in model.layers if each.weights)
        return end(values @ kernel + bias) @ last + shift

    for values in (X, X + 1):
        for _ in range(2):
            model.set_weights([each + 1 for each in model.get_weights()])
            trace = side.run(Probe("given", {"x": values}, probe.axes), amendments=(Amendment("relu", instead=()),))
            np.testing.assert_allclose(trace.outputs["output"], expected(values), rtol=1e-4, atol=1e-4)
    assert len(traced) == 1
    negated = (Amendment("relu", before=(Move("scale", {"factor": -1.0}),)),)
    trace = side.run(probe, amendments=negated)
    turned = expected(X, lambda hidden: np.maximum(-hidden, 0))
    np.testing.assert_allclose(trace.outputs["output"], turned, rtol=1e-4, atol=1e-4)
    side.run(Probe("given", {"x": X[:1]}, probe.axes), amendments=negated)
    assert len(traced) == 3, "other amendments, and then another shape"
    plainly = side.run(probe).outputs["output"]
    np.testing.assert_allclose(plainly, expected(X, lambda hidden: np.maximum(hidden, 0)), rtol=1e-4, atol=1e-4)


def test_a_lambda_keeps_the_names_that_it_reads_in_its_float64_twin():
    """Keras copies a lambda by its code alone, and calls the copy while it makes the twin."""
    maps = np.random.default_rng(3).normal(size=(2, 3, 4, 5)).astype("float32")
    for function in (lambda x: tf.nn.local_response_normalization(x, 1, 1.0, 0.1, 0.5), lambda x: tf.nn.elu(x)):
        side = KerasSide(keras.Sequential([keras.Input((3, 4, 5)), keras.layers.Lambda(function)]))
        probe = Probe("x", {"x": maps}, {"x": ("batch", "height", "width", "channel")})
        side.outline(probe)
        (wide,) = side.run(probe, double=True).outputs.values()
        assert wide.dtype == np.float64
        assert np.allclose(wide, function(tf.constant(maps)).numpy(), atol=1e-6)
