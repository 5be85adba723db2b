"""Normalisation along another axis, and layers that run as in training."""

import numpy as np
import pytest
import torch  # before Keras, which brings TensorFlow
from told import VECTORS, L, Net, confirmed, findings, named, parity_is_told, stack
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


@pytest.fixture
def drawn():
    """What a dropout drops is drawn, and may by chance be no more than its own noise: then nothing is concluded."""
    torch.manual_seed(1)


def test_a_dropout_that_drops(drawn):
    reference = stack(VECTORS, L.Dense(6), L.Dense(4))
    candidate = Net(lambda s, x: s.b(F.dropout(s.a(x), 0.5)), a=nn.Linear(11, 6), b=nn.Linear(6, 4))
    confirmed(reference, candidate, VECTORS, "eval-mode", "dropout")


def test_a_dropout_that_drops_where_the_reference_has_one_that_does_not(drawn):
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
