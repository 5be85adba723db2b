"""The whole line on real networks: healthy ports pass, planted faults never do and are named where they sit."""

import importlib.util
import json
from pathlib import Path

import keras
import numpy as np
import pytest
import torch  # before Keras, which brings TensorFlow
from click.testing import CliRunner
from torch import nn

import parity
from parity.cases import find, shipped
from parity.cli import main
from parity.line import Options, examine
from parity.probes import battery
from parity.run import in_turn
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide

SOUNDING = parity.Input("sounding", (1, 250), ("length", "channel"))


def built(path: Path, source: str | None = None):
    """The network of a case's module, or of a changed copy of its source."""
    spec = importlib.util.spec_from_loader(f"{path.parent.name}_{path.stem}", loader=None)
    module = importlib.util.module_from_spec(spec)
    exec(compile(source or path.read_text(), str(path), "exec"), module.__dict__)
    return module.build()


@pytest.fixture(scope="module")
def references():
    return {name: KerasSide(built(shipped() / name / "net_keras.py")) for name in ("magnitude", "phase")}


def checked(reference: KerasSide, candidate, case: str = "magnitude", seed: int = 0, inputs=(SOUNDING,)):
    probes = battery(inputs, batch=3, seed=seed)
    return examine(*find(case, shipped()), reference, TorchSide(candidate), probes, Options(seed=seed), in_turn, None)


@pytest.mark.parametrize("name", ["magnitude", "phase"])
@pytest.mark.parametrize("seed", range(5))
def test_a_faithful_port_is_parity_with_every_layer_matched_and_the_ledger_closed(references, name, seed):
    verdict = checked(references[name], built(shipped() / name / "net_torch.py"), name, seed)
    assert verdict.verdict == "parity", verdict.reasons
    assert not [row.match.name for row in verdict.layers if row.status == "lonely" and not row.match.carries]
    assert verdict.ledger.closed
    assert max(each.gap / each.scale for each in verdict.outputs) < 1e-13
    # Its norm keeps 0.99 of its statistics, PyTorch's by its default 0.9: the same function, until it is trained.
    assert ["(bn-momentum)" in note for note in verdict.notes] == [True] * (name == "magnitude")
    assert len(verdict.probes) == 4
    held = [*references[name]._model.weights, *built(shipped() / name / "net_torch.py").state_dict().values()]
    entered = [n for entry in verdict.ledger.entries for n in (entry.reference, entry.candidate) if n]
    assert len(entered) == len(set(entered)) == len(held)


FAULTS = {
    # name: (text of the faithful port, what a tired engineer writes, where it begins, the cause)
    "stride": ("nn.Conv1d(64, 64, 5, stride=2)", "nn.Conv1d(64, 64, 5, stride=1)", None, None),
    "missing-relu": ("x = F.relu(self.fc3(", "x = (self.fc3(", "dense3/relu", "missing-activation"),
    "missing-relu-on-a-branch": ("F.relu(branch).trans", "branch.trans", "side3/relu", "missing-activation"),
    "extra-relu": (
        "x = self.fc1(x.transpose(1, 2))",
        "x = F.relu(self.fc1(x.transpose(1, 2)))",
        "relu:5",
        "extra-activation",
    ),
    "wrong-activation": ("x = F.relu(self.fc5(x))", "x = torch.tanh(self.fc5(x))", "dense5/relu", "wrong-activation"),
    "epsilon": ("nn.BatchNorm1d(250, eps=1e-3)", "nn.BatchNorm1d(250)", "bn", "bn-epsilon"),
    "concat-operands": (
        "torch.cat([x, F.relu(branch).transpose(1, 2)], dim=-1)",
        "torch.cat([F.relu(branch).transpose(1, 2), x], dim=-1)",
        "side3_concat",
        "layer-order",
    ),
    "unregistered": (
        "self.fc2 = nn.Linear(315, 350)",
        "self._kept = [nn.Linear(315, 350)]",
        "dense2",
        "missing-keys",
    ),
    "bias": ("nn.Linear(362, 275)", "nn.Linear(362, 275, bias=False)", "dense4", "bias"),
    "width": ("nn.Conv1d(32, 31, 3, padding=1)", "nn.Conv1d(32, 32, 3, padding=1)", "side2", "width"),
    "no-skip": ("return x + sounding", "return x", "add", "skip"),
    "skip-from-elsewhere": ("return x + sounding", "return x + x", "add", "skip"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_never_parity_and_is_named_where_it_begins(references, fault):
    path = shipped() / "magnitude" / "net_torch.py"
    right, wrong, layer, cause = FAULTS[fault]
    source = path.read_text()
    assert right in source
    source = source.replace(right, wrong)
    if fault == "unregistered":
        source = source.replace("self.fc2(", "self._kept[0](")
    if fault == "width":
        source = source.replace("nn.Linear(381, 300)", "nn.Linear(382, 300)")
    verdict = checked(references["magnitude"], built(path, source))
    assert verdict.verdict in ("divergence", "inconclusive")
    begins = [row.match.name for row in verdict.layers if row.source]
    named = begins + [finding.layer for finding in verdict.findings] + list(verdict.reasons)
    assert begins or fault == "stride", verdict.reasons  # of length one, a sequence cannot tell strides apart
    if layer:
        assert layer in named
    if cause:
        assert cause in {finding.cause for finding in verdict.findings}
    else:
        assert any("stride is 2 in the reference and 1 here" in note for note in verdict.notes), verdict.notes


def test_padding_one_pixel_off_is_told_apart_from_same_padding():
    """At even length, TensorFlow's 'same' with stride 2 pads (0, 1); PyTorch's padding=1 pads (1, 1)."""
    reference = keras.Sequential([keras.Input((10, 3)), keras.layers.Conv1D(4, 3, strides=2, padding="same")])
    inputs = [parity.Input("x", (10, 3), ("length", "channel"), ("channel", "length"))]
    verdict = parity.check(reference, nn.Conv1d(3, 4, 3, stride=2, padding=1), inputs)
    assert verdict.verdict == "divergence"
    (finding,) = verdict.findings
    assert (finding.cause, finding.status, finding.candidate_value) == ("same-pad-stride", "confirmed", "((1, 1),)")


IMAGE = parity.Input("x", (9, 7, 5), ("height", "width", "channel"), ("channel", "height", "width"))
VECTOR = parity.Input("x", (11,), ("channel",))


class Behind(nn.Module):
    """A dense layer and a function behind it."""

    def __init__(self, function):
        super().__init__()
        self.dense, self.function = nn.Linear(11, 6), function

    def forward(self, x):
        return self.function(self.dense(x))


class Elsewhere(nn.Module):
    """One element of its kernel is another by a few units in the last place, as often as it runs."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(5, 4, 3)
        self.share = torch.ones(4, 5, 3, 3)
        self.share[1, 2, 1, 1] += 2.0**-21

    def forward(self, x):
        return torch.conv2d(x, self.conv.weight * self.share.to(x.dtype), self.conv.bias)


def convolved(*more):
    return keras.Sequential([keras.Input((9, 7, 5)), *more, keras.layers.Conv2D(4, 3)])


def plain(function=None):
    x = keras.Input((11,))
    y = keras.layers.Dense(6)(x)
    return keras.Model(x, function(y) if function else y)


TINY = {
    # what differs: (reference, candidate, input, whether float32 can tell)
    "epsilon": lambda e=1.001e-5: (
        keras.Sequential(
            [keras.Input((9, 7, 5)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization(epsilon=1e-5)]
        ),
        nn.Sequential(nn.Conv2d(5, 4, 3), nn.BatchNorm2d(4, eps=e, momentum=0.01)),
        IMAGE,
    ),
    "gelu": lambda: (plain(keras.activations.gelu), Behind(nn.GELU("tanh")), VECTOR),
    "one element of one kernel": lambda: (convolved(), Elsewhere(), IMAGE),
    "two channels": lambda: (plain(), Behind(lambda y: y[:, [0, 2, 1, 3, 4, 5]]), VECTOR),
    "padding": lambda: (
        convolved(keras.layers.ZeroPadding2D(((1, 0), (0, 0)))),
        nn.Sequential(nn.ZeroPad2d((0, 0, 0, 1)), nn.Conv2d(5, 4, 3)),
        IMAGE,
    ),
    "a factor at the end": lambda: (plain(), Behind(lambda y: y * (1 + 1e-8)), VECTOR),
    "a term at the end": lambda: (plain(keras.ops.tanh), Behind(lambda y: torch.tanh(y) + 1e-8), VECTOR),
    "a wider number": lambda: (plain(keras.ops.tanh), Behind(lambda y: torch.tanh(y).double()), VECTOR),
    "a truth for a number": lambda: (
        plain(lambda y: keras.ops.cast(y > 0, "float32")),
        Behind(lambda y: y > 0),
        VECTOR,
    ),
    "a narrower number on the way": lambda: (
        plain(keras.ops.tanh),
        Behind(lambda y: torch.tanh(y.half()).float()),
        VECTOR,
    ),
}


@pytest.mark.parametrize("fault", TINY)
def test_the_smallest_fault_is_no_parity_without_a_note(fault):
    reference, candidate, entry = TINY[fault]()
    verdict = parity.check(reference, candidate, [entry])
    told = [note for note in verdict.notes if "laid out" not in note]
    assert verdict.verdict != "parity" or told


def test_an_epsilon_is_named_as_the_layer_whose_difference_float32_hides():
    reference, candidate, entry = TINY["epsilon"]()
    verdict = parity.check(reference, candidate, [entry])
    assert verdict.verdict == "parity"
    (row,) = [row for row in verdict.layers if row.status == "hidden"]
    assert row.match.kind == "batch_norm"
    assert row.match.name in verdict.notes[0]


@pytest.mark.parametrize("seed", range(20))
def test_equal_epsilons_hide_nothing(seed):
    reference, candidate, entry = TINY["epsilon"](1e-5)
    verdict = parity.check(reference, candidate, [entry], seed=seed)
    assert verdict.verdict == "parity", verdict.reasons
    assert not [note for note in verdict.notes if "laid out" not in note]
    assert max(each.gap / each.scale for each in verdict.outputs) < 1e-13


def test_a_network_that_goes_another_way_on_another_batch_is_no_crash_and_no_silent_parity():
    def branching(y):
        return torch.relu(y) if y.shape[0] > 1 else y.clamp(min=0)

    verdict = parity.check(plain(keras.ops.relu), Behind(branching), [VECTOR])
    assert verdict.verdict != "parity" or verdict.notes


def test_a_flatten_in_the_other_order_is_ported_as_the_code_flattens():
    """Dense behind Flatten reads (height width channel), Linear (channel height width): the columns move."""
    reference = keras.Sequential(
        [keras.Input((5, 7, 3)), keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(6)]
    )
    candidate = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(60, 6))
    image = parity.Input("image", (5, 7, 3), ("height", "width", "channel"), ("channel", "height", "width"))
    verdict = parity.check(reference, candidate, [image])
    assert verdict.verdict == "parity", str(verdict)


def test_an_input_fed_in_the_wrong_layout_is_a_divergence_even_where_the_axes_are_equally_long():
    reference = keras.Sequential([keras.Input((6, 6)), keras.layers.Conv1D(6, 3, padding="same")])
    candidate = nn.Conv1d(6, 6, 3, padding=1)
    verdict = parity.check(reference, candidate, [parity.Input("x", (6, 6), ("length", "channel"))])
    assert verdict.verdict == "divergence"
    assert "input-layout" in {finding.cause for finding in verdict.findings}


def test_a_weight_that_no_rule_carries_is_inconclusive():
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(5))

        def forward(self, x):
            return torch.relu(x * self.scale.exp())

    verdict = parity.check(keras.Sequential([keras.Input((5,)), keras.layers.ReLU()]), Scale(), np.ones((2, 5), "f4"))
    assert verdict.verdict == "inconclusive"
    assert "scale" in " ".join(verdict.reasons)


def test_an_empty_network_is_inconclusive():
    verdict = parity.check(keras.Model(x := keras.Input((5,)), x), nn.Sequential(), np.ones((2, 5), "f4"))
    assert verdict.verdict == "inconclusive"


@pytest.fixture
def command(warmly):
    """One real run of the command line, with both frameworks and ONNX in processes of their own."""
    return lambda *words: CliRunner().invoke(main, words)


PUBLISHED = {
    "magnitude": (
        "reference",
        [1_000, 80_064, 20_544, 6_176, 1_552, 5_100, 735, 110_600, 3_007, 114_600, 11_966, 99_825, 69_000],
        524_169,
    ),
    "phase": ("reference", [10_008, 41, 600, 90_300, 105_350, 140_400, 100_250], 446_949),
    "magnitude-as-published": (
        "candidate",
        [2, 384, 20_544, 6_176, 1_552, 72_300, 49, 110_600, 97, 114_600, 193, 99_825, 69_000],
        495_322,
    ),
    "phase-as-published": ("candidate", [48, 41, 75_300, 90_300, 105_350, 140_400, 100_250], 511_689),
}


@pytest.mark.parametrize("case", PUBLISHED)
def test_show_reproduces_the_published_counts_layer_by_layer(command, case):
    side, counts, total = PUBLISHED[case]
    shown = json.loads(command("show", case, "--json").stdout)
    found = [row[side]["parameters"] for row in shown["layers"] if row[side] and row[side]["parameters"]]
    assert found == counts
    assert shown[side]["total"] == total == sum(counts)
    if case == "magnitude":
        assert (shown[side]["trainable"], shown[side]["non_trainable"]) == (523_669, 500)
    if case == "magnitude-as-published":
        lengths = [
            row[side]["shape"][-1] for row in shown["layers"] if row[side] and row["kind"] in ("batch_norm", "max_pool")
        ]
        assert lengths == [250, 125, 62, 31, 15]


def test_the_third_reference_agrees_with_a_healthy_pair(command):
    document = json.loads(command("check", "magnitude", "--json").stdout)
    third = document["onnx"]
    assert third["reason"] == ""
    assert all(0 < third[each] < 1e-5 for each in ("reference_candidate", "reference_onnx", "candidate_onnx"))
    assert third["implies"] == "ONNX agrees with both"


def test_the_published_magnitude_differs_by_28847_parameters_and_onnx_stands_with_the_reference(command):
    result = command("check", "magnitude-as-published", "--json")
    document = json.loads(result.stdout)
    assert (document["verdict"], result.exit_code) == ("divergence", 0)
    balances = {each["reference"]: each["difference"] for each in document["ledger"]["balances"] if each["difference"]}
    assert balances == {"bn": 998, "conv1": 79_680, "dense1": -67_200, "side3": 686, "side2": 2_910, "side1": 11_773}
    assert document["ledger"]["difference"] == sum(balances.values()) == 28_847
    assert "candidate stands alone" in document["onnx"]["implies"]


def test_an_output_turned_on_its_side_is_a_divergence_though_channels_may_stand_first_or_last():
    reference = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Conv2D(4, 3)])
    image = parity.Input("image", (6, 6, 3), ("height", "width", "channel"), ("channel", "height", "width"))

    class Turned(nn.Conv2d):
        def forward(self, x):
            return super().forward(x).transpose(2, 3)

    assert parity.check(reference, nn.Conv2d(3, 4, 3), [image]).verdict == "parity"
    turned = parity.check(reference, Turned(3, 4, 3), [image])
    assert turned.verdict == "divergence"
    assert "batch width height" in " ".join(turned.reasons).replace("channel ", "")


def test_a_plain_number_among_the_outputs_is_not_dropped():
    class Numbered(nn.Linear):
        def forward(self, x):
            return super().forward(x), self.number

    one, other = Numbered(5, 7), Numbered(5, 7)
    one.number, other.number = 3.0, 4.0
    vector = [parity.Input("x", (5,), ("channel",))]
    assert parity.check(one, other, vector).verdict == "divergence"
    other.number = 3.0
    assert parity.check(one, other, vector).verdict == "inconclusive"
