"""Processes that are forked from a warm one: each by itself, and none left behind."""

import os
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from parity.case import SideSpec
from parity.errors import SideFailed
from parity.nouns import Probe
from parity.worker.client import launch
from parity.worker.process import Nursery

PROBE = Probe("given", {"x": np.ones((2, 3), "f4")}, {"x": ("batch", "channel")})
NET = """
import os, torch
{top}
class Net(torch.nn.Module):
    def forward(self, x):
        return {gives}
def build():
    return Net()
"""


@pytest.fixture(scope="module")
def nursery():
    with Nursery() as kept:
        yield kept


def spec(folder, gives, top="", **options):
    folder.mkdir(exist_ok=True)
    (folder / "net.py").write_text(NET.format(gives=gives, top=top))
    return SideSpec("torch", "net:build", folder, **options)


def first(nursery, side):
    with launch("candidate", side, 120, nursery) as worker:
        worker.outline(PROBE)
        (array,) = worker.run(PROBE).outputs.values()
        return float(array[0, 0])


def test_two_modules_of_one_name_are_two(tmp_path, nursery):
    top = "torch.set_default_dtype(torch.float64)"
    assert first(nursery, spec(tmp_path / "one", "x * 2", top)) == 2
    other = spec(tmp_path / "two", "x * 3 + torch.zeros(1).element_size()")
    assert first(nursery, other) == 3 + 4, "what the first one set reached the second"


def test_several_at_once_are_processes_of_one_parent(tmp_path, nursery):
    sides = [spec(tmp_path / f"{at}", f"x * {at} + os.getppid() * 0 + os.getpid() * 0") for at in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda side: first(nursery, side), sides)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("body", "told"),
    [("os.abort()", "killed by SIGABRT"), ("os._exit(7)", "exited with code 7")],
)
def test_how_a_fork_ended_is_told(tmp_path, nursery, body, told):
    side = spec(tmp_path, f"print('the last words', flush=True) or {body}")
    with launch("candidate", side, 120, nursery) as worker, pytest.raises(SideFailed, match=told) as caught:
        worker.outline(PROBE)
    assert "the last words" in str(caught.value)
    assert first(nursery, spec(tmp_path / "after", "x * 5")) == 5, "the end of one was the end of all"


def test_a_side_has_the_environment_of_its_own(tmp_path, nursery):
    gives = "x * int(os.environ.get('WIDTH', 1))"
    widths = [first(nursery, spec(tmp_path, gives, environment={"WIDTH": each} if each else {})) for each in ("", "7")]
    assert widths == [1, 7]


def test_nothing_runs_on_behind_the_nursery(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Nursery() as nursery:
        living = launch("candidate", spec(tmp_path / "one", "x"), 120, nursery)
        worker = living.__enter__()
        worker.outline(PROBE)
        pid = worker.process
        os.kill(pid, 0)
    with pytest.raises(SideFailed, match=signal.SIGKILL.name):
        worker.run(PROBE)
    living.__exit__(None, None, None)
    # Its parent is gone, and whoever has it now has reaped it or will: it runs no more.
    state = open(f"/proc/{pid}/stat").read().split()[2] if os.path.exists(f"/proc/{pid}/stat") else "X"  # noqa: PTH110, PTH123, SIM115
    assert state in "XZ"


def test_an_interpreter_that_cannot_run_is_told_as_it_is_without_a_nursery(tmp_path, nursery):
    side = spec(tmp_path, "x", python="/nowhere/python")
    with pytest.raises(SideFailed, match="/nowhere/python cannot be run: No such file"):
        first(nursery, side)


def test_a_warm_process_that_is_killed_is_told_as_the_end_of_its_forks(tmp_path):
    side = spec(tmp_path / "one", "os.kill(os.getppid(), 9) or os._exit(3)")
    with Nursery() as nursery, launch("candidate", side, 120, nursery) as worker:
        with pytest.raises(SideFailed, match="its process was killed by SIGKILL"):
            worker.outline(PROBE)
        with pytest.raises(SideFailed, match="cannot be run"):
            first(nursery, side)
