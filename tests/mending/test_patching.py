"""A patch is written where all causes are proved and written so, and only after the patched port came out as parity."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parity.cases import find, shipped
from parity.line import Options, check
from parity.mending.patching import patch

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


def test_the_patch_applies_and_the_patched_port_is_parity(patched):
    folder, file, done = patched
    assert "5 changes; patched so and loaded afresh, the candidate is parity" in done.stderr
    before = file.read_text()
    subprocess.run(["patch", "-p1", "-i", "mine.patch"], cwd=folder, check=True, capture_output=True)
    assert file.read_text() != before
    verdict = check(*find("mine", folder), Options(onnx=False))
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
def test_nothing_is_written_where_the_mend_is_not_proved(tmp_path, changes, told):
    spoilt(tmp_path, changes)
    (case,), options = find("mine", tmp_path), Options(onnx=False)
    assert told in patch(case, check(case, options), options, tmp_path / "mine.patch")
    assert not (tmp_path / "mine.patch").exists()


def test_a_file_that_changed_meanwhile_is_not_patched(tmp_path):
    file = spoilt(tmp_path, FIVE[:1])
    (case,), options = find("mine", tmp_path), Options(onnx=False)
    verdict = check(case, options)
    file.write_text("# another line\n" + file.read_text())
    assert "no patch: " in patch(case, verdict, options, tmp_path / "mine.patch")
    assert not (tmp_path / "mine.patch").exists()
