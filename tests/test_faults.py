"""The corpus of faults: what is planted, and that what is planted is found."""

import ast
import random

import pytest
import torch  # before Keras, which brings TensorFlow

from benchmarks.faults.accepted import ALSO, BESIDE
from benchmarks.faults.bench import Bench
from benchmarks.faults.code import Code, edited
from benchmarks.faults.corpus import mutants, networks
from benchmarks.faults.equivalent import equivalent
from benchmarks.faults.outcome import called, outcome
from benchmarks.faults.planters import plantings
from benchmarks.faults.table import table
from parity.diagnosis.diagnose import causes

NETWORKS = ("autoencoder", "heads", "phase", "text_cnn")
SAMPLE, SEED = 12, 3
NOT_PLANTED = {
    *("gru-reset-after", "mha-key-dim", "input-width", "extra-layer", "bn-momentum", "frozen-bn"),
    *("float32-noise", "batch-crossed", "declared-shape"),
}
"""Causes that no line of a port that is parity can be changed into, that only follow from another or from a tolerance
of the user's, or that show in training.

The last two are of Keras candidates, and the corpus plants in PyTorch.
"""
OF_WEIGHTS = {
    "bn-weight-order",
    "channel-order",
    "conv-kernel-axes",
    "dense-untransposed",
    "depthwise-order",
    "dtype-rounded",
    "flatten-order",
    "gru-gate-order",
    "layers-exchanged",
    "lstm-bias",
    "other-array",
    "reshaped-kernel",
    "scaled-array",
}
"""Causes of arrays that a script carried wrongly: the corpus plants in code."""

SOURCE = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.bn = nn.BatchNorm2d(4, eps=1e-3)

    def forward(self, x):
        y = self.bn(self.conv(x))
        y = F.relu(y)
        return torch.softmax(y + x, dim=1)
"""


def planted(cause):
    """The texts in which a cause is planted, and their lines."""
    return [edited(SOURCE, each.edits) for each in plantings(Code(SOURCE)) if each.causes[:1] == (cause,)]


def test_an_argument_is_left_out_with_its_comma():
    assert "nn.BatchNorm2d(4)\n" in planted("bn-epsilon")[0][0]
    assert any("nn.Conv2d(3, 4, 3, padding=1)" in text for text, _ in planted("stride"))


def test_a_line_that_would_say_nothing_is_left_out_and_both_neighbours_are_its_place():
    (text, lines), *_ = planted("missing-activation")
    assert "relu" not in text
    assert lines == {9, 10}


def test_all_that_is_planted_is_python():
    found = mutants()
    assert len(found) > 1000
    for each in found:
        ast.parse(each.text)
        assert all(1 <= line <= each.text.count("\n") + 1 for lines in each.lines for line in lines)


def test_overlapping_edits_are_not_made():
    one, other = list(plantings(Code(SOURCE)))[:2]
    assert edited(SOURCE, [*one.edits, *one.edits]) is None or not one.edits[0].end > one.edits[0].start
    assert other.edits


def test_every_cause_is_planted_somewhere():
    found = {name for each in mutants() for one in each.planted for name in one.causes}
    assert set(causes()) - found == NOT_PLANTED | OF_WEIGHTS


def test_every_name_that_counts_beside_a_fault_s_own_is_given_a_reason():
    planted = [one for each in mutants() for one in each.planted if one.causes]
    assert {(each.causes[0], other) for each in planted for other in each.causes[1:]} == ALSO.keys()
    assert {(each.causes[0], other) for each in planted for other in each.beside} == BESIDE.keys()


def test_what_is_the_same_function_is_recognised_beyond_the_probes():
    inputs = [(torch.linspace(-3, 3, 11),), (torch.linspace(-300, 300, 11),)]
    relu, six, again = torch.nn.ReLU(), torch.nn.ReLU6(), torch.nn.Hardtanh(0.0, float("inf"))
    assert equivalent(relu, again, inputs)
    assert equivalent(relu, six, inputs[:1])
    assert not equivalent(relu, six, inputs)


@pytest.fixture(scope="module")
def bench():
    made = Bench()
    yield made
    made.close()


@pytest.mark.parametrize("network", NETWORKS)
def test_healthy_networks_are_parity(bench, network):
    verdict = bench.carried(network, 1)[2]
    assert called(verdict) == "same", str(verdict)
    assert not verdict.findings


def test_a_sample_is_seen_and_most_of_it_named(bench):
    some = [each for each in mutants(SEED) if each.network in NETWORKS]
    found = [outcome(bench, each, 1) for each in random.Random(SEED).sample(some, SAMPLE)]
    faults = [each for each in found if each.kind == "fault"]
    assert len(faults) > SAMPLE / 2
    assert [each.mutant.name for each in faults if not each.seen] == []
    assert [each.mutant.name for each in found if each.kind == "equivalent" and each.called != "same"] == []
    assert sum(each.named for each in faults) >= 0.9 * len(faults), "\n".join(table(found, []))
    assert sum(each.layer for each in faults) >= 0.9 * len(faults), "\n".join(table(found, []))


def test_the_corpus_holds_every_case_that_ships_a_faithful_port():
    assert {"magnitude", "phase"} <= networks().keys()
    assert len(networks()) >= 10
