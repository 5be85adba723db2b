"""Of a divergence, scripts are written that show it without parity: each runs by itself and tells what is told."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from parity.cases import find
from parity.errors import UsageError
from parity.files import drafts
from parity.line import check
from parity.repro import repro

pytestmark = pytest.mark.xdist_group("repro")
PARITY = Path(sys.executable).with_name("parity")
KERAS = """
import keras
from keras import layers as L, activations as A


def build():
    x = y = keras.Input((12, 5))
    x = L.BatchNormalization(name="norm")(x)
    x = L.Conv1D(6, 4, strides=2, padding="same", name="conv")(x)
    x = L.LeakyReLU(negative_slope=0.2, name="leaky")(x)
    x = L.Dense(7, name="wide")(x)
    x = A.relu(x)
    x = L.Dense(8, name="deep")(x)
    x = A.gelu(x)
    x = L.LSTM(4, name="lstm")(x)
    x = L.Dense(3, name="last")(x)
    return keras.Model(y, x)
"""
TORCH = """
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(5, eps=1e-3)
        self.conv = nn.Conv1d(5, 6, 4, stride=2)
        self.wide = nn.Linear(6, 7)
        self.deep = nn.Linear(7, 8)
        self.lstm = nn.LSTM(8, 4, batch_first=True)
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        x = F.leaky_relu(self.conv(F.pad(self.norm(x), (1, 1))), 0.2)
        x = F.relu(self.wide(x.transpose(1, 2)))
        x = F.gelu(self.deep(x))
        x, _ = self.lstm(x)
        return self.last(x[:, -1])


def build():
    return Net().eval()
"""
FAULTS = {
    "epsilon": (", eps=1e-3", ""),
    "padding": ("(1, 1)", "(2, 0)"),
    "slope": (", 0.2)", ")"),
    "no relu": ("F.relu(self.wide(x.transpose(1, 2)))", "self.wide(x.transpose(1, 2))"),
    "gelu": ("F.gelu(self.deep(x))", 'F.gelu(self.deep(x), approximate="tanh")'),
}
CASE = """
title = "A pair"
reference = {{ framework = "{0}", build = "net_{0}:build" }}
candidate = {{ framework = "{1}", build = "net_{1}:build" }}

[[inputs]]
name = "x"
shape = {2}
axes = "{3}"
candidate_axes = "{4}"
"""
ORDERS = {"keras": ([12, 5], "length channel"), "torch": ([5, 12], "channel length")}


def written(folder: Path, reference: str, changes=(), torch: str = TORCH, keras: str = KERAS) -> Path:
    """A case with faults in its PyTorch side, whichever is the reference."""
    candidate = "torch" if reference == "keras" else "keras"
    (folder / "mine").mkdir()
    for right, wrong in changes:
        assert right in torch
        torch = torch.replace(right, wrong)
    (folder / "mine" / "net_torch.py").write_text(torch)
    (folder / "mine" / "net_keras.py").write_text(keras)
    case = CASE.format(reference, candidate, *ORDERS[reference], ORDERS[candidate][1])
    (folder / "mine" / "case.toml").write_text(case)
    return folder


ONE_BY_ONE = "import runpy, sys\nfor each in sys.argv[1:]: print('==', each), runpy.run_path(each, run_name='__main__')"


def run_all(scripts: Sequence[Path]) -> dict[str, str]:
    """What each script prints, in one process that knows nothing of parity: its frameworks take seconds to import."""
    assert not any("import parity" in script.read_text() for script in scripts)
    words = [sys.executable, "-I", "-c", ONE_BY_ONE, *map(str, scripts)]
    done = subprocess.run(words, cwd="/", capture_output=True, text=True, env={})
    assert done.returncode == 0, done.stderr
    parts = done.stdout.split("== ")[1:]
    return {Path(part.split()[0]).name: part for part in parts}


def run(script: Path) -> str:
    """What a script prints in a process that knows nothing of parity."""
    known = subprocess.run([sys.executable, "-I", "-c", "import parity"], cwd="/", capture_output=True, text=True)
    source = script.read_text()
    assert known.returncode or "import parity" not in source
    done = subprocess.run([sys.executable, "-I", script], cwd="/", capture_output=True, text=True, env={})
    assert done.returncode == 0, f"{done.stderr}\n{source}"
    return done.stdout


def told(output: str) -> list[float]:
    """The differences that a script prints, the largest first."""
    return [float(each) for each in re.findall(r"difference is (\S+?),|tells: (\S+)", output) for each in each if each]


@pytest.fixture(scope="module", params=["keras", "torch"])
def all_at_once(request, tmp_path_factory):
    folder = written(tmp_path_factory.mktemp("all"), request.param, FAULTS.values())
    words = [PARITY, "check", "mine", "--cases", ".", "--no-onnx", "--json", "--repro", "out"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    return folder, json.loads(done.stdout), done.stderr, request.param


def test_every_layer_that_parts_alone_has_a_script_that_prints_what_the_report_tells(all_at_once):
    folder, report, said, _ = all_at_once
    assert f"wrote out: {len(FAULTS)} scripts, each with its arrays" in said
    assert "by their values alone" not in said
    behind = {"relu": "deep", "gelu": "lstm"}  # what has no partner is seen in the layer behind it
    found = {behind.get(each["layer"], each["layer"]): each["before"] for each in report["findings"]}
    rows = [row for row in report["layers"] if row["faulty"] and row["isolated"] > row["floor"]]
    assert len(rows) == len(FAULTS) == len(list((folder / "out").glob("*.py")))
    outputs = run_all(sorted((folder / "out").glob("*.py")))
    for row in rows:
        # Where a table tells of values drawn anew, the finding tells what the layer makes of the reference's own.
        expected = found.get(row["reference"]) if row["redrawn"] else row["isolated"]
        name = re.sub(r"\W+", "_", row["reference"])
        printed = told(outputs[f"repro_{name}.py"])
        assert printed
        if expected is not None:
            assert any(np.isclose(each, expected, rtol=1e-3) for each in printed), (row["reference"], expected, printed)
    assert len(found) >= 3


def test_a_script_names_the_cause_and_the_line(all_at_once):
    folder, _, _, reference = all_at_once
    text = next((folder / "out").glob("repro_norm*.py")).read_text()
    values = ("0.001", "1e-05") if reference == "keras" else ("1e-05", "0.001")
    assert f"norm: epsilon is {values[0]} in the reference and {values[1]} in the candidate" in text
    assert "self.norm = nn.BatchNorm1d(5)" in text and 'L.BatchNormalization(name="norm")' in text


def test_the_arrays_are_plain_and_hold_what_both_sides_read_and_gave(all_at_once):
    folder, _, _, _ = all_at_once
    with np.load(next((folder / "out").glob("repro_conv*.npz")), allow_pickle=False) as arrays:
        for role in ("reference", "candidate"):
            assert {f"{role}_input", f"{role}_output", f"{role}_bias"} <= set(arrays)
        shapes = {arrays["reference_input"].shape[1:], arrays["candidate_input"].shape[1:]}
        kernels = {arrays[name].shape for name in arrays if name.endswith(("_kernel", "_weight"))}
    assert kernels == {(4, 5, 6), (6, 5, 4)}
    assert any(12 in shape for shape in shapes)


def test_what_has_no_partner_is_shown_with_the_layer_behind_it(all_at_once):
    folder, _, _, _ = all_at_once
    text = next((folder / "out").glob("repro_deep*.py")).read_text()
    assert "keras.activations.relu(" in text or "tf.raw_ops.Relu(" in text
    assert "torch.nn.functional.relu" not in text


def test_outputs_that_part_behind_all_layers_are_shown_by_their_ends(tmp_path, options):
    keras = "import keras\ndef build():\n    x = keras.Input((12, 5))\n"
    keras += "    return keras.Model(x, keras.activations.softmax(keras.layers.Dense(4)(x)))\n"
    torch = "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    torch += "        self.dense = nn.Linear(5, 4)\n    def forward(self, x):\n"
    torch += "        return self.dense(x.transpose(1, 2))\ndef build():\n    return Net()\n"
    written(tmp_path, "keras", keras=keras, torch=torch)
    (case,) = find("mine", tmp_path)
    verdict = check(case, options)
    said = repro(case, verdict, options, tmp_path / "out")
    assert "1 script" in said
    (script,) = (tmp_path / "out").glob("*.py")
    (end,) = verdict.outputs
    assert end.gap == pytest.approx(max(told(run(script))), rel=1e-3)


def test_a_fault_that_shows_at_another_size_only_is_shown_at_that_size(tmp_path, options):
    keras = "import keras\ndef build():\n    x = keras.Input((None, 5))\n"
    keras += "    return keras.Model(x, keras.layers.Conv1D(4, 3, strides=2, padding='same', name='conv')(x))\n"
    torch = "from torch import nn\nfrom torch.nn import functional as F\nclass Net(nn.Module):\n"
    torch += "    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(5, 4, 3, stride=2)\n"
    torch += "    def forward(self, x):\n        return self.conv(F.pad(x, (0, 1)))\ndef build():\n    return Net()\n"
    written(tmp_path, "keras", keras=keras, torch=torch)
    toml = tmp_path / "mine" / "case.toml"
    toml.write_text(toml.read_text() + 'free = "length"\n')
    (case,) = find("mine", tmp_path)
    verdict = check(case, options)
    (row,) = (each.difference for each in verdict.layers if each.match.name == "conv")
    assert repro(case, verdict, options, tmp_path / "out").startswith("wrote ")
    printed = run(tmp_path / "out" / "repro_conv.py")
    same = any(np.isclose(each, row.isolated, rtol=1e-3) for each in told(printed))
    assert same or "the shapes differ" in printed, (printed, row)


def test_code_of_the_users_own_is_compared_by_its_values_and_said_to_be(tmp_path, options):
    torch = TORCH.replace("F.relu(self.wide(", "own(self.wide(")
    torch += "\n\ndef own(x):\n    from torch.overrides import handle_torch_function\n"
    torch += "    return handle_torch_function(_own, (x,), x)\n\n\ndef _own(x):\n    return x.clamp(min=0.01)\n"
    written(tmp_path, "keras", torch=torch)
    (case,) = find("mine", tmp_path)
    verdict = check(case, options)
    assert verdict.verdict == "divergence", str(verdict)
    repro(case, verdict, options, tmp_path / "out")
    (script,) = (tmp_path / "out").glob("*.py")
    assert "_own is no function that PyTorch exports: these are the values that it gave" in script.read_text()
    (alone,) = (row.difference.isolated for row in verdict.layers if row.match.name == "deep")
    assert any(np.isclose(each, alone, rtol=1e-3) for each in told(run(script)))


def test_nothing_is_written_of_parity(tmp_path, options):
    written(tmp_path, "keras")
    (case,) = find("mine", tmp_path)
    assert repro(case, check(case, options), options, tmp_path / "out") == "no scripts: mine is parity"
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_refused_before_anything_runs(tmp_path):
    written(tmp_path, "keras")
    words = [PARITY, "check", "mine", "--cases", ".", "--repro", "mine"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "mine: this folder is not empty; expected a new one, or an empty one" in done.stderr


def test_a_folder_is_made_whole_or_not_at_all(tmp_path):
    with pytest.raises(RuntimeError), drafts(tmp_path / "out") as place:
        (place / "half").write_text("half")
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    (tmp_path / "out").mkdir()
    with drafts(tmp_path / "out") as place:
        (place / "whole").write_text("whole")
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "whole").read_text() == "whole"
    with pytest.raises(UsageError, match="not empty"), drafts(tmp_path / "out"):
        pass
    with pytest.raises(UsageError, match="this is a file"), drafts(tmp_path / "out" / "whole"):
        pass
