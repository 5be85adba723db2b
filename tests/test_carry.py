"""`parity port` and the weight files of a check: what is carried arrives bit for bit, or no file is written."""

import json
from pathlib import Path

import pytest

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
from click.testing import CliRunner, Result
from safetensors.torch import load_file, save_file
from torch import nn

import parity
from parity import cases
from parity.build import _made
from parity.cli import main
from parity.probes import probe_inputs
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide

pytestmark = pytest.mark.usefixtures("warmly")
CLOSED = ("magnitude", "phase", "cifar-resnet", "lenet-1d", "lenet5-functional-named")
OPEN = ("magnitude-as-published", "phase-as-published")
SIDES = {"keras": KerasSide, "torch": TorchSide}
SUFFIX = {"keras": ".weights.h5", "torch": ".safetensors"}


# -- there and back --------------------------------------------------------------------------------


def drawn(model, seed: int = 3):
    """A model in which nothing stands as it was built."""
    random = np.random.default_rng(seed)
    if isinstance(model, nn.Module):
        with torch.no_grad():
            for value in model.state_dict().values():
                if value.is_floating_point():
                    value.copy_(torch.from_numpy(random.normal(size=tuple(value.shape))))
    else:
        model.set_weights([random.normal(size=each.shape) for each in model.get_weights()])
    return model


def numbers(model) -> list[bytes]:
    held = model.state_dict().values() if isinstance(model, nn.Module) else model.weights
    return [np.asarray(each).tobytes() for each in held]


def axes(entry: parity.Input, turned: bool) -> list[parity.Input]:
    one, other = entry.axes, entry.candidate_axes or entry.axes
    shape = tuple(entry.shape[one.index(name)] for name in other)
    return [parity.Input(entry.name, shape, other, one) if turned else entry]


def loaded(case, framework: str, file: Path):
    """A fresh model of this framework with the weights of a file."""
    spec = case.reference if case.reference.framework == framework else case.candidate
    keras.utils.clear_session()
    model = _made(spec)
    side = SIDES[framework](model)
    side.outline(_probe(case, framework))
    side.read(file)
    return model


def _probe(case, framework: str):
    return probe_inputs(axes(case.inputs[0], case.reference.framework != framework), 2, 0)


def saved(case, model, framework: str, file: Path) -> Path:
    side = SIDES[framework](model)
    side.outline(_probe(case, framework))
    side.save(file)
    return file


@pytest.fixture(autouse=True)
def modules(monkeypatch):
    """The modules of a case's sides have the same names in every case: each test imports them anew."""
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in [name for name in sys.modules if name.startswith("net_")]:
        monkeypatch.delitem(sys.modules, name)
    yield
    for name in [name for name in sys.modules if name.startswith("net_")]:
        sys.modules.pop(name)


@pytest.mark.parametrize("start", ["keras", "torch"])
@pytest.mark.parametrize("name", CLOSED)
def test_weights_that_go_there_and_back_through_files_are_the_same_bit_for_bit(name, start, tmp_path):
    (case,) = cases.find(name, cases.shipped())
    other = "torch" if start == "keras" else "keras"
    specs = {spec.framework: spec for spec in (case.reference, case.candidate)}
    model = drawn(_made(specs[start]))
    first = saved(case, model, start, tmp_path / f"first{SUFFIX[start]}")

    there = _made(specs[other])
    turned = case.reference.framework != start
    ledger = parity.port(loaded(case, start, first), there, axes(case.inputs[0], turned))
    assert ledger.closed
    middle = saved(case, there, other, tmp_path / f"middle{SUFFIX[other]}")

    back = _made(specs[start])
    parity.port(loaded(case, other, middle), back, axes(case.inputs[0], not turned))
    last = saved(case, back, start, tmp_path / f"last{SUFFIX[start]}")
    assert numbers(back) == numbers(model) == numbers(loaded(case, start, last))
    if start == "torch":
        assert first.read_bytes() == last.read_bytes()


@pytest.mark.parametrize("name", OPEN)
def test_a_port_that_cannot_take_all_names_what_and_leaves_the_candidate_alone(name):
    (case,) = cases.find(name, cases.shipped())
    one, other = _made(case.reference), _made(case.candidate)
    before = numbers(one), numbers(other)
    with pytest.raises(parity.NotPorted, match=r"dense1.*kernel: .* is .* against ") as caught:
        parity.port(one, other, list(case.inputs))
    assert caught.value.exit_code == 3
    assert (numbers(one), numbers(other)) == before


# -- the command, on two sides in PyTorch, which start soonest ---------------------------------------

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.{name} = nn.Linear(5, 7)
        self.norm = nn.BatchNorm1d(7)

    def forward(self, x):
        return {forward}


def build():
    return Net()
"""
CASE = """\
title = "A pair"

[reference]
framework = "torch"
build = "reference:build"

[candidate]
framework = "torch"
build = "candidate:build"

[[inputs]]
name = "x"
shape = [5]
axes = "channel"
"""


def pair(folder: Path, forward: str = "self.norm(self.other(x)).relu()", candidate: str | None = None) -> Path:
    """A case whose sides call one layer by different names; `forward` is the candidate's."""
    case = folder / "mine"
    case.mkdir(exist_ok=True)
    (case / "reference.py").write_text(NET.format(name="lin", forward="self.norm(self.lin(x)).relu()"))
    (case / "candidate.py").write_text(candidate or NET.format(name="other", forward=forward))
    (case / "case.toml").write_text(CASE)
    return case


def told(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "Traceback" not in result.output
    return result


def weights(file: Path, name: str = "lin", change=lambda state: None) -> Path:
    """Trained weights of the reference, or of the candidate, whose layer has another name."""
    random = np.random.default_rng(5)
    state = {
        f"{name}.weight": random.normal(size=(7, 5)),
        f"{name}.bias": random.normal(size=7),
        "norm.weight": random.normal(size=7),
        "norm.bias": random.normal(size=7),
        "norm.running_mean": random.normal(size=7),
        "norm.running_var": random.uniform(0.5, 2, size=7),
    }
    tensors = {key: torch.from_numpy(array.astype("f4")) for key, array in state.items()}
    tensors["norm.num_batches_tracked"] = torch.tensor(3)
    change(tensors)
    save_file(tensors, file)
    return file


@pytest.mark.parametrize("to", ["candidate", "reference"])
def test_trained_weights_are_carried_verified_and_written(to, tmp_path):
    names = ("lin", "other") if to == "candidate" else ("other", "lin")
    source, target = weights(tmp_path / "x.safetensors", names[0]), tmp_path / "y.pt"
    result = told("port", pair(tmp_path), "-o", target, "--from", source, "--to", to)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "carried  6 arrays, 70 numbers" in result.stdout
    assert "PARITY  mine, on these weights" in result.stdout
    assert f"written  {target}, {target.stat().st_size:,} bytes" in result.stdout
    before, after = load_file(source), torch.load(target, weights_only=True)
    for key, value in before.items():
        if "num_batches" not in key:
            assert torch.equal(after[key.replace(names[0], names[1])], value)
    assert len(after) == len(before)


def test_json_tells_the_same_and_nothing_else(tmp_path):
    target = tmp_path / "y.safetensors"
    document = json.loads(told("port", pair(tmp_path), "-o", target, "--json").stdout)
    assert document["schema"] == "parity-port/1"
    assert document["from"] == {"side": "reference", "framework": "torch", "weights": None}
    assert document["to"] == {"side": "candidate", "framework": "torch"}
    assert (document["arrays"], document["numbers"], document["not_carried"]) == (6, 70, [])
    assert (document["verdict"], document["forced"]) == ("parity", False)
    assert document["probes"] == [f"{name}, built weights" for name in ("noise", "large", "negative", "alone")]
    assert (document["file"], document["bytes"]) == (str(target), target.stat().st_size)


def test_what_diverges_is_written_only_by_force_and_that_is_said(tmp_path):
    case, target = pair(tmp_path, "self.norm(self.other(x)).tanh()"), tmp_path / "y.pt"
    refused = told("port", case, "-o", target)
    assert (refused.exit_code, target.exists()) == (1, False)
    assert "DIVERGENCE  mine, on these weights" in refused.stdout
    assert f"nothing was written to {target}: this is not parity" in refused.stdout
    forced = told("port", case, "-o", target, "--force")
    assert forced.exit_code == 0
    assert "written although this is not parity (--force)" in forced.stdout
    state = torch.load(target, weights_only=True)
    assert sum(value.numel() for value in state.values()) == 71


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_arrays_that_have_nowhere_to_go_forbid_a_file_also_by_force(force, tmp_path):
    wide = NET.format(name="other", forward="self.norm(self.other(x)).relu()").replace(
        "self.norm =", "self.more = nn.Linear(2, 2)\n        self.norm ="
    )
    result = told("port", pair(tmp_path, candidate=wide), "-o", tmp_path / "y.pt", *force)
    assert (result.exit_code, (tmp_path / "y.pt").exists()) == (3, False)
    assert "not carried  more.weight: held by the network and read by no layer" in result.stdout
    assert "some arrays could not be carried" in result.stdout


def test_a_side_that_fails_is_called_as_the_case_calls_it(tmp_path):
    case = pair(tmp_path, candidate="def build():\n    raise KeyError('enough')\n")
    for to in ("candidate", "reference"):
        result = told("port", case, "-o", tmp_path / "y.pt", "--to", to)
        assert (result.exit_code, (tmp_path / "y.pt").exists()) == (4, False)
        assert "the candidate failed while building its network" in result.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-o", "y.h5"], "expected .safetensors, .pt or .pth"),
        (["-o", "y"], "a bare name"),
        (["-o", "missing/y.pt"], "there is no folder missing"),
        (["-o", "y.pt", "--from", "absent.pt"], "absent.pt: there is no such file"),
        (["-o", "y.pt", "--from", "mine/case.toml"], "not read from .toml"),
        (["-o", "y.pt", "--to", "both"], "--to"),
        ([], "--output"),
    ],
)
def test_wrong_words_end_before_anything_runs(words, expected, tmp_path, monkeypatch):
    pair(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("parity.carry.launched", lambda *_: pytest.fail("a side was started"))
    result = told("port", "./mine", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert expected in result.stderr


def test_a_damaged_or_foreign_file_is_wrong_usage_also_where_a_worker_reads_it(tmp_path):
    case, file = pair(tmp_path), tmp_path / "x.pt"
    file.write_bytes(b"PK\3\4" + bytes(100))
    for words in (("port", case, "-o", tmp_path / "y.pt", "--from", file), ("check", case, "--weights", file)):
        result = told(*words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"error: {file}: ")
        assert len(result.stderr.splitlines()) == 1
    other = weights(tmp_path / "x.safetensors", "wrong")
    result = told("check", case, "--weights", other)
    assert result.exit_code == 2
    assert "missing from it: lin.weight, lin.bias; unknown to the network: wrong.bias, wrong.weight" in result.stderr
    assert not (tmp_path / "y.pt").exists()


# -- checks on trained weights ---------------------------------------------------------------------


def checked(*words: str | Path) -> dict:
    result = told("check", *words, "--no-onnx", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == {"parity": 0, "divergence": 1, "inconclusive": 3}[document["verdict"]]
    return document


def test_a_check_runs_on_trained_weights_as_well_as_on_drawn_ones(tmp_path, monkeypatch):
    weights(tmp_path / "x.safetensors")
    pair(tmp_path)
    monkeypatch.chdir(tmp_path)
    document = checked("./mine", "--weights", "x.safetensors")
    assert document["verdict"] == "parity"
    names = ("noise", "large", "negative", "alone")
    assert document["probes"] == [f"{name}, {held} weights" for held in ("trained", "probe") for name in names]


def test_two_networks_with_the_same_weights_are_parity_on_these_weights(tmp_path):
    files = weights(tmp_path / "x.safetensors"), weights(tmp_path / "y.safetensors", "other")
    document = checked(pair(tmp_path), "--as-is", "--weights", files[0], "--candidate-weights", files[1])
    assert document["verdict"] == "parity"
    assert document["notes"][0].startswith("parity on these weights")
    assert document["probes"] == [f"{name}, as-is weights" for name in ("noise", "large", "negative", "alone")]


def test_fresh_weights_of_their_own_are_compared_where_no_file_is_given(tmp_path):
    """Both build the same layers from the same seed."""
    assert checked(pair(tmp_path), "--as-is")["verdict"] == "parity"


def test_other_weights_are_a_divergence_that_names_the_arrays(tmp_path):
    def change(state):
        state["other.bias"][3] += 0.5

    files = weights(tmp_path / "x.safetensors"), weights(tmp_path / "y.safetensors", "other", change)
    document = checked(pair(tmp_path), "--as-is", "--weights", files[0], "--candidate-weights", files[1])
    assert document["verdict"] == "divergence"
    assert "output differs" in document["reasons"][0]
    assert "1 array held by the two differ: other.bias by 0.5 of" in " ".join(document["reasons"])


def test_other_weights_that_no_output_shows_are_no_parity(tmp_path):
    """Its gamma is zero: whatever the convolution gives in this channel, the norm gives its beta."""

    def dead(state):
        state["norm.weight"][3] = 0

    def change(state):
        dead(state)
        state["other.bias"][3] += 0.5

    files = weights(tmp_path / "x.safetensors", change=dead), weights(tmp_path / "y.safetensors", "other", change)
    document = checked(pair(tmp_path), "--as-is", "--weights", files[0], "--candidate-weights", files[1])
    assert document["verdict"] != "parity"
    assert "other.bias by 0.5" in " ".join(document["reasons"])


def test_weights_that_differ_by_rounding_alone_are_told_as_that(tmp_path):
    def change(state):
        state["other.weight"].copy_(torch.nextafter(state["other.weight"], torch.tensor(torch.inf)))

    files = weights(tmp_path / "x.safetensors"), weights(tmp_path / "y.safetensors", "other", change)
    document = checked(pair(tmp_path), "--as-is", "--weights", files[0], "--candidate-weights", files[1])
    sentence = "1 array held by the two differ by one unit in the last place at most: other.kernel"
    assert sentence in " ".join([*document["notes"], *document["reasons"]])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["./mine", "--candidate-weights", "x.pt"], "--candidate-weights goes with --as-is"),
        (["./mine", "./mine", "--weights", "x.pt"], "one case, 2 were asked for"),
        (["./mine", "--weights", "absent.pt"], "absent.pt: there is no such file"),
        (["./mine", "--as-is", "--candidate-weights", "absent.pt"], "absent.pt: there is no such file"),
        (["./mine", "--weights", "mine"], "mine: this is a folder"),
        (["./mine", "--weights", "x.h5"], "expected .safetensors, .pt, .pth or .pt2"),
    ],
)
def test_weight_files_that_do_not_go_with_a_check_are_told_before_it_runs(words, expected, tmp_path, monkeypatch):
    pair(tmp_path)
    for name in ("x.pt", "x.h5"):
        (tmp_path / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("parity.line.check", lambda *_: pytest.fail("a case was run"))
    result = told("check", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert expected in result.stderr
