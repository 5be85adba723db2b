"""A case from nothing but two callables, by the words of the README."""

import tomllib

import pytest
from click.testing import CliRunner

from parity.cli import main

pytestmark = pytest.mark.usefixtures("warmly")
KERAS = """
import keras
def conv():
    x = keras.Input((9, 11, 3), name="image")
    return keras.Model(x, keras.layers.Dense(4)(keras.layers.Flatten()(keras.layers.Conv2D(5, 3)(x))))
def tokens():
    x = keras.Input((6,), dtype="int64")
    return keras.Model(x, keras.layers.Embedding(13, 4)(x))
def series():
    x = keras.Input((4, 4), name="series")
    return keras.Model(x, keras.layers.Dense(3)(x))
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)
    def call(self, x):
        return self.dense(x)
"""
TORCH = """
import torch
from torch import nn
def conv():
    return nn.Sequential(nn.Conv2d(3, 5, 3), nn.Flatten(), nn.Linear(5 * 7 * 9, 4))
def tokens():
    return nn.Embedding(13, 4)
def series():
    return nn.Linear(4, 3)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "net_keras.py").write_text(KERAS)
    (tmp_path / "net_torch.py").write_text(TORCH)
    (tmp_path / "ports").mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.parity]\ncases = "ports"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(name, keras, torch, *words):
    told = ["new", name, "--keras", f"net_keras:{keras}", "--torch", f"net_torch:{torch}", *words]
    result = CliRunner().invoke(main, told)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def written(here, name):
    return tomllib.loads((here / "ports" / name / "case.toml").read_text())


def test_a_convolutional_pair_is_written_with_the_order_of_its_axes(here):
    told = new("conv", "conv", "conv")
    case = written(here, "conv")
    assert case["reference"] == {"framework": "keras", "build": "../../net_keras:conv"}
    assert case["candidate"] == {"framework": "torch", "build": "../../net_torch:conv"}
    (image,) = case["inputs"]
    assert image == {
        "name": "image",
        "shape": [9, 11, 3],
        "axes": "height width channel",
        "candidate_axes": "channel height width",
    }
    assert told.exit_code == 0, told.output
    assert "PARITY  conv" in told.output
    assert CliRunner().invoke(main, ["check", "conv", "-q", "--no-onnx"]).output == "PARITY  conv\n"


def test_indices_are_those_of_the_table_that_reads_them(here):
    assert new("tokens", "tokens", "tokens").exit_code == 0
    (tokens,) = written(here, "tokens")["inputs"]
    assert (tokens["dtype"], tokens["range"]) == ("int64", [0, 12])


def test_of_two_orders_that_run_the_one_is_taken_that_makes_them_the_same(here):
    assert new("series", "series", "series", "--reference", "torch").exit_code == 0
    case = written(here, "series")
    assert case["reference"]["framework"] == "torch"
    assert "candidate_axes" not in case["inputs"][0]


def test_a_network_that_declares_nothing_is_asked_for_and_nothing_is_written(here):
    told = new("silent", "Net", "series")
    assert told.exit_code == 2
    assert "--input image=32x32x3" in told.output
    assert not (here / "ports" / "silent").exists()
    assert new("silent", "Net", "series", "--input", "x=4").exit_code == 0
    assert written(here, "silent")["inputs"] == [{"name": "x", "shape": [4], "axes": "channel"}]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--keras", "net_keras:conv"), "expected two of --keras, --torch and --tensorflow; got --keras"),
        (("--keras", "net_keras", "--torch", "net_torch:conv"), "--keras net_keras: expected module:callable"),
        (("--keras", "nets:conv", "--torch", "net_torch:conv"), "there is no file"),
        (("--keras", "net_keras:conv", "--torch", "net_torch:conv", "--input", "x=0x3"), "expected NAME=SIZE"),
        (
            ("--keras", "net_keras:conv", "--torch", "net_torch:conv", "--reference", "tensorflow"),
            "expected one of the two, keras or torch",
        ),
    ],
)
def test_words_that_do_not_fit_are_told_before_anything_starts(here, words, told):
    result = CliRunner().invoke(main, ["new", "pair", *words])
    assert result.exit_code == 2
    assert told in result.output
    assert not list((here / "ports").iterdir())


def test_inputs_that_no_order_suits_name_what_was_given(here):
    told = new("wrong", "conv", "conv", "--input", "image=9x11x5")
    assert told.exit_code == 4
    assert "5" in told.output
    assert not (here / "ports" / "wrong").exists()


def test_a_folder_that_is_there_is_left_as_it_is(here):
    (here / "ports" / "mine").mkdir()
    (here / "ports" / "mine" / "notes.txt").write_text("kept")
    told = new("mine", "conv", "conv")
    assert told.exit_code == 2
    assert "not empty" in told.output
    assert [each.name for each in (here / "ports" / "mine").iterdir()] == ["notes.txt"]
