"""Bare TensorFlow as a side: what it is, what it is not, and how it could lie."""

import torch  # isort: skip - before TensorFlow
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from torch import nn
from torch.nn import functional as F

import parity
from parity.build import live
from parity.errors import NoTwin, OutlineError, UsageError
from parity.nouns import Probe
from parity.sides.tensorflow import TensorFlowSide

X = np.random.default_rng(3).normal(size=(4, 5)).astype("float32")
PROBE = Probe("x", {"x": X}, {"x": ("batch", "channel")})


def drawn(*shape, seed=0):
    return tf.Variable(np.random.default_rng(seed).normal(size=shape).astype("float32"))


class Bare(tf.Module):
    """Two products with biases, and a leaky relu written out between them."""

    def __init__(self, slope=0.2, transposed=False):
        super().__init__()
        self.slope, self.transposed = slope, transposed
        self.w = [drawn(5, 5, seed=1), drawn(5, 5, seed=2)]
        self.b = [drawn(5, seed=3), drawn(5, seed=4)]

    @tf.function
    def __call__(self, x):
        x = tf.matmul(x, self.w[0], transpose_b=self.transposed) + self.b[0]
        x = tf.nn.relu(x) - self.slope * tf.nn.relu(-x)
        return tf.nn.bias_add(x @ self.w[1], self.b[1])


def linear(slope=0.2, bias=True):
    return nn.Sequential(nn.Linear(5, 5), nn.LeakyReLU(slope), nn.Linear(5, 5, bias=bias))


def dense():
    return keras.Sequential(
        [keras.Input((5,)), keras.layers.Dense(5), keras.layers.LeakyReLU(0.2), keras.layers.Dense(5)]
    )


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("other", [linear, dense, Bare])
def test_a_module_of_bare_variables_is_the_layers_that_it_writes_out(other, transposed):
    one, other = Bare(transposed=transposed), other()
    for pair in ((one, other), (other, one)):
        verdict = parity.check(*pair, X)
        assert verdict.verdict == "parity", str(verdict)
        assert [(row.match.kind, row.status) for row in verdict.layers] == [
            ("dense", "same"), ("leaky_relu", "same"), ("dense", "same")
        ]  # fmt: skip
        assert verdict.ledger.closed and not any("float32" in note for note in verdict.notes), str(verdict)


def test_layers_name_the_line_that_made_their_variable_and_the_line_that_reads_it():
    layers = TensorFlowSide(built := live(Bare)[1]._model).outline(PROBE).layers
    lines = [(layer.built.code, layer.called.code) for layer in (layers[0], layers[2])]
    assert lines[0] == (
        'return tf.Variable(np.random.default_rng(seed).normal(size=shape).astype("float32"))',
        "x = tf.matmul(x, self.w[0], transpose_b=self.transposed) + self.b[0]",
    )
    assert lines[1][1] == "return tf.nn.bias_add(x @ self.w[1], self.b[1])"
    assert [each.name for each in layers[0].parameters] == ["w.0", "b.0"] and built.w[0].shape == (5, 5)


@pytest.mark.parametrize(
    ("candidate", "cause"),
    [(lambda: linear(slope=0.01), "leaky-slope"), (lambda: linear(bias=False), None)],
    ids=["another slope", "no bias"],
)
def test_what_differs_is_a_divergence(candidate, cause):
    verdict = parity.check(Bare(), candidate(), X)
    assert verdict.verdict == "divergence"
    assert cause is None or [(each.cause, each.status) for each in verdict.findings] == [(cause, "confirmed")]


def test_a_candidate_in_tensorflow_is_amended_op_by_op_where_a_formula_is_several():
    plain = nn.Sequential(nn.Linear(5, 5), nn.Linear(5, 5))
    verdict = parity.check(plain, Bare(), X)
    assert [(each.cause, each.status) for each in verdict.findings] == [("extra-activation", "confirmed")], str(verdict)
    assert verdict.explained
    bare = Bare()

    @tf.function
    def called(x):
        return tf.nn.leaky_relu(x @ bare.w[0] + bare.b[0], 0.3) @ bare.w[1] + bare.b[1]

    for wrong in (Bare(slope=0.3), called):
        verdict = parity.check(linear(), wrong, X)
        found = [(each.cause, each.status) for each in verdict.findings]
        assert found == [("leaky-slope", "confirmed")] and verdict.explained, str(verdict)


def test_weights_that_each_side_holds_are_compared_by_what_reads_them():
    one, other = Bare(), Bare()
    assert parity.check(one, other, X, weights="as-is").verdict == "parity"
    for first, second in (other.w, other.b):
        mine, yours = first.numpy(), second.numpy()
        first.assign(yours), second.assign(mine)
    verdict = parity.check(one, other, X, weights="as-is")
    assert verdict.verdict == "divergence"
    assert {each.cause for each in verdict.findings} == {"layers-exchanged"}, str(verdict)
    turned = Bare(transposed=True)
    turned_right = Bare(transposed=True)
    turned_right.w[0].assign(tf.transpose(one.w[0]))
    assert parity.check(one, turned, X, weights="as-is").verdict == "divergence"
    assert parity.check(one, turned_right, X, weights="as-is").verdict == "parity"


def test_a_variable_that_is_read_twice_answers_a_tied_one_and_two_of_the_same():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(5, 5))

        def forward(self, x):
            return torch.tanh(x @ self.weight) @ self.weight

    w = drawn(5, 5)
    tied = tf.function(lambda x: tf.tanh(x @ w) @ w)
    assert parity.check(tied, Tied(), X).verdict == "parity"
    untied = nn.Sequential(nn.Linear(5, 5, bias=False), nn.Tanh(), nn.Linear(5, 5, bias=False))
    verdict = parity.check(tied, untied, X)
    assert verdict.verdict == "parity" and "copied" in {entry.use for entry in verdict.ledger.entries}
    assert parity.check(untied, tied, X).verdict == "divergence"


def test_the_operands_of_a_product_may_not_change_places():
    a, b = drawn(5, 6), drawn(5, 6, seed=1)

    def heads(x):
        return tf.reshape(tf.tanh(x @ a), (-1, 2, 3)), tf.reshape(tf.sigmoid(x @ b), (-1, 3, 2))

    class Heads(nn.Module):
        def __init__(self, turned):
            super().__init__()
            self.a, self.b, self.turned = nn.Linear(5, 6, bias=False), nn.Linear(5, 6, bias=False), turned

        def forward(self, x):
            one, other = torch.tanh(self.a(x)).view(-1, 2, 3), torch.sigmoid(self.b(x)).view(-1, 3, 2)
            return (other @ one)[:, :2, :2] if self.turned else one @ other

    network = tf.function(lambda x: tf.matmul(*heads(x)))
    assert parity.check(network, Heads(False), X).verdict == "parity"
    assert parity.check(network, Heads(True), X).verdict == "divergence"


def test_a_convolution_and_a_leaky_relu_of_tensorflow_are_those_of_pytorch():
    kernel, bias = drawn(3, 2, 4, 6), drawn(6)
    images = np.random.default_rng(0).normal(size=(2, 7, 9, 4)).astype("float32")

    @tf.function
    def reference(x):
        return tf.nn.leaky_relu(tf.nn.conv2d(x, kernel, (2, 1), "VALID") + bias, 0.3)

    candidate = nn.Sequential(nn.Conv2d(4, 6, (3, 2), stride=(2, 1)), nn.LeakyReLU(0.3))
    axes = {"candidate_axes": {"x": "channel height width"}}
    verdict = parity.check(reference, candidate, images, **axes)
    assert verdict.verdict == "parity" and verdict.ledger.closed, str(verdict)
    verdict = parity.check(reference, nn.Sequential(nn.Conv2d(4, 6, (3, 2)), nn.LeakyReLU(0.3)), images, **axes)
    assert {each.cause for each in verdict.findings} == {"stride"}


def test_a_batch_norm_written_as_a_formula_is_one_layer_with_its_four_arrays():
    gamma, beta, mean, variance = (tf.Variable(drawn(5, seed=seed) ** 2 + 0.1) for seed in range(4))
    reference = tf.function(lambda x: tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-5))
    verdict = parity.check(reference, nn.BatchNorm1d(5), X)
    assert verdict.verdict == "parity" and verdict.ledger.closed, str(verdict)
    assert not any("float32" in note for note in verdict.notes)
    verdict = parity.check(reference, nn.BatchNorm1d(5, eps=1e-3), X)
    assert [(each.cause, each.status) for each in verdict.findings] == [("bn-epsilon", "confirmed")], str(verdict)


# -- its float64 twin --------------------------------------------------------------------------------


def test_a_local_response_normalisation_is_worked_out_in_float64_too():
    """TensorFlow has no kernel for that; NumPy says what it gives, channel by channel."""
    x = np.random.default_rng(4).normal(size=(2, 3, 4, 7)).astype("float32")
    probe = Probe("x", {"x": x}, {"x": ("batch", "height", "width", "channel")})
    side = TensorFlowSide(lambda x: tf.nn.lrn(x, 2, 1.5, 0.3, 0.7))
    side.outline(probe)
    trace = side.run(probe, double=True)
    (given,) = trace.outputs.values()
    wide = x.astype(np.float64)
    near = np.stack([(wide[..., max(at - 2, 0) : at + 3] ** 2).sum(-1) for at in range(7)], -1)
    assert given.dtype == np.float64
    assert np.abs(given - wide / (1.5 + 0.3 * near) ** 0.7).max() < 1e-14


def test_the_twin_computes_with_the_numbers_that_were_written():
    """A third, a slope and an epsilon are no float32 in float64; NumPy says what they give."""
    w, scale = drawn(5, 5), tf.constant(0.7)
    gamma, beta, mean, variance = (drawn(5, seed=seed) ** 2 + 0.1 for seed in range(4))

    def network(x):
        x = tf.nn.leaky_relu(tf.matmul(x, w) * (1 / 3), 0.3) + math.sqrt(2)
        x = tf.reshape(x * scale, (-1, 1, 1, 5))
        x, *_ = tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, mean, variance, 0.002, is_training=False)
        return tf.reshape(x, (-1, 5))

    side = TensorFlowSide(network)
    side.outline(PROBE)
    x = X.astype(float) @ w.numpy().astype(float) / 3
    x = (np.where(x > 0, x, 0.3 * x) + math.sqrt(2)) * 0.7
    gamma, beta, mean, variance = (each.numpy().astype(float) for each in (gamma, beta, mean, variance))
    wanted = (x - mean) / np.sqrt(variance + 0.002) * gamma + beta
    given = side.run(PROBE, double=True).outputs["output"]
    assert given.dtype == np.float64
    assert np.max(np.abs(given - wanted)) < 1e-13 * np.max(np.abs(wanted))
    w.assign(2 * w)
    assert not np.allclose(side.run(PROBE, double=True).outputs["output"], wanted)


def test_what_stays_narrow_has_no_twin_and_says_why():
    w = drawn(5, 5)
    halved = TensorFlowSide(lambda x: tf.cast(tf.cast(x, tf.float16), tf.float32) @ w)
    looped = TensorFlowSide(lambda x: tf.while_loop(lambda n, x: n < 3, lambda n, x: (n + 1, tf.tanh(x)), (0, x))[1])
    for side, words in ((halved, "float16"), (looped, "code of its own")):
        side.outline(PROBE)
        with pytest.raises(NoTwin, match=words):
            side.run(PROBE, double=True)


# -- what it cannot be -------------------------------------------------------------------------------


def fresh(x):
    return x @ tf.Variable(tf.ones((5, 5)))


@tf.function
def fresh_each_time(x):
    return x @ tf.Variable(tf.ones((5, 5)))


def numpy_inside(x):
    return tf.constant(np.tanh(x.numpy()))


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (lambda x: x.numpy(), r"the network gave numpy.ndarray; expected TensorFlow tensors"),
        (fresh, r"makes a variable each time it is called \(test_tensorflow.py:\d+\)"),
        (fresh_each_time, r"makes a variable each time it is called"),
        (numpy_inside, r"runs, but not as a graph: AttributeError.*test_tensorflow.py:\d+"),
        (nn.Linear(5, 5), r'a network of torch.*Is framework = "torch" meant'),
        (keras.Sequential([keras.layers.Dense(5)]), r'a network of keras.*Is framework = "keras" meant'),
        (tf.Module(), "expected a tf.Module that can be called"),
        (3, "returned int; expected a tf.Module or a callable"),
    ],
    ids=["NumPy", "fresh", "fresh tf.function", "not a graph", "PyTorch", "Keras", "no __call__", "a number"],
)
def test_what_is_no_network_of_tensorflow_is_refused_in_a_sentence(network, words):
    with pytest.raises(OutlineError, match=words):
        TensorFlowSide(network).outline(PROBE)


def test_a_live_function_that_says_nothing_of_its_framework_is_refused():
    with pytest.raises(UsageError, match=r"expected a Keras model, a tf.Module, a tf.function"):
        parity.check(lambda x: x, Bare(), X)


def test_variables_that_are_made_at_the_first_call_are_kept():
    class Lazy(tf.Module):
        w = None

        def __call__(self, x):
            if self.w is None:
                self.w = tf.Variable(tf.ones((x.shape[-1], 7)))
            return x @ self.w

    assert parity.check(Lazy(), nn.Linear(5, 7, bias=False), X).verdict == "parity"


def test_a_branch_on_a_tensor_is_inconclusive_and_no_crash():
    w = drawn(5, 5)

    @tf.function
    def network(x):
        return tf.cond(tf.reduce_sum(x) > 0, lambda: x @ w, lambda: x)

    verdict = parity.check(network, nn.Linear(5, 5, bias=False), X)
    assert verdict.verdict in ("inconclusive", "divergence")


def test_a_variable_that_nothing_reads_and_one_of_another_module_are_told():
    unread, stranger = Bare(), drawn(5, 5)
    unread.spare = drawn(3)
    verdict = parity.check(unread, linear(), X)
    assert verdict.verdict == "inconclusive" and "no layer reads spare" in str(verdict)
    unread.spare = tf.Variable(7)  # a counter is no weight
    assert parity.check(unread, linear(), X).verdict == "parity"

    class Borrows(tf.Module):
        def __call__(self, x):
            return x @ stranger

    verdict = parity.check(Borrows(), nn.Linear(5, 5, bias=False), X)
    assert verdict.verdict == "divergence" and "no save file would carry it" in str(verdict.ledger)


def test_nan_on_both_sides_shows_nothing():
    reference = tf.function(lambda x: tf.math.log(-tf.abs(x) - 1))
    candidate = type("Log", (nn.Module,), {"forward": lambda self, x: torch.log(-x.abs() - 1)})()
    assert parity.check(reference, candidate, X).verdict == "inconclusive"


# -- weights in place and in files -------------------------------------------------------------------


def test_weights_are_ported_in_place_in_both_directions():
    one, other = Bare(), linear()
    parity.port(one, other, {"x": X})
    assert np.array_equal(other[0].weight.detach().numpy(), one.w[0].numpy().T)
    other[2].bias.data.fill_(0.25)
    parity.port(other, one, {"x": X})
    assert np.array_equal(one.b[1].numpy(), np.full(5, 0.25, "float32"))


def test_weight_files_are_arrays_by_name(tmp_path):
    one, other = Bare(), Bare()
    one.b[0].assign([1.0, 2, 3, 4, 5])
    sides = TensorFlowSide(one), TensorFlowSide(other)
    for side in sides:
        side.outline(PROBE)
    sides[0].save(tmp_path / "bare.npz")
    with np.load(tmp_path / "bare.npz") as arrays:  # the plain call that reads it
        assert set(arrays) == {"w.0", "w.1", "b.0", "b.1"} and np.array_equal(arrays["b.0"], one.b[0].numpy())
    tf.train.Checkpoint(model=one).write(str(tmp_path / "checkpoint"))
    tf.saved_model.save(one, str(tmp_path / "saved"))
    for name in ("bare.npz", "checkpoint.index", "saved"):
        other.b[0].assign(tf.zeros(5))
        sides[1].read(tmp_path / name)
        assert np.array_equal(other.b[0].numpy(), one.b[0].numpy()), name


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"w.0": np.ones((5, 5), "f4")}, "missing from it: b.0, b.1, w.1"),
        ({**{f"w.{i}": np.ones((5, 5), "f4") for i in (0, 1)}, "b.0": np.ones(5, "f4"), "b.1": np.ones(6, "f4")},
         r"b.1 is \(6,\) there and \(5,\) in the network"),
        ({**{f"w.{i}": np.ones((5, 5), "f4") for i in (0, 1)}, "b.0": np.ones(5, int), "b.1": np.ones(5, "f4")},
         "b.0 is of int64 there and of float32"),
        ({**{f"w.{i}": np.ones((5, 5), "f4") for i in (0, 1)}, "b.0": np.array([None] * 5), "b.1": np.ones(5, "f4")},
         "cannot be read as an .npz archive"),
    ],
    ids=["missing", "shape", "whole numbers", "pickle"],
)  # fmt: skip
def test_a_file_that_does_not_fit_changes_nothing(arrays, words, tmp_path):
    one = Bare()
    side, before = TensorFlowSide(one), one.w[0].numpy()
    side.outline(PROBE)
    np.savez(tmp_path / "file.npz", **arrays)
    with pytest.raises(UsageError, match=words):
        side.read(tmp_path / "file.npz")
    assert np.array_equal(one.w[0].numpy(), before)
    with pytest.raises(UsageError, match=r"weights are not written to .pt; expected .npz"):
        side.save(tmp_path / "file.pt")


def test_a_twin_is_written_once_and_reads_the_weights_of_each_run(monkeypatch):
    model = Bare()
    side = TensorFlowSide(model)
    side.outline(PROBE)
    side.run(PROBE, double=True)
    monkeypatch.setattr(tf, "import_graph_def", lambda *_, **__: pytest.fail("the graph was copied again"))
    for variable in (model.w[1], model.b[0]):
        variable.assign(variable + 1)
        found = side.run(PROBE, double=True).outputs["output"]
        one, two, shift, last = (each.numpy().astype(np.float64) for each in (*model.w, *model.b))
        hidden = X.astype(np.float64) @ one + shift
        expected = np.where(hidden > 0, hidden, 0.2 * hidden) @ two + last
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


# -- the idioms in PyTorch too -----------------------------------------------------------------------


class Written(nn.Module):
    def __init__(self, steep=0.2):
        super().__init__()
        self.weight, self.bias, self.steep = nn.Parameter(torch.randn(5, 5)), nn.Parameter(torch.randn(5)), steep

    def forward(self, x):
        x = x @ self.weight + self.bias
        return torch.maximum(x, self.steep * x)


def test_pytorch_written_out_answers_the_call():
    w, b = drawn(5, 5), drawn(5)
    network = tf.function(lambda x: tf.nn.leaky_relu(x @ w + b))
    verdict = parity.check(network, Written(), X)
    assert verdict.verdict == "parity" and len(verdict.layers) == 2, str(verdict)
    verdict = parity.check(network, Written(0.3), X)
    assert verdict.verdict == "divergence"
    assert F.leaky_relu(torch.tensor(-1.0), 0.2).item() == pytest.approx(-0.2)
