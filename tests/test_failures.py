"""Sides that fail in every way a user's code can, networks with which nothing can be said, and what is told then.

Both sides are PyTorch here: what a side does wrong is the same in every framework, and that one starts soonest.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from parity import line
from parity.case import SideSpec
from parity.cli import main
from parity.errors import SideFailed
from parity.nouns import Probe
from parity.worker.client import launch

pytestmark = pytest.mark.usefixtures("warmly")
HEALTHY = """\
import os, signal, sys, time
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(5, 7)

    def forward(self, x):
        return self.lin(x).relu()


def build(**arguments):
    return Net()
"""
CASE = """\
title = "A case that goes wrong"
{top}
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
{end}
"""
FORWARD = "return self.lin(x).relu()"
BUILD = "    return Net()\n"


def case(folder: Path, candidate: str, reference: str = HEALTHY, top: str = "", end: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "reference.py").write_text(reference)
    (folder / "candidate.py").write_text(candidate)
    (folder / "case.toml").write_text(CASE.format(top=top, end=end))
    return folder


def check(folder: Path, *words: str) -> Result:
    result = CliRunner().invoke(main, ["check", str(folder), "--no-onnx", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def forward(text: str) -> str:
    return HEALTHY.replace(FORWARD, text)


def built(text: str) -> str:
    return HEALTHY.replace(BUILD, text)


def failure(folder: Path, source: str, function: str = "build", arguments: dict | None = None) -> str:
    """What is told of a side whose module has this source: the text of its SideFailed."""
    (folder / "candidate.py").write_text(source)
    spec = SideSpec("torch", f"candidate:{function}", folder, arguments or {})
    probe = Probe("given", {"x": np.ones((2, 5), "f4")}, {"x": ("batch", "channel")})
    with launch("candidate", spec, 120, line.Options().spawner) as worker, pytest.raises(SideFailed) as caught:
        worker.outline(probe)
        worker.run(probe)
    told = str(caught.value)
    assert told.startswith("the candidate failed while ")
    assert caught.value.exit_code == 4
    count, longest = len(told.splitlines()), max(map(len, told.splitlines()))
    assert count < 12, told[:2000]
    assert longest < 600, told[:2000]
    return told


def only_the_users_frames(told: str, folder: Path) -> list[int]:
    """The lines of the frames told, all of which are in the case's folder."""
    frames = re.findall(r'File "(.+)", line (\d+)', told)
    assert frames
    assert {Path(file).parent for file, _ in frames} == {folder}
    return [int(line) for _, line in frames]


# -- through the whole command ---------------------------------------------------------------------


def test_a_build_that_raises_is_told_by_its_own_frames_in_a_few_lines(tmp_path):
    source = built("    return helper(arguments)\n\n\ndef helper(arguments):\n    return nn.Linear('five', 7)\n")
    result = check(case(tmp_path / "mine", source))
    assert (result.exit_code, result.stdout) == (4, "")
    assert "ERROR  mine" in result.stderr
    assert "the candidate failed while building its network" in result.stderr
    assert "TypeError" in result.stderr.splitlines()[-1]
    called = source.splitlines().index("    return helper(arguments)") + 1
    assert only_the_users_frames(result.stderr, tmp_path / "mine") == [called, called + 4]
    assert len(result.stderr.splitlines()) < 12


def test_a_build_that_aborts_is_told_by_the_name_of_the_signal(tmp_path):
    result = check(case(tmp_path / "mine", HEALTHY, reference=built("    print('so far')\n    os.abort()\n")))
    assert (result.exit_code, result.stdout) == (4, "")
    assert "the reference failed while building its network: its process was killed by SIGABRT" in result.stderr
    assert len(result.stderr.splitlines()) < 12


def test_a_build_that_takes_longer_than_the_timeout_is_stopped(tmp_path):
    late = built("    time.sleep(3600)\n")
    result = check(case(tmp_path / "mine", late, reference=late), "--timeout", "0.5")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "no answer within 0.5 s (--timeout)" in result.stderr
    assert len(result.stderr.splitlines()) < 6


def test_a_side_that_fails_is_told_although_the_other_one_hangs(tmp_path):
    """The reference would be late, but what is wrong is the candidate, and that is known at once."""
    folder = case(
        tmp_path / "mine", built("    raise KeyError('missing')\n"), reference=built("    time.sleep(3600)\n")
    )
    result = check(folder, "--timeout", "20")
    assert result.exit_code == 4
    assert "KeyError: 'missing'" in result.stderr


def test_an_interrupt_ends_everything_at_once_with_the_code_of_a_shell(tmp_path):
    """While one side builds for an hour and the other one has built; the process group is not told, only parity."""
    mark = "    open(os.path.join(os.path.dirname(__file__), '{}.pid'), 'w').write(str(os.getpid()))\n"
    folder = case(
        tmp_path / "mine",
        built(mark.format("candidate") + "    time.sleep(3600)\n"),
        reference=built(mark.format("reference") + BUILD),
    )
    command = [Path(sys.executable).with_name("parity"), "check", folder]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    files = [folder / f"{side}.pid" for side in ("reference", "candidate")]
    try:
        while not all(file.is_file() and file.read_text() for file in files):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out, told) == (130, "", "interrupted\n")
    for file in files:
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.read_text()), 0)


def test_nan_on_both_sides_is_inconclusive_also_where_the_case_expects_a_divergence(tmp_path):
    nan = forward("return self.lin(x) / 0 * 0")
    end = '[expect]\nverdict = "divergence"'
    result = check(case(tmp_path / "mine", nan, nan, end=end), "--batch", "4")
    assert result.exit_code == 3
    assert "INCONCLUSIVE  mine" in result.stdout
    assert "NaN on both sides (28 and 28)" in result.stdout


def test_nan_on_one_side_is_a_divergence_and_its_numbers_are_counted(tmp_path):
    result = check(case(tmp_path / "mine", forward("return (self.lin(x) - self.lin(x)[:1]).sqrt().log()")))
    assert result.exit_code == 1
    assert "DIVERGENCE  mine  (parity was expected)" in result.stdout
    assert re.search(r"output holds \d+ NaN in the candidate only", result.stdout)


def test_an_expected_divergence_that_does_not_come_is_told_and_exits_1(tmp_path):
    result = check(case(tmp_path / "mine", HEALTHY, end='[expect]\nverdict = "divergence"'))
    assert result.exit_code == 1
    assert "PARITY  mine  (divergence was expected)" in result.stdout


def test_an_expected_cause_that_is_not_found_is_told_and_exits_1(tmp_path):
    end = '[expect]\nverdict = "divergence"\ncauses = ["bn-epsilon"]'
    result = check(case(tmp_path / "mine", forward("return self.lin(x)"), end=end))
    assert result.exit_code == 1
    assert "DIVERGENCE  mine  (the causes bn-epsilon were expected)" in result.stdout


def test_a_cause_beside_those_that_were_expected_is_told_and_exits_1(tmp_path):
    end = '[expect]\nverdict = "divergence"\ncauses = ["missing-activation"]'
    assert check(case(tmp_path / "mine", forward("return self.lin(x)"), end=end)).exit_code == 0
    result = check(case(tmp_path / "yours", forward("return self.lin(x.flip(1)).tanh()"), end=end))
    assert result.exit_code == 1
    assert "(the causes missing-activation were expected)" in result.stdout


# -- one side alone --------------------------------------------------------------------------------


def test_a_forward_that_raises_is_told_by_its_own_frames(tmp_path):
    source = forward("return self.lin(x.reshape(4, 9))")
    told = failure(tmp_path, source)
    assert "running its network for the first time: its code raised RuntimeError" in told
    assert only_the_users_frames(told, tmp_path) == [
        source.splitlines().index(" " * 8 + "return self.lin(x.reshape(4, 9))") + 1
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (built("    print('last words', flush=True)\n    os._exit(3)\n"), ["exited with code 3", "last words"]),
        (built("    sys.exit('enough')\n"), ["building its network", "sys.exit('enough')"]),
        (built("    os.kill(os.getpid(), signal.SIGKILL)\n"), ["killed by SIGKILL"]),
        (built("    os.kill(os.getpid(), 40)\n"), ["killed by", "40"]),
        ("import absent_module\n", ["ModuleNotFoundError", "absent_module", "line 1"]),
        ("def build(:\n", ["SyntaxError", "candidate.py", "line 1"]),
        (HEALTHY.replace("def build", "def biuld"), ["candidate.py", "has no callable 'build'", "biuld"]),
        (built("    return 3\n"), ["the build returned int", "torch.nn.Module"]),
        (built("    pass\n"), ["the build returned NoneType", "torch.nn.Module"]),
        (built("    raise ValueError('word ' * 100_000)\n"), ["ValueError: word"]),
        (built("    raise ValueError('line\\n' * 1_000)\n"), ["ValueError: line"]),
        (
            built("    return even(9)\ndef even(n):\n    return odd(n)\ndef odd(n):\n    return even(n)\n"),
            ["RecursionError"],
        ),
        (forward("raise KeyboardInterrupt"), ["KeyboardInterrupt"]),
    ],
    ids=[
        "os._exit",
        "sys.exit",
        "SIGKILL",
        "unnamed-signal",
        "missing-import",
        "syntax",
        "missing-callable",
        "number",
        "none",
        "long-message",
        "many-lines",
        "recursion",
        "interrupt",
    ],
)
def test_a_side_that_fails_is_told_in_a_few_lines_that_name_what_happened(tmp_path, source, expected):
    told = failure(tmp_path, source)
    assert not [word for word in expected if word not in told], told
    assert "/parity/" not in told
    assert "site-packages" not in told


def test_arguments_that_the_build_does_not_take_are_told(tmp_path):
    told = failure(tmp_path, HEALTHY.replace("**arguments", ""), arguments={"width": 3})
    assert "unexpected keyword argument 'width'" in told
    assert "/parity/" not in told


@pytest.mark.parametrize("name", ["time", "torch"])
def test_a_module_whose_name_is_taken_is_told_and_not_silently_another(tmp_path, name):
    """`time.py` and `torch.py` of the user's lie beside the case, but the interpreter has its own already."""
    (tmp_path / f"{name}.py").write_text("def build():\n    raise AssertionError\n")
    with (
        launch("candidate", SideSpec("torch", f"{name}:build", tmp_path), 120, line.Options().spawner) as worker,
        pytest.raises(SideFailed) as caught,
    ):
        worker.weights()
    told = str(caught.value)
    assert name in told
    assert "AttributeError" not in told
    length = len(told)
    assert length < 600, told[:600]


# -- before anything runs --------------------------------------------------------------------------


def test_a_missing_module_is_wrong_usage_with_its_line(tmp_path):
    folder = case(tmp_path / "mine", HEALTHY)
    (folder / "candidate.py").unlink()
    result = check(folder)
    assert result.exit_code == 2
    assert f"{folder / 'case.toml'}:9:" in result.stderr
    assert f"there is no file {folder / 'candidate.py'}" in result.stderr


# -- nothing to be said ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        ("return x", "not computed from its inputs"),
        ("return None", "no output"),
        ("return self.lin(x)[:, :0]", "is empty: (4, 0)"),
    ],
    ids=["nothing-done", "no-output", "empty-output"],
)
def test_networks_that_show_nothing_are_inconclusive_and_exit_3(tmp_path, network, reason):
    result = check(case(tmp_path / "mine", forward(network), forward(network)), "--batch", "4")
    assert result.exit_code == 3
    assert "INCONCLUSIVE  mine" in result.stdout
    assert reason in result.stdout
