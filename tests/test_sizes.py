"""Sizes that a model leaves free: which ones are tried, and that a fault of one parity alone is never missed."""

import json

import numpy as np
import pytest
import torch  # before Keras, which brings TensorFlow
from click.testing import CliRunner
from keras import Input, Model, Sequential, layers, ops
from torch import nn
from torch.nn import functional as F

import parity
from parity.cli import main
from parity.probes import battery
from parity.sizes import resized, sizes

AXES, ORDER = ("height", "width", "channel"), ("channel", "height", "width")


pytestmark = pytest.mark.usefixtures("warmly")


def image(height, width, channels=3, free=("height", "width")):
    return parity.Input("image", (height, width, channels), AXES, ORDER, free=free)


def probe_of(verdict):
    """The probes that say most against the rows that differ."""
    return {row.difference.probe for row in verdict.layers if row.faulty}


# -- which sizes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "odd", "even"),
    [
        ((32, 32), (33, 31), (30, 34)),
        ((33, 32), (35, 31), (32, 34)),
        ((9, 7), (11, 5), (8, 10)),
        ((1, 2), (3, 5), (2, 4)),
    ],
)
def test_every_free_axis_is_odd_or_even_unlike_the_others_and_unlike_what_is_declared(declared, odd, even):
    assert tuple(sizes([image(*declared)], "odd").values()) == odd
    assert tuple(sizes([image(*declared)], "even").values()) == even


def test_axes_of_one_name_and_size_stay_of_one_size_and_those_that_are_not_free_as_they_are():
    mask = parity.Input("mask", (32, 32), ("height", "width"), free=("height",))
    arrays = {
        probe.name: {name: array.shape for name, array in probe.arrays.items()}
        for probe in battery([image(32, 32), mask], 2, 0)
    }
    assert arrays["odd"] == {"image": (2, 33, 31, 3), "mask": (2, 33, 32)}
    assert arrays["even"] == {"image": (2, 30, 34, 3), "mask": (2, 30, 32)}


def test_a_batch_at_another_size_holds_the_numbers_of_the_first_cut_off_or_begun_anew():
    each = parity.Input("tokens", (4,), ("time",), dtype="int64", range=(1, 9), free=("time",))
    first = battery([each], 3, 0)[0]
    found = {name: resized(first, name, [each]).arrays["tokens"] for name in ("odd", "even")}
    values = first.arrays["tokens"]
    assert np.array_equal(found["odd"], np.concatenate([values, values[:, :1]], axis=1))
    assert np.array_equal(found["even"], values[:, :2])
    assert resized(first, "odd", [parity.Input("tokens", (4,), ("time",))]) is None


def test_a_file_is_tried_at_other_sizes_too(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(12.0).reshape(2, 6))
    each = parity.Input("x", (6,), ("time",), file=tmp_path / "x.npy", free=("time",))
    assert [probe.name for probe in battery([each], 2, 0)] == ["noise", "odd", "even", "alone"]


# -- what they show --------------------------------------------------------------------------------


def same(size=None):
    """Windows that keep their size at stride 2, which TensorFlow pads (1, 1) at odd sizes and (0, 1) at even ones."""
    return Sequential(
        [
            Input((size, size, 3)),
            layers.Conv2D(4, 3, strides=2, padding="same"),
            layers.ReLU(),
            layers.Conv2D(5, 3, padding="same"),
        ]
    )


class Same(nn.Module):
    """Its port: padded by the size, or by one on each side."""

    def __init__(self, faithful):
        super().__init__()
        self.faithful = faithful
        self.one, self.other = nn.Conv2d(3, 4, 3, stride=2, padding=0 if faithful else 1), nn.Conv2d(4, 5, 3, padding=1)

    def forward(self, x):
        if self.faithful:
            height, width = (size % 2 for size in x.shape[2:])
            x = F.pad(x, (width, 1, height, 1))
        return self.other(torch.relu(self.one(x)))


@pytest.mark.parametrize("declared", [(9, 7), (8, 10)])
def test_a_port_that_pads_by_the_size_is_parity_at_every_size(declared):
    verdict = parity.check(same(), Same(True), [image(*declared)])
    assert verdict.verdict == "parity", verdict.reasons
    assert {"odd, probe weights", "even, probe weights"} <= set(verdict.probes)


def test_a_port_that_agrees_at_odd_sizes_alone_is_a_divergence_and_the_probe_and_the_padding_are_named():
    blind = parity.check(same(), Same(False), [image(9, 7, free=())])
    assert blind.verdict == "parity"
    verdict = parity.check(same(), Same(False), [image(9, 7)])
    assert verdict.verdict == "divergence"
    assert probe_of(verdict) == {"even, probe weights"}
    assert "even, probe weights" in " ".join(verdict.reasons)
    assert [row.match.name for row in verdict.layers if row.source] == [verdict.layers[0].match.name]
    (finding,) = verdict.findings
    assert (finding.cause, finding.reference_value) == ("same-pad-stride", "((0, 1), (0, 1))")
    assert finding.sentence.endswith("(at the size of the probe even)")


def test_a_pool_that_keeps_the_last_row_of_an_odd_size_alone_is_a_divergence_of_shape():
    reference = Sequential([Input((None, None, 3)), layers.Conv2D(4, 3), layers.MaxPooling2D()])
    candidate = nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2, ceil_mode=True))
    assert parity.check(reference, candidate, [image(8, 8, free=())]).verdict == "parity"
    verdict = parity.check(reference, candidate, [image(8, 8)])
    assert verdict.verdict == "divergence"
    assert probe_of(verdict) == {"odd, probe weights"}
    assert any("shape" in reason and "odd" in reason for reason in verdict.reasons)


# -- networks that call other layers at other sizes ------------------------------------------------


def halved(size=None):
    return Sequential(
        [
            Input((size, size, 3)),
            layers.Conv2D(4, 3, padding="same"),
            layers.MaxPooling2D(padding="same"),
            layers.ReLU(),
            layers.Conv2D(4, 3, padding="same"),
            layers.MaxPooling2D(padding="same"),
            layers.ReLU(),
        ]
    )


class Halved(nn.Module):
    """Pads before a pool only where the size is odd, so what it calls depends on the size."""

    def __init__(self, slope=0.0):
        super().__init__()
        self.one, self.other, self.slope = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1), slope

    def forward(self, x):
        for conv in (self.one, self.other):
            x = conv(x)
            height, width = (size % 2 for size in x.shape[2:])
            if height or width:
                x = F.pad(x, (0, width, 0, height), value=-torch.inf)
            x = F.leaky_relu(F.max_pool2d(x, 2), self.slope if height else 0.0)
        return x


@pytest.mark.parametrize("declared", [(9, 7), (8, 12)])
def test_a_port_that_pads_at_odd_sizes_only_is_parity_with_a_note(declared):
    verdict = parity.check(halved(), Halved(), [image(*declared)])
    assert verdict.verdict == "parity", verdict.reasons
    assert any("the candidate calls other layers (pad" in note for note in verdict.notes)


def test_a_fault_at_a_size_at_which_other_layers_are_called_is_found():
    verdict = parity.check(halved(), Halved(slope=0.2), [image(8, 12)])
    assert verdict.verdict == "divergence"
    assert verdict.outputs[0].probe in ("odd, probe weights", "even, probe weights")


class Free(Model):
    """Calls two more functions at odd sizes, which change nothing."""

    def __init__(self):
        super().__init__()
        self.one, self.other = layers.Dense(4), layers.Dense(3)

    def call(self, x):
        x = ops.relu(self.one(x))
        if x.shape[1] % 2:
            x = ops.relu(ops.abs(x))
        return ops.relu(self.other(ops.relu(x)))


class FreePort(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(5, 4), nn.Linear(4, 3)

    def forward(self, x):
        return torch.relu(self.other(torch.relu(torch.relu(self.one(x)))))


def test_a_keras_model_that_branches_on_the_size_is_compared_by_what_both_call():
    sequence = parity.Input("x", (6, 5), ("time", "channel"), free=("time",))
    verdict = parity.check(Free(), FreePort(), [sequence])
    assert verdict.verdict == "parity", verdict.reasons
    assert any("the reference calls other layers" in note and "odd" in note for note in verdict.notes)


class Unrolled(nn.Module):
    """A simple recurrence, one call a step: as many calls as the sequence is long."""

    def __init__(self):
        super().__init__()
        self.cell = nn.RNNCell(5, 4)

    def forward(self, x):
        state = torch.zeros(len(x), 4, dtype=x.dtype)
        for step in range(x.shape[1]):
            state = self.cell(x[:, step], state)
        return state


def test_a_loop_over_the_sequence_is_compared_at_other_lengths():
    sequence = parity.Input("x", (4, 5), ("time", "channel"), free=("time",))
    verdict = parity.check(Sequential([Input((None, 5)), layers.SimpleRNN(4)]), Unrolled(), [sequence])
    assert verdict.verdict == "parity", verdict.reasons
    assert {"odd, probe weights", "even, probe weights"} <= set(verdict.probes)


# -- sizes that a side does not take ---------------------------------------------------------------


def test_a_size_that_the_reference_refuses_is_left_out_with_a_note():
    entrance = Input((9, 9, 3))
    reference = Model(entrance, same()(entrance))
    verdict = parity.check(reference, Same(True), [image(9, 9)])
    assert verdict.verdict == "parity", verdict.reasons
    assert sum("was left out" in note for note in verdict.notes) == 2
    assert not [name for name in verdict.probes if name.startswith(("odd", "even"))]


def test_a_size_that_the_candidate_alone_refuses_is_a_doubt():
    class Fixed(Same):
        def forward(self, x):
            return super().forward(x.reshape(len(x), 3, 9, 7))

    verdict = parity.check(same(), Fixed(True), [image(9, 7)])
    assert verdict.verdict == "inconclusive"
    assert any("the probe odd was left out" in reason for reason in verdict.reasons)


def test_an_output_that_no_input_changes_is_not_alive_because_it_has_several_sizes():
    reference = Sequential([Input((None, 5)), layers.Dense(4), layers.Lambda(lambda x: ops.relu(-ops.abs(x)))])

    class Dead(nn.Module):
        def __init__(self):
            super().__init__()
            self.lin = nn.Linear(5, 4)

        def forward(self, x):
            return torch.relu(-self.lin(x).abs())

    sequence = parity.Input("x", (6, 5), ("time", "channel"), free=("time",))
    verdict = parity.check(reference, Dead(), [sequence])
    assert verdict.verdict == "inconclusive"
    assert any("the same for every sample" in reason for reason in verdict.reasons)


NET = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, fixed):
        super().__init__()
        self.conv, self.fixed = nn.Conv1d(3, 4, 3, padding=1), fixed

    def forward(self, x):
        return self.conv(x.reshape(len(x), 3, 8) if self.fixed else x)


def build(fixed=False):
    return Net(fixed)
"""
CASE = """\
title = "A length that is free"
reference = {{ framework = "torch", build = "net:build", arguments = {{ fixed = {0} }} }}
candidate = {{ framework = "torch", build = "net:build", arguments = {{ fixed = {1} }} }}
inputs = [{{ name = "x", shape = [3, 8], axes = "channel length", free = "length" }}]
"""


@pytest.mark.parametrize(
    ("fixed", "verdict", "told"),
    [
        (("false", "false"), "parity", None),
        (("true", "false"), "parity", "notes"),
        (("true", "true"), "parity", "notes"),
        (("false", "true"), "inconclusive", "reasons"),
    ],
)
def test_a_side_in_a_process_of_its_own_may_refuse_a_size_and_goes_on(tmp_path, fixed, verdict, told):
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "case.toml").write_text(CASE.format(*fixed))
    result = CliRunner().invoke(main, ["check", str(tmp_path), "--no-onnx", "--json"])
    document = json.loads(result.stdout)
    assert document["verdict"] == verdict
    left_out = {key: [each for each in document[key] if "left out" in each] for key in ("notes", "reasons")}
    assert {key: len(each) for key, each in left_out.items()} == {
        key: 2 * (key == told) for key in ("notes", "reasons")
    }
    assert [name.partition(",")[0] for name in document["probes"]] == [
        *("noise", "large", "negative"),
        *(() if told else ("odd", "even")),
        "alone",
    ]


# -- live objects ----------------------------------------------------------------------------------

IMAGES = np.random.default_rng(0).normal(size=(2, 9, 7, 3)).astype("float32")
TURNED = {"candidate_axes": {"image": "channel height width"}}


def test_axes_that_a_keras_reference_leaves_open_are_free_for_arrays():
    assert parity.check(same(), Same(False), {"image": IMAGES}, **TURNED).verdict == "divergence"
    assert parity.check(same(), Same(False), {"image": IMAGES}, free={}, **TURNED).verdict == "parity"


def test_axes_are_said_to_be_free_where_the_reference_is_torch():
    class Turned(nn.Module):
        def __init__(self, faithful):
            super().__init__()
            self.inner = Same(faithful)

        def forward(self, x):
            return self.inner(x.permute(0, 3, 1, 2))

    verdict = parity.check(Turned(True), Turned(False), {"image": IMAGES}, free={"image": "height width"})
    assert verdict.verdict == "divergence"
    assert parity.check(Turned(True), Turned(True), {"image": IMAGES}, free={"image": "height width"}).ok


@pytest.mark.parametrize(
    ("free", "words"),
    [
        ({"image": "hight"}, "there is no axis 'hight'; did you mean 'height'?"),
        ({"image": "channel"}, "the weights fix the number of channels"),
        ({"image": "batch"}, "the batch is free anyway"),
        ({"image": "height height"}, "each axis once"),
        ({"picture": "height"}, "free names picture; the inputs are image"),
        ("height", "expected axes by input name"),
    ],
)
def test_a_free_axis_that_there_is_not_is_refused(free, words):
    with pytest.raises(parity.ParityError) as refusal:
        parity.check(same(), Same(True), {"image": IMAGES}, free=free, **TURNED)
    assert words in str(refusal.value)


def test_a_declared_input_says_its_own_free_axes():
    with pytest.raises(parity.ParityError, match="there is no axis 'depth'"):
        parity.check(same(), Same(True), [image(9, 7, free=("depth",))])
    with pytest.raises(parity.ParityError, match="says its own free axes"):
        parity.check(same(), Same(True), [image(9, 7)], free={"image": "height"})
