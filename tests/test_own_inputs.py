"""Inputs of the user's own: each file a probe of its name, and whatever does not fit refused in words that help."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

from parity.case import Input
from parity.cli import main
from parity.errors import UsageError
from parity.own_inputs import own_probes

pytestmark = pytest.mark.usefixtures("warmly")
X = Input("x", (5,), ("channel",))
IMAGE = Input(
    "image", (4, 6, 3), ("height", "width", "channel"), ("channel", "height", "width"), free=("height", "width")
)
TOKENS = Input("tokens", (7,), ("time",), dtype="int32", range=(0, 9))


def saved(file, values, **names):
    if file.suffix == ".npy":
        np.save(file, values)
    else:
        np.savez(file, *values, **names)
    return file


def only(file, each=X):
    (probe,) = own_probes(file, [each])
    return probe.arrays[each.name]


# -- what is taken ---------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 3, 20_000])
def test_a_file_is_one_probe_of_its_name_with_all_its_samples(tmp_path, batch):
    values = np.random.default_rng(0).normal(size=(batch, 5)).astype("float32")
    (probe,) = own_probes(saved(tmp_path / "noise.npy", values), [X])
    assert probe.name == "noise.npy"  # the drawn one is called `noise`
    assert probe.axes == {"x": ("batch", "channel")}
    assert np.array_equal(probe.arrays["x"], values)
    assert probe.arrays["x"].dtype == np.float32


def test_an_archive_is_taken_by_the_names_of_the_inputs_whatever_their_order(tmp_path):
    tokens, x = np.ones((2, 7), "int64"), np.zeros((2, 5))
    (probe,) = own_probes(saved(tmp_path / "two.npz", [], tokens=tokens, x=x), [X, TOKENS])
    assert list(probe.arrays) == ["x", "tokens"]
    assert {name: array.dtype.name for name, array in probe.arrays.items()} == {"x": "float32", "tokens": "int32"}


def test_an_archive_without_names_is_taken_in_the_order_of_the_inputs(tmp_path):
    (probe,) = own_probes(saved(tmp_path / "two.npz", [np.zeros((2, 5)), np.ones((2, 7), int)]), [X, TOKENS])
    assert probe.arrays["tokens"].all()
    assert not probe.arrays["x"].any()


def test_a_folder_is_one_probe_for_each_of_its_files_by_name(tmp_path):
    for name, count in (("b.npy", 2), ("a.npz", 1), ("c.npy", 3), (".hidden.npy", 4)):
        saved(tmp_path / name, [np.zeros((count, 5))] if name == "a.npz" else np.zeros((count, 5)))
    (tmp_path / "README.txt").write_text("what these are")
    assert [(probe.name, len(probe.arrays["x"])) for probe in own_probes(tmp_path, [X])] == [
        ("a.npz", 1),
        ("b.npy", 2),
        ("c.npy", 3),
    ]


def test_samples_may_have_other_sizes_along_free_axes(tmp_path):
    assert only(saved(tmp_path / "x.npy", np.zeros((1, 11, 2, 3))), IMAGE).shape == (1, 11, 2, 3)


@pytest.mark.parametrize(
    ("values", "each"),
    [
        (np.array([[0, 255, -3, 2**24, 7]]), X),
        (np.array([[True, False, True, True, False]]), X),
        (np.arange(5.0)[None], X),
        (np.array([[0.0, 9.0, 3.0, 1.0, 2.0, 4.0, 5.0]]), TOKENS),
        (np.array([[0, 1, 1, 0, 1]], "uint8"), Input("x", (5,), ("channel",), dtype="bool")),
        (np.array([[-np.inf, 0, 1, 2, np.inf]]), X),
    ],
)
def test_numbers_of_another_type_are_taken_where_nothing_is_lost(tmp_path, values, each):
    found = only(saved(tmp_path / "x.npy", values), each)
    assert found.dtype == np.dtype(each.dtype)
    assert np.array_equal(found, values)


# -- what is refused -------------------------------------------------------------------------------


def refused(path, *words, inputs=(X,)):
    with pytest.raises(UsageError) as refusal:
        own_probes(path, inputs)
    told = str(refusal.value)
    assert str(path) in told
    assert not [word for word in words if word not in told], told
    assert len(told.splitlines()) == 1


def test_paths_that_hold_nothing_to_run_are_refused(tmp_path):
    refused(tmp_path / "missing.npy", "no such file or folder", ".npy or .npz")
    refused(tmp_path, "this folder holds no .npy or .npz")
    (tmp_path / "x.csv").write_text("1,2")
    refused(tmp_path / "x.csv", "expected .npy or .npz", "numpy.save")


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((2, 7), ["(7,)", "the case declares (5,)", "first axis of a file is the batch"]),
        ((5,), ["array[None]"]),
        ((0, 5), ["holds nothing", "at least one sample"]),
        ((), ["the case declares (5,)"]),
    ],
)
def test_samples_of_another_shape_are_refused_with_both(tmp_path, shape, words):
    refused(saved(tmp_path / "x.npy", np.zeros(shape)), "input 'x'", *words)


def test_samples_in_the_order_of_the_candidate_are_recognised(tmp_path):
    refused(saved(tmp_path / "x.npy", np.zeros((2, 3, 4, 6))), "in the candidate's order", inputs=[IMAGE])
    refused(saved(tmp_path / "y.npy", np.zeros((2, 4, 6, 4))), "(4, 6, 4)", inputs=[IMAGE])  # channels are not free


NUMBERS = {
    "a NaN": (
        np.array([[0, 1, np.nan, 3, np.nan]]),
        X,
        ["2 of 5 numbers are NaN", "(0, 2)", "leave these samples out"],
    ),
    "words": (np.array([["a"] * 5]), X, ["<U1", "expected numbers that are float32"]),
    "complex numbers": (np.zeros((1, 5), complex), X, ["complex128"]),
    "a whole number too large": (np.array([[2**24 + 1, 0, 0, 0, 0]]), X, ["16777217", "exactly"]),
    "a number too large": (np.array([[1e300, 0, 0, 0, 0]]), X, ["1e+300", "too large for float32"]),
    "a part of a number": (np.array([[0, 0.5, 0, 0, 0, 0, 0]]), TOKENS, ["holds 0.5", "int32, whole numbers"]),
    "a token too many": (np.array([[0, 10, 0, 0, 0, 0, 0]]), TOKENS, ["holds 10", "int32 in [0, 9]"]),
    "an endless token": (np.array([[0, np.inf, 0, 0, 0, 0, 0]]), TOKENS, ["holds inf"]),
    "two in a truth": (np.array([[2, 0, 0, 0, 0]]), Input("x", (5,), ("channel",), dtype="bool"), ["holds 2", "bool"]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_that_would_be_lost_or_show_nothing_are_refused(tmp_path, name):
    values, each, words = NUMBERS[name]
    refused(saved(tmp_path / "x.npy", values), f"input '{each.name}'", *words, inputs=[each])


def test_arrays_that_do_not_answer_the_inputs_are_refused(tmp_path):
    x, tokens = np.zeros((2, 5)), np.zeros((2, 7))
    refused(saved(tmp_path / "one.npy", x), "the inputs x, tokens", ".npz", inputs=[X, TOKENS])
    refused(saved(tmp_path / "a.npz", [], x=x, token=tokens), "did you mean 'tokens'?", inputs=[X, TOKENS])
    refused(saved(tmp_path / "b.npz", [], x=x), "no array for tokens", inputs=[X, TOKENS])
    refused(saved(tmp_path / "c.npz", [x, tokens, x]), "'arr_0' is no input", inputs=[X, TOKENS])
    refused(saved(tmp_path / "d.npz", [], x=x, tokens=tokens[:1]), "x 2, tokens 1", inputs=[X, TOKENS])


class Harm:
    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


def test_nothing_is_unpickled(tmp_path):
    np.save(tmp_path / "x.npy", np.array([Harm()] * 5, object)[None], allow_pickle=True)
    np.savez(tmp_path / "x.npz", x=np.array([Harm()] * 5, object)[None])
    (tmp_path / "bare.npy").write_bytes(pickle.dumps(Harm()))
    for name in ("x.npy", "x.npz", "bare.npy"):
        refused(tmp_path / name, "without pickle", "Python objects")


def test_damaged_files_are_refused(tmp_path):
    whole = io.BytesIO()
    np.savez_compressed(whole, x=np.random.default_rng(0).normal(size=(50, 5)))
    (tmp_path / "cut.npz").write_bytes(whole.getvalue()[:-50])
    broken = bytearray(whole.getvalue())
    broken[200:240] = b"\0" * 40
    (tmp_path / "broken.npz").write_bytes(broken)
    np.save(tmp_path / "cut.npy", np.zeros((50, 5)))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "cut.npy").read_bytes()[:-50])
    header = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 5)}".ljust(
        118
    )
    (tmp_path / "claims.npy").write_bytes(header)
    (tmp_path / "empty.npy").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "text.npz", "w") as archive:
        archive.writestr("x.npy", "not an array")
    for file in sorted(tmp_path.iterdir()):
        refused(file)


# -- on the command line ---------------------------------------------------------------------------

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, cap):
        super().__init__()
        self.lin, self.cap = nn.Linear(5, 4), cap

    def forward(self, x):
        return self.lin(torch.clamp(x, max=self.cap))


def build(cap=1000.0):
    return Net(cap)
"""
CASE = """\
title = "A fault that only some inputs show"
reference = { framework = "torch", build = "net:build" }
candidate = { framework = "torch", build = "net:build", arguments = { cap = 400.0 } }
inputs = [{ name = "x", shape = [5], axes = "channel" }]
"""


@pytest.fixture
def case(tmp_path):
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "net.py").write_text(NET)
    (tmp_path / "case" / "case.toml").write_text(CASE)
    return tmp_path / "case"


def checked(case, *words):
    return CliRunner().invoke(main, ["check", str(case), "--no-onnx", "--json", *map(str, words)])


def test_a_fault_that_only_the_users_inputs_show_is_found_there(case, tmp_path):
    batches = tmp_path / "batches"
    batches.mkdir()
    saved(batches / "dull.npy", np.ones((3, 5)) * [[1], [2], [3]])
    assert checked(case, "--inputs", batches).exit_code == 3  # another cap, and no number that goes so high
    saved(batches / "telling.npy", np.full((3000, 5), 300.0) + np.arange(3000)[:, None] / 10)
    result = checked(case, "--inputs", batches)
    document = json.loads(result.stdout)
    assert (result.exit_code, document["verdict"]) == (1, "divergence")
    assert document["probes"][0] == "noise, probe weights"
    assert document["probes"][-2:] == ["dull.npy, probe weights", "telling.npy, probe weights"]
    (output,) = document["outputs"]
    assert output["probe"] == "telling.npy, probe weights"
    assert output["isolated"] is None
    assert output["floor"] < 1e-3 < output["gap"]


def test_a_file_that_does_not_fit_is_refused_before_any_side_is_started(case, tmp_path, monkeypatch):
    monkeypatch.setattr("parity.line.launched", lambda *_: pytest.fail("a side was started"))
    result = checked(case, "--inputs", saved(tmp_path / "x.npy", np.full((2, 5), np.nan)))
    assert result.exit_code == 2
    assert "x.npy" in result.stderr
    assert "NaN" in result.stderr
    assert not result.stdout


def test_a_file_of_the_case_is_held_to_the_same(case, tmp_path):
    (case / "case.toml").write_text(CASE.replace('axes = "channel"', 'axes = "channel", file = "x.npy"'))
    saved(case / "x.npy", np.full((2, 5), np.nan))
    result = checked(case)
    assert result.exit_code == 2
    assert "NaN" in result.stderr
