"""Normalisation along another axis, and layers that run as in training."""

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
import pytest
import tensorflow as tf
from told import VECTORS, L, Net, check, confirmed, findings, model, named, ops, parity_is_told, stack
from torch import nn
from torch.nn import functional as F

CUBES = np.random.default_rng(10).normal(size=(4, 6, 6, 6)).astype("float32")


def test_a_norm_along_another_axis():
    reference = stack(CUBES, L.Conv2D(4, 3), L.BatchNormalization(axis=1, epsilon=1e-5, name="norm"))
    candidate = nn.Sequential(nn.Conv2d(6, 4, 3), nn.BatchNorm2d(4))
    finding = confirmed(reference, candidate, CUBES, "bn-axis", "norm", turned=True)
    assert (finding.reference_value, finding.candidate_value) == ("height", "channel")


def test_a_network_that_takes_another_axis_for_the_channels_everywhere_is_laid_out_otherwise():
    reference = stack(CUBES[:, 0], L.Conv1D(4, 3), L.BatchNormalization(epsilon=1e-5))
    candidate = nn.Sequential(nn.Conv1d(6, 4, 3), nn.BatchNorm1d(4))
    told = {cause for _, cause in findings(reference, candidate, CUBES[:, 0])}
    assert "input-layout" in told
    assert "bn-axis" not in told


@pytest.mark.parametrize("like", [CUBES[:, 0], CUBES], ids=["sequence", "map"])
def test_an_input_that_is_not_turned_is_proved_by_turning_it(like):
    kind, module = (L.Conv1D, nn.Conv1d) if like.ndim == 3 else (L.Conv2D, nn.Conv2d)
    reference = stack(like, kind(4, 3, name="first"), L.ReLU(), L.Flatten(), L.Dense(2))

    def turned(net, x):
        x = net.first(net.turn(x)).relu()
        return net.last(torch.flatten(torch.movedim(x, 1, -1), 1))

    def candidate(turn):
        return Net(turned, first=module(6, 4, 3), last=nn.Linear(4 * 4 ** (like.ndim - 2), 2), turn=turn)

    finding = confirmed(reference, candidate(nn.Identity()), like, "input-layout", "first")
    assert finding.mend.endswith(f"net.first(torch.movedim(net.turn(x), {like.ndim - 1}, 1))")
    parity_is_told(reference, candidate(Turn()), like)


class Turn(nn.Module):
    """Channels to where PyTorch's convolutions take them."""

    def forward(self, x):
        return torch.movedim(x, -1, 1)


def test_a_dropout_that_drops():
    reference = stack(VECTORS, L.Dense(6), L.Dense(4))
    candidate = Net(lambda s, x: s.b(F.dropout(s.a(x), 0.5)), a=nn.Linear(11, 6), b=nn.Linear(6, 4))
    confirmed(reference, candidate, VECTORS, "eval-mode", "dropout")


def test_a_dropout_that_drops_where_the_reference_has_one_that_does_not():
    reference = stack(VECTORS, L.Dense(6), L.Dropout(0.5), L.Dense(4))
    candidate = Net(lambda s, x: s.b(F.dropout(s.a(x), 0.5)), a=nn.Linear(11, 6), b=nn.Linear(6, 4))
    confirmed(reference, candidate, VECTORS, "eval-mode", "dropout")


def test_statistics_of_the_batch():
    reference = stack(VECTORS, L.Dense(6), L.BatchNormalization(epsilon=1e-5, name="norm"), L.Dense(4))

    def forward(net, x):
        norm = net.norm
        kept = norm.running_mean.clone(), norm.running_var.clone()
        return net.b(F.batch_norm(net.a(x), *kept, norm.weight, norm.bias, training=True))

    candidate = Net(forward, a=nn.Linear(11, 6), norm=nn.BatchNorm1d(6), b=nn.Linear(6, 4))
    confirmed(reference, candidate, VECTORS, "eval-mode", "norm")


def test_a_norm_without_statistics_of_its_own_is_told_with_the_arrays_that_it_lacks():
    reference = stack(VECTORS, L.Dense(6), L.BatchNormalization(epsilon=1e-5), L.Dense(4))
    candidate = nn.Sequential(nn.Linear(11, 6), nn.BatchNorm1d(6, track_running_stats=False), nn.Linear(6, 4))
    told = findings(reference, candidate, VECTORS)
    assert ("stated", "mean") in told
    assert ("stated", "eval-mode") in told


def test_a_keras_candidate_that_normalises_along_another_axis():
    square = CUBES[:, 0]
    reference = Net(
        lambda s, x: s.norm(s.a(x).transpose(1, 2)).transpose(1, 2), a=nn.Linear(6, 6), norm=nn.BatchNorm1d(6)
    )
    named(reference, stack(square, L.Dense(6), L.BatchNormalization(axis=1, epsilon=1e-5)), square, "bn-axis")


def test_dropout_and_norm_at_inference_are_parity():
    reference = stack(VECTORS, L.Dense(6), L.Dropout(0.5), L.BatchNormalization(epsilon=1e-5), L.Dense(4))
    candidate = nn.Sequential(nn.Linear(11, 6), nn.Dropout(0.5), nn.BatchNorm1d(6), nn.Linear(6, 4))
    parity_is_told(reference, candidate, VECTORS)


def test_a_layer_in_half_precision():
    reference = stack(VECTORS, L.Dense(6), L.Dense(4))
    candidate = Net(lambda s, x: s.b(s.a(x).half().to(x.dtype)), a=nn.Linear(11, 6), b=nn.Linear(6, 4))
    confirmed(reference, candidate, VECTORS, "dtype", "half")
    plain = Net(lambda s, x: s.b(s.a(x).to(x.dtype)), a=nn.Linear(11, 6), b=nn.Linear(6, 4))
    parity_is_told(reference, plain, VECTORS)


NEAR = np.random.default_rng(11).normal(size=(4, 5, 6, 3)).astype("float32") * 3


def response_norm(*numbers):
    """A Keras model with TensorFlow's local response normalisation: radius, bias, alpha, beta."""
    norm = L.Lambda(lambda x: tf.nn.local_response_normalization(x, *numbers), name="norm")
    return stack(NEAR, L.Conv2D(9, 3), norm, L.Conv2D(4, 3))


def response_normed(norm):
    """The same with a function of PyTorch's."""
    return Net(lambda s, x: s.b(norm(s.a(x))), a=nn.Conv2d(3, 9, 3), b=nn.Conv2d(9, 4, 3))


@pytest.mark.parametrize(
    ("size", "alpha", "beta", "bias", "told"),
    [
        (2, 0.01, 0.75, 1.5, "its window of channels is 2 before and 2 behind in the reference and 1 before"),
        (5, 0.01, 0.75, 1.5, "the sum is multiplied by 0.01 in the reference and 0.002 here"),
        (5, 0.05, 0.5, 1.0, "beta is 0.75 in the reference and 0.5 here, bias is 1.5 in the reference and 1 here"),
    ],
)
def test_a_local_response_norm_whose_numbers_are_taken_over_as_they_are(size, alpha, beta, bias, told):
    candidate = response_normed(lambda x: F.local_response_norm(x, size, alpha, beta, bias))
    reference = response_norm(2, 1.5, 0.01, 0.75)
    finding = confirmed(reference, candidate, NEAR, "lrn-alpha", "norm_1/lrn", turned=True)
    assert told in finding.sentence
    numbers = [each for each in ("5", "0.05", "0.75", "1.5") if each not in map(str, (size, alpha, beta, bias))]
    assert all(each in finding.mend.partition("→")[2] for each in numbers)


def test_a_keras_candidate_whose_local_response_norm_has_another_alpha():
    reference = response_normed(nn.LocalResponseNorm(5, 0.01))
    entry = keras.Input((3, 5, 6))
    norm = L.Lambda(lambda x: tf.nn.local_response_normalization(x, 2, 1.0, 0.01, 0.75))
    rows = L.Conv2D(4, 3)(norm(L.Conv2D(9, 3)(L.Permute((2, 3, 1))(entry))))
    candidate = keras.Model(entry, L.Permute((3, 1, 2))(rows))
    assert named(reference, candidate, NEAR.transpose(0, 3, 1, 2).copy(), "lrn-alpha").status == "confirmed"


def test_a_local_response_norm_with_the_size_of_a_radius_is_parity():
    plain, default = nn.LocalResponseNorm(5, 0.05, 0.75, 1.5), nn.LocalResponseNorm(11, 11.0, 0.5)
    parity_is_told(response_norm(2, 1.5, 0.01, 0.75), response_normed(plain), NEAR, turned=True)
    parity_is_told(response_norm(), response_normed(default), NEAR, turned=True)


def spread(function):
    """A Keras model with a variance or deviation of each channel."""
    return model(NEAR, lambda x: L.Dense(4)(function(L.Conv2D(5, 3, name="conv")(x))))


def spreads(function):
    """The same with a function of PyTorch's."""
    return Net(lambda s, x: s.b(function(s.a(x))), a=nn.Conv2d(3, 5, 3), b=nn.Linear(5, 4))


@pytest.mark.parametrize(
    ("of_keras", "of_torch", "layer", "mend"),
    [
        (lambda x: ops.std(x, axis=(1, 2)), lambda x: x.std((2, 3)), "reduce_std/sqrt", "unbiased=False"),
        (lambda x: ops.var(x, axis=(1, 2)), lambda x: torch.var(x, (2, 3), True), "reduce_variance/mean_1", "False"),
        (
            lambda x: ops.moments(x, axes=(1, 2))[1],
            lambda x: x.var((2, 3), correction=1),
            "moments/variance",
            "correction=0",
        ),
        (lambda x: ops.std(x, axis=(1, 2)), lambda x: x.var((2, 3)).sqrt(), "reduce_std/sqrt", ""),
    ],
)
def test_a_variance_that_is_divided_by_one_less_than_n(of_keras, of_torch, layer, mend):
    finding = confirmed(spread(of_keras), spreads(of_torch), NEAR, "std-bessel", layer, turned=True)
    assert (finding.reference_value, finding.candidate_value) == ("n", "n − 1")
    assert (mend in finding.mend.partition("→")[2]) if mend else not finding.mend


def test_a_keras_candidate_that_divides_by_n():
    columns = NEAR[:, :, 0]
    reference = Net(lambda s, x: s.b(s.a(x).std(1)), a=nn.Linear(3, 5), b=nn.Linear(5, 4))
    candidate = model(columns, lambda x: L.Dense(4)(ops.std(L.Dense(5)(x), axis=1)))
    assert named(reference, candidate, columns, "std-bessel").status == "confirmed"


@pytest.mark.parametrize(
    "of_torch",
    [
        lambda x: x.std((2, 3), unbiased=False),
        lambda x: torch.std(x, dim=(2, 3), correction=0),
        lambda x: (x - x.mean((2, 3), keepdim=True)).square().mean((2, 3)).sqrt(),
    ],
)
def test_a_deviation_that_is_divided_by_n_on_both_sides_is_parity(of_torch):
    parity_is_told(spread(lambda x: ops.std(x, axis=(1, 2))), spreads(of_torch), NEAR, turned=True)


def normed(**words):
    """A Keras model with a norm of PyTorch's epsilon."""
    return stack(VECTORS, L.Dense(6), L.BatchNormalization(epsilon=1e-5, name="norm", **words), L.Dense(4))


def norms(**words):
    """The same in PyTorch."""
    return nn.Sequential(nn.Linear(11, 6), nn.BatchNorm1d(6, **words), nn.Linear(6, 4))


def test_a_momentum_that_only_training_shows_is_a_note_and_no_finding():
    verdict = check(normed(), norms(), VECTORS)
    assert verdict.verdict == "parity" and not verdict.findings, str(verdict)
    (note,) = [each for each in verdict.notes if "bn-momentum" in each]
    assert "norm would keep 0.99 of the old statistics in the reference and 0.9 here" in note
    for one, other in ((normed(), norms(momentum=0.01)), (normed(momentum=0.9), norms())):
        assert not [each for each in check(one, other, VECTORS).notes if "trained further" in each]


def test_a_frozen_norm_is_a_note():
    reference, candidate = normed(momentum=0.9), norms()
    reference.get_layer("norm").trainable = False
    candidate[1].requires_grad_(False)
    for pair in ((reference, candidate), (candidate, reference)):
        verdict = check(*pair, VECTORS)
        assert verdict.verdict == "parity" and not verdict.findings, str(verdict)
        assert [each for each in verdict.notes if "frozen-bn" in each], str(verdict)
