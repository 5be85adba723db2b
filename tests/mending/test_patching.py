"""A patch is written where all causes are proved and written so, and only after the patched port came out as parity."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parity.case import Case, Input, SideSpec
from parity.cases import find, shipped
from parity.line import check
from parity.mending.patching import patch

pytestmark = pytest.mark.xdist_group("patching")
PARITY = Path(sys.executable).with_name("parity")
FIVE = (
    # of five families: a default, an activation too many, one too few, another one, operands exchanged
    (", eps=1e-3", ""),
    ("x = self.fc1(x.transpose(1, 2))", "x = F.elu(self.fc1(x.transpose(1, 2)))"),
    ("x = F.relu(self.fc2(", "x = (self.fc2("),
    ("x = F.relu(self.fc3(", "x = torch.tanh(self.fc3("),
    ("[x, F.relu(branch).transpose(1, 2)]", "[F.relu(branch).transpose(1, 2), x]"),
)


def spoilt(folder: Path, changes) -> Path:
    """A copy of the magnitude case with faults in its port."""
    shutil.copytree(shipped() / "magnitude", folder / "mine")
    file = folder / "mine" / "net_torch.py"
    source = file.read_text()
    for right, wrong in changes:
        assert right in source
        source = source.replace(right, wrong)
    file.write_text(source)
    return file


@pytest.fixture(scope="module")
def patched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("five")
    file = spoilt(folder, FIVE)
    words = [PARITY, "check", "mine", "--cases", ".", "--no-onnx", "--patch", "mine.patch"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    return folder, file, done


def test_five_faults_of_five_families_are_five_causes_all_confirmed(patched):
    _, _, done = patched
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith(("  ✓", "  ?", "  ✗"))]
    causes = {row[1]: row[0] for row in rows}
    wanted = ("bn-epsilon", "extra-activation", "missing-activation", "wrong-activation", "layer-order")
    assert causes == dict.fromkeys(wanted, "✓"), done.stdout
    assert "mended at once, in memory, the two networks are the same" in " ".join(done.stdout.split())
    assert done.returncode == 1


def test_the_patch_applies_and_the_patched_port_is_parity(patched, options):
    folder, file, done = patched
    assert "5 changes; patched so and loaded afresh, the candidate is parity" in done.stderr
    before = file.read_text()
    subprocess.run(["patch", "-p1", "-i", "mine.patch"], cwd=folder, check=True, capture_output=True)
    assert file.read_text() != before
    verdict = check(*find("mine", folder), options)
    assert verdict.verdict == "parity", verdict.reasons
    file.write_text(before)


def test_the_mends_are_told_with_their_lines(patched):
    _, _, done = patched
    assert "net_torch.py:14  nn.BatchNorm1d(250)  →  nn.BatchNorm1d(250, eps=1e-3)" in done.stdout


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ((), "no patch: mine is parity"),
        ((("nn.Conv1d(32, 16, 3, padding=1)", "nn.Conv1d(32, 16, 3, padding=1, bias=False)"),), "not all that differs"),
    ],
)
def test_nothing_is_written_where_the_mend_is_not_proved(tmp_path, changes, told, options):
    spoilt(tmp_path, changes)
    (case,) = find("mine", tmp_path)
    assert told in patch(case, check(case, options), options, tmp_path / "mine.patch")
    assert not (tmp_path / "mine.patch").exists()


def test_a_file_that_changed_meanwhile_is_not_patched(tmp_path, options):
    file = spoilt(tmp_path, FIVE[:1])
    (case,) = find("mine", tmp_path)
    verdict = check(case, options)
    file.write_text("# another line\n" + file.read_text())
    assert "no patch: " in patch(case, verdict, options, tmp_path / "mine.patch")
    assert not (tmp_path / "mine.patch").exists()


SAME = """
import torch
from torch import nn
from torch.nn import functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = {built}
    def forward(self, x):
        return {called}
def build():
    return Net()
"""
KERAS = """
import keras
def build():
    x = keras.Input((8, 6, 2))
    return keras.Model(x, keras.layers.Conv2D(4, 3, strides=2, padding="same")(x))
"""


@pytest.mark.parametrize(
    ("built", "called", "mended"),
    [
        ("nn.Conv2d(2, 4, 3, 2, 1)", "self.conv(x)", ("self.conv(F.pad(x, (0, 1, 0, 1)))", "nn.Conv2d(2, 4, 3, 2, 0)")),
        ("nn.Conv2d(2, 4, 3, 2)", "self.conv(F.pad(x, (1, 1, 1, 1)))", ("self.conv(F.pad(x, (0, 1, 0, 1)))",)),
        (
            "nn.Sequential(nn.Identity(), nn.Conv2d(2, 4, 3, 2, 1))",
            "self.conv(x)",
            ("nn.Sequential(nn.Identity(), nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(2, 4, 3, 2, 0))",),
        ),
        (
            "nn.Conv2d(2, 4, 3)",
            "F.conv2d(x, self.conv.weight, self.conv.bias, 2, 1)",
            ("F.conv2d(F.pad(x, (0, 1, 0, 1)), self.conv.weight, self.conv.bias, 2, 0)",),
        ),
    ],
    ids=["module", "pad", "sequential", "function"],
)
def test_asymmetric_padding_is_written_as_a_pad_of_its_own(tmp_path, built, called, mended, options):
    (tmp_path / "net_keras.py").write_text(KERAS)
    (tmp_path / "net_torch.py").write_text(SAME.format(built=built, called=called))
    folder = Path(tmp_path)
    case = Case(
        "same",
        "same",
        folder,
        SideSpec("keras", "net_keras:build", folder),
        SideSpec("torch", "net_torch:build", folder),
        (Input("x", (8, 6, 2), ("height", "width", "channel"), ("channel", "height", "width")),),
    )
    verdict = check(case, options)
    assert [(each.cause, each.status) for each in verdict.findings] == [("same-pad-stride", "confirmed")]
    said = patch(case, verdict, options, tmp_path / "same.patch")
    assert "loaded afresh, the candidate is parity" in said
    text = (tmp_path / "same.patch").read_text()
    assert all(each in text for each in mended), text


SHARED = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.act = nn.Conv2d(2, 3, 1), nn.Conv2d(3, 4, 1), nn.Tanh()
    def forward(self, x):
        x = self.act(self.a(x))
        return self.act(self.b(x))
def build():
    return Net()
"""
KERAS_SHARED = """
import keras
from keras import layers
def build():
    x = keras.Input((8, 6, 2))
    return keras.Model(x, layers.Conv2D(4, 1, activation="relu")(layers.Conv2D(3, 1, activation="tanh")(x)))
"""


def test_of_a_module_that_is_called_twice_only_the_wrong_call_is_another_one(tmp_path, options):
    (tmp_path / "net_keras.py").write_text(KERAS_SHARED)
    (tmp_path / "net_torch.py").write_text(SHARED)
    sides = [SideSpec(each, f"net_{each}:build", tmp_path) for each in ("keras", "torch")]
    entry = Input("x", (8, 6, 2), ("height", "width", "channel"), ("channel", "height", "width"))
    case = Case("shared", "shared", tmp_path, *sides, (entry,))
    verdict = check(case, options)
    (finding,) = verdict.findings
    assert finding.status == "confirmed" and "self.act(self.b(x))  →  " in finding.mend, str(verdict)
    assert "loaded afresh, the candidate is parity" in patch(case, verdict, options, tmp_path / "shared.patch")


BLOCKS = """
import torch
from torch import nn
class Block(nn.Module):
    def __init__(self, width, stride, act):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(2, width, 1, stride=stride), nn.{first}(),
            nn.Conv2d(width, 2, 1){more}
        )
        self.act = {act}
    def forward(self, x):
        return self.act(self.body(x))
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = Block(3, {stride}, None)
        self.two = Block(5, 1, None)
    def forward(self, x):
        return self.two(self.one(x))
def build():
    return Net()
"""
RIGHT = {"first": "Tanh", "more": ", nn.Sigmoid()", "act": "nn.Hardswish()", "stride": "2"}
KERAS_BLOCKS = """
import keras
from keras import layers
def build():
    x = start = keras.Input((7, 6, 2))
    for width, stride in ((3, 2), (5, 1)):
        x = layers.Conv2D(width, 1, strides=stride, activation="tanh")(x)
        x = layers.Conv2D(2, 1, activation="sigmoid")(x)
        x = layers.Activation("hard_silu")(x)
    return keras.Model(start, x)
"""


LOOPS = """
import torch
from torch import nn
from torch.nn import functional as F
class Block(nn.Module):
    def __init__(self, stride):
        super().__init__()
        self.convs = nn.ModuleList()
        for number in range(2):
            self.convs.append(nn.Conv2d(2, 2, 1, stride=stride))
    def forward(self, x):
        for conv in self.convs:
            x = conv(x)
        return x
def pooled(x, stride):
    return F.max_pool2d(x, 1, stride)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block(2)
        self.row = nn.Sequential(nn.Conv2d(2, 2, 1), nn.ReLU())
    def forward(self, x):
        x = self.row(self.row(self.block(x)))
        for stride in (2, 1):
            x = pooled(x, stride)
        return x
def build():
    return Net()
"""
KERAS_LOOPS = """
import keras
from keras import layers
def build():
    x = start = keras.Input((33, 31, 2))
    for stride in (2, {second}):
        x = layers.Conv2D(2, 1, strides=stride)(x)
    row = layers.Conv2D(2, 1)
    x = layers.Activation("{act}")(row(layers.ReLU()(row(x))))
    for stride in (2, {last}):
        x = layers.MaxPooling2D(1, strides=stride)(x)
    return keras.Model(start, x)
"""


@pytest.mark.parametrize("wrong", [{"second": 1}, {"act": "linear"}, {"last": 2}])
def test_what_a_line_makes_several_times_is_not_changed_for_one_of_them(tmp_path, wrong, options):
    (tmp_path / "net_keras.py").write_text(KERAS_LOOPS.format(**{"second": 2, "act": "relu", "last": 1} | wrong))
    (tmp_path / "net_torch.py").write_text(LOOPS)
    sides = [SideSpec(each, f"net_{each}:build", tmp_path) for each in ("keras", "torch")]
    entry = Input("x", (33, 31, 2), ("height", "width", "channel"), ("channel", "height", "width"))
    case = Case("loops", "loops", tmp_path, *sides, (entry,))
    verdict = check(case, options)
    assert [each.status for each in verdict.findings] == ["confirmed"], str(verdict)
    assert not verdict.findings[0].mend, verdict.findings[0].mend
    assert "no patch" in patch(case, verdict, options, tmp_path / "loops.patch")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"stride": "1"}, "Block(3, 1, None)  →  Block(3, 2, None)"),
        ({"first": "ReLU"}, "nn.ReLU()  →  nn.Tanh()"),
        ({"act": "nn.ELU(0.5)"}, "nn.ELU(0.5)  →  nn.Hardswish()"),
        ({"more": ""}, "nn.Conv2d(width, 2, 1)  →  nn.Conv2d(width, 2, 1), nn.Sigmoid()"),
        ({"more": ", nn.Sigmoid(), nn.Sigmoid()"}, "nn.Sigmoid(), nn.Sigmoid()"),
    ],
    ids=["handed down", "another in a row", "another module", "one less in a row", "one more in a row"],
)
def test_what_is_handed_down_and_what_stands_in_a_row_is_mended_where_it_is_made(tmp_path, wrong, told, options):
    (tmp_path / "net_keras.py").write_text(KERAS_BLOCKS)
    (tmp_path / "net_torch.py").write_text(BLOCKS.format(**{**RIGHT, **wrong}))
    sides = [SideSpec(each, f"net_{each}:build", tmp_path) for each in ("keras", "torch")]
    entry = Input("x", (7, 6, 2), ("height", "width", "channel"), ("channel", "height", "width"))
    case = Case("blocks", "blocks", tmp_path, *sides, (entry,))
    verdict = check(case, options)
    assert {each.status for each in verdict.findings} == {"confirmed"}, str(verdict)
    assert any(told in each.mend or told in each.place.code for each in verdict.findings), str(verdict)
    said = patch(case, verdict, options, tmp_path / "blocks.patch")
    if wrong.get("more"):
        assert "no patch" in said  # which of two like elements goes, cannot be told
    else:
        assert "loaded afresh, the candidate is parity" in said, said
