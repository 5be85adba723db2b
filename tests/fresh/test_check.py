"""Whole networks, built again and again in the real frameworks: what they draw, by name, and what is said of it."""

import json
import math
from pathlib import Path

import jsonschema
import keras
import numpy as np
import pytest
import torch
from keras import layers
from torch import nn

import parity
from parity.errors import UsageError

TIMES = 12
FEW = 8
INDICES = {"x": np.arange(24, dtype="int32").reshape(2, 12) % 11}
VECTORS = {"x": np.linspace(-1, 1, 60, dtype="f4").reshape(4, 15)}


def many_kinds() -> keras.Model:
    x = keras.Input((12,))
    y = layers.Embedding(11, 12, name="emb")(x)
    y = layers.LSTM(16, return_sequences=True, name="lstm")(y)
    y = layers.GRU(24, return_sequences=True, name="gru")(y)
    y = layers.MultiHeadAttention(2, 12, name="mha")(y, y)
    y = layers.Conv1DTranspose(30, 3, name="up")(layers.Conv1D(9, 3, name="conv")(y))
    y = layers.DepthwiseConv1D(3, name="depth")(layers.BatchNormalization(epsilon=1e-5, name="bn")(y))
    return keras.Model(x, layers.Dense(30, name="out")(layers.SimpleRNN(20, name="rnn")(y)))


class ManyKinds(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(11, 12)
        self.lstm = nn.LSTM(12, 16, batch_first=True)
        self.gru = nn.GRU(16, 24, batch_first=True)
        self.mha = nn.MultiheadAttention(24, 2, batch_first=True)
        self.conv = nn.Conv1d(24, 9, 3)
        self.up = nn.ConvTranspose1d(9, 30, 3)
        self.bn = nn.BatchNorm1d(30)
        self.depth = nn.Conv1d(30, 30, 3, groups=30)
        self.rnn = nn.RNN(30, 20, batch_first=True)
        self.out = nn.Linear(20, 30)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.gru(self.lstm(self.emb(x))[0])[0]
        y = self.mha(y, y, y)[0].transpose(1, 2)
        return self.out(self.rnn(self.depth(self.bn(self.up(self.conv(y)))).transpose(1, 2))[0][:, -1])


def names(found, side: str) -> dict[str, str]:
    return {each.name: getattr(each, side).name for each in found.rows}


def dense(initialiser=None, bias="zeros"):
    """A builder of one dense layer of 15 inputs and 40 outputs."""

    def build() -> keras.Model:
        x = keras.Input((15,))
        held = initialiser() if initialiser else "glorot_uniform"
        return keras.Model(x, layers.Dense(40, kernel_initializer=held, bias_initializer=bias, name="fc")(x))

    return build


def linear(draw=None):
    def build() -> nn.Module:
        net = nn.Sequential(nn.Linear(15, 40))
        with torch.no_grad():
            nn.init.zeros_(net[0].bias)
            if draw:
                draw(net[0].weight)
        return net

    return build


together = pytest.mark.xdist_group("fresh kinds")
"""On one worker, which draws what these tests share once."""


@pytest.fixture(scope="module")
def kinds():
    return parity.check_init(many_kinds, ManyKinds, INDICES, times=FEW)


@together
def test_each_framework_is_named_by_what_it_draws(kinds):
    """As keras.layers and torch.nn document their defaults; every name here was borne out by the sample."""
    reference, candidate = names(kinds, "reference"), names(kinds, "candidate")
    kernels = [name for name in reference if name.endswith(".kernel")]
    assert {reference[name] for name in kernels} == {"glorot_uniform"}
    assert {reference[f"{layer}.recurrent"] for layer in ("lstm", "gru", "rnn")} == {"orthogonal"}
    assert reference["lstm.bias"] == "zeros (forget gate ones)"
    assert reference["emb.table"] == "uniform" and candidate["emb.table"] == "standard_normal"
    for layer in ("lstm", "gru", "rnn"):
        assert candidate[f"{layer}.kernel"] == candidate[f"{layer}.recurrent"] == "torch_recurrent"
    assert candidate["lstm.bias"] == candidate["rnn.bias"] == "torch_recurrent + torch_recurrent"
    assert {candidate[f"{layer}.kernel"] for layer in ("conv", "up", "depth", "out")} == {"kaiming_uniform_a5"}
    assert {candidate[f"{layer}.bias"] for layer in ("conv", "up", "depth", "out")} == {"torch_bias"}
    assert candidate["mha/query.kernel"] == "glorot_uniform"  # of the three together: another bound than Keras's
    assert {each.status for each in kinds.rows if each.name.startswith(("bn.", "mha/query.bias"))} == {"same"}
    assert (kinds.verdict, kinds.exit_code) == ("other", 1)
    assert {each.status for each in kinds.rows} == {"same", "other"}


@together
def test_the_candidate_that_is_drawn_as_advised_is_drawn_alike(kinds):
    """The calls are run by PyTorch itself, and the whole comparison again."""
    differing = [each for each in kinds.rows if each.status == "other"]
    assert all(each.advice for each in differing)
    code = [line for each in differing for line in each.advice.code]

    def advised() -> nn.Module:
        net = ManyKinds()
        for line in code:
            exec(line, {"net": net, "nn": nn})
        return net

    again = parity.check_init(many_kinds, advised, INDICES, times=FEW, seed=1)
    assert (again.verdict, again.exit_code, again.reasons) == ("same", 0, ())


def test_what_is_advised_to_keras_is_one_argument_of_the_layer_and_draws_alike():
    found = parity.check_init(linear(), dense(bias="ones"), VECTORS, times=TIMES)
    kernel, bias = found.rows
    assert kernel.advice.code == ('kernel_initializer=keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")',)
    assert bias.advice.code == ("bias_initializer=keras.initializers.Zeros()",)
    assert kernel.advice.place.file == __file__ and "layers.Dense(40" in kernel.advice.place.code
    advised = dense(lambda: eval(kernel.advice.code[0].partition("=")[2], {"keras": keras}))
    assert parity.check_init(linear(), advised, VECTORS, times=TIMES).ok


def test_calls_that_speak_against_each_other_are_not_given():
    """PyTorch draws the projections of an attention in two ways; a Keras layer has one argument for all."""

    def wide() -> keras.Model:
        x = keras.Input((5, 6))
        return keras.Model(x, layers.MultiHeadAttention(2, 3, name="mha")(x, x))

    class Wide(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mha = nn.MultiheadAttention(6, 2, batch_first=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.mha(x, x, x)[0]

    found = parity.check_init(Wide, wide, {"x": np.ones((2, 5, 6), "f4")}, times=TIMES)
    kernels = [each for each in found.rows if each.role == "kernel"]
    assert [each.status for each in kernels] == ["other"] * 4 and not any(each.advice for each in kernels)


def test_is_the_initialisation_right_a_normal_of_one_over_root_half_in_against_glorot_normal():
    """Weights of bare variables, which no framework names, against Keras's: variance 2/in against 2/(in + out)."""

    def reference():
        w, b = (keras.Variable(each) for each in (np.random.normal(0, 1 / math.sqrt(15 / 2), (15, 40)), np.zeros(40)))
        return Bare(w, b)

    class Bare(keras.Model):
        def __init__(self, w, b) -> None:
            super().__init__()
            self.w, self.b = w, b

        def call(self, x):
            return keras.ops.matmul(x, self.w) + self.b

    found = parity.check_init(reference, dense(keras.initializers.GlorotNormal), VECTORS, times=TIMES)
    row = next(each for each in found.rows if each.role == "kernel")
    assert row.status == "other" and "both ends differ" in row.apart[0]
    assert row.reference.name == "kaiming_normal" and "glorot_normal" in row.candidate.name
    assert row.reference.law == "normal, standard deviation 0.3651, not truncated"
    assert row.reference.deviation == pytest.approx(math.sqrt(2 / 15), rel=0.05)
    assert row.candidate.deviation == pytest.approx(math.sqrt(2 / 55), rel=0.05)
    assert row.candidate.high < 2.01 * math.sqrt(2 / 55) / 0.8796 < row.reference.high
    assert row.advice.code == (
        'kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_in", "untruncated_normal")',
    )


def test_a_side_that_gives_the_same_numbers_under_every_seed_shows_no_distribution():
    seeded = dense(lambda: keras.initializers.GlorotUniform(seed=7))
    found = parity.check_init(seeded, linear(nn.init.xavier_uniform_), VECTORS, times=TIMES)
    kernel, bias = found.rows
    assert (found.verdict, found.exit_code) == ("inconclusive", 3)
    assert (kernel.status, bias.status) == ("frozen", "same")
    assert "the reference gives the same numbers under every seed: its initialiser has the seed 7" in kernel.reason
    # Two sides that hold the same numbers prove no more.
    assert parity.check_init(seeded, seeded, VECTORS, times=TIMES).verdict == "inconclusive"


def test_a_row_that_one_side_holds_at_zero_is_another_distribution():
    def table(padding):
        return lambda: nn.Sequential(nn.Embedding(11, 40, padding_idx=padding))

    assert parity.check_init(table(0), table(0), INDICES, times=TIMES).ok
    found = parity.check_init(table(0), table(None), INDICES, times=TIMES)
    assert found.verdict == "other" and "40 of 440 elements against 0" in found.rows[0].apart[0]
    assert parity.check_init(table(0), table(1), INDICES, times=TIMES).verdict == "other"


def test_arrays_without_a_partner_are_no_parity_of_initialisation():
    class Wider(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.more = nn.Linear(15, 40), nn.Linear(40, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.more(self.fc(x))

    found = parity.check_init(linear(lambda w: None), Wider, VECTORS, times=TIMES)
    lonely = [each for each in found.rows if each.status == "lonely"]
    assert {each.candidate.arrays[0] for each in lonely if each.candidate} >= {"more.weight", "more.bias"}
    assert any("without one to be held against" in each for each in found.reasons)


def normalised(bias: bool):
    """A convolution in front of a batch norm, with a bias or without."""
    return lambda: nn.Sequential(nn.Conv1d(3, 20, 3, bias=bias), nn.BatchNorm1d(20))


def test_a_bias_that_a_batch_norm_takes_away_does_not_matter_and_one_that_adds_to_nothing_does():
    data = {"x": np.ones((2, 5, 3), "f4")}
    words = {"candidate_axes": {"x": "channel length"}, "times": TIMES}

    def turned(build):
        return lambda: nn.Sequential(Turned(), *build())

    class Turned(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.transpose(1, 2)

    found = parity.check_init(turned(normalised(True)), normalised(False), data, **words)
    assert {each.role: each.status for each in found.rows}["bias"] == "aside"
    assert (found.verdict, found.exit_code) == ("same", 0)
    found = parity.check_init(turned(normalised(False)), normalised(True), data, **words)
    (bias,) = (each for each in found.rows if each.role == "bias")
    assert bias.status == "other" and "the reference has none, which computes as 0 does" in bias.apart[0]


def test_an_array_of_too_few_numbers_is_no_parity():
    found = parity.check_init(
        lambda: nn.Sequential(nn.Linear(1, 1)),
        lambda: nn.Sequential(nn.Linear(1, 1)),
        {"x": np.ones((4, 1), "f4")},
        times=8,
    )
    assert {each.status for each in found.rows} == {"unclear"} and found.verdict == "inconclusive"
    assert "Ask for more builds" in found.reasons[0] and all(each.finds > 0.5 for each in found.rows)


@pytest.mark.parametrize("both", [True, False])
def test_what_is_no_number_is_never_drawn_alike(both):
    def broken(weight):
        nn.init.xavier_uniform_(weight)
        weight[0, 0] = math.nan

    found = parity.check_init(linear(broken), linear(broken if both else None), VECTORS, times=8)
    assert found.rows[0].status == "other" and "draws NaN" in found.rows[0].apart[0]
    json.dumps(found.to_dict(), allow_nan=False)


@together
def test_the_document_is_plain_data_and_is_told_in_every_format(kinds, tmp_path):
    document = kinds.to_dict()
    schema = json.loads((Path(parity.__file__).parent / "fresh" / "init.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)
    json.dumps(document, allow_nan=False)
    for suffix in ("json", "md", "txt"):
        kinds.save(tmp_path / f"init.{suffix}")
    assert json.loads((tmp_path / "init.json").read_text()) == document
    page = (tmp_path / "init.md").read_text()
    assert "| `lstm.bias` | other | zeros (forget gate ones) |" in page
    text = (tmp_path / "init.txt").read_text()
    assert text == str(kinds)
    assert "nn.init.constant_(net.lstm.bias_ih_l0.data[16:32], 1)" in text
    assert "once in 1,000 comparisons at most" in text and "is found 19 times in 20" in text


def test_live_models_and_too_few_builds_are_refused():
    with pytest.raises(UsageError, match="expected a callable without arguments that builds the model anew"):
        parity.check_init(dense()(), linear(), VECTORS)
    with pytest.raises(UsageError, match="expected at least 8"):
        parity.check_init(dense(), linear(), VECTORS, times=2)
