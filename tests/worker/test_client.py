"""A side in a process of its own: it answers again and again, and however it ends, the end is told and cleared."""

import os
import re
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parity.case import SideSpec
from parity.errors import SideFailed, UsageError
from parity.nouns import Probe
from parity.worker.client import Worker, launch, launched

LONG = 50_000
PROBE = Probe("given", {"x": np.linspace(-1, 1, 2 * LONG, dtype="f4").reshape(2, LONG)}, {"x": ("batch", "channel")})


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Where the workers of this test put their files."""
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def spec(folder: Path, body: str, top: str = "", python: str | None = None) -> SideSpec:
    """A torch side whose network has this `forward`, in a module that first runs `top`."""
    lines = body.strip().splitlines()
    text = "\n".join(
        [
            "import os, signal, sys, time, torch",
            top,
            "class Net(torch.nn.Module):",
            "    calls = 0",
            "    def forward(self, x):",
            "        self.calls += 1",
            *(f"        {line}" for line in lines),
            "def build(**arguments):",
            "    return Net()",
        ]
    )
    (folder / "net.py").write_text(text)
    return SideSpec("torch", "net:build", folder, python=python)


def test_a_side_has_the_environment_of_its_own_above_all_others(tmp_path, files, monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.setenv("HEADS", "2")
    source = 'return x * float(os.environ["HEADS"]), x * len(os.environ["OMP_WAIT_POLICY"])'
    own = replace(spec(tmp_path, source), environment={"HEADS": "7"})
    with launch("candidate", own, timeout=120) as worker:
        worker.outline(PROBE)
        first, second = worker.outputs(PROBE).values()
    assert np.array_equal(first, 7 * PROBE.arrays["x"])
    assert np.array_equal(second, len("ACTIVE") * PROBE.arrays["x"])


def test_one_process_answers_many_requests_and_leaves_nothing_behind(tmp_path, files, capfd):
    source = 'print("noise"); print("noise", file=sys.stderr)\nreturn x * 2, x * 0 + os.getpid(), x * 0 + self.calls'
    with launch("candidate", spec(tmp_path, source, python=sys.executable), timeout=120) as worker:
        outline = worker.outline(PROBE)
        runs = [worker.run(PROBE) for _ in range(2)]
        assert worker.weights() == {}
        worker.load({})
        (folder,) = files.iterdir()
        assert {path.name for path in folder.iterdir()} == {"log"}, "a mapped file outlived its message"
    assert outline.inputs == ("x",)
    doubled, process, calls = zip(*(run.outputs.values() for run in runs), strict=True)
    assert all(np.array_equal(each, PROBE.arrays["x"] * 2) for each in doubled)
    assert {int(each[0, 0]) for each in process} != {os.getpid()}
    assert process[0][0, 0] == process[1][0, 0]
    assert [int(each[0, 0]) for each in calls] == [2, 3]
    assert not list(files.iterdir())
    with pytest.raises(ProcessLookupError):
        os.kill(int(process[0][0, 0]), 0)
    assert capfd.readouterr() == ("", "")


def test_a_side_has_all_threads_while_it_runs_alone_and_half_of_them_beside_another_one(tmp_path, warm):
    source = spec(tmp_path, "return x[:, :1] * 0 + torch.get_num_threads()", "torch.set_num_threads(4)")

    def threads(outputs):
        (array,) = outputs.values()
        return int(array[0, 0])

    with launched(source, source, 120, warm) as (one, other, both):
        both(lambda: one.outline(PROBE), lambda: other.outline(PROBE))
        assert threads(one.outputs(PROBE)) == 4
        assert [threads(each) for each in both(lambda: one.outputs(PROBE), lambda: other.outputs(PROBE))] == [2, 2]
        assert threads(other.outputs(PROBE)) == 4


def test_arrays_that_came_from_a_worker_outlive_it_and_may_be_changed(tmp_path, warm):
    with launch("candidate", spec(tmp_path, "return x + 1"), 120, warm) as worker:
        worker.outline(PROBE)
        (array,) = worker.run(PROBE).outputs.values()
    array[0, 0] = 7
    np.testing.assert_array_equal(array[1], PROBE.arrays["x"][1] + np.float32(1))


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("os._exit(7)", "code 7"),
    ],
)
def test_a_process_that_ends_in_the_middle_is_told_with_its_last_words(tmp_path, files, ending, reason):
    source = f'if self.calls == 2:\n    [print("line", i, flush=True) for i in range(40)]\n    {ending}\nreturn x + 1'
    with launch("candidate", spec(tmp_path, source), timeout=120) as worker:
        worker.outline(PROBE)
        with pytest.raises(SideFailed) as caught:
            worker.run(PROBE)
        failure = caught.value
        assert (failure.side, failure.doing) == ("candidate", "running its network")
        assert reason in failure.reason
        told = failure.details.splitlines()
        assert told[-1] == "line 39"
        assert 2 <= len(told) <= 10
        assert failure.exit_code == 4
        with pytest.raises(SideFailed, match=reason):
            worker.run(PROBE)  # and a second question is answered in the same way, not with a broken pipe
    assert not list(files.iterdir())


def test_a_side_that_is_late_is_stopped(tmp_path, files):
    marker = tmp_path / "survived"
    source = spec(tmp_path, "return x", f"time.sleep(3600); open({str(marker)!r}, 'w')")
    with launch("reference", source, timeout=0.3) as worker:
        with pytest.raises(SideFailed) as caught:
            worker.outline(PROBE)
        assert re.fullmatch(
            r"the reference failed while building its network: no answer within 0.3 s \(--timeout\)", str(caught.value)
        )
    assert not list(files.iterdir())
    assert not marker.exists()


def test_a_worker_that_was_never_asked_anything_is_closed_while_it_still_builds(tmp_path, files):
    with launch("reference", spec(tmp_path, "return x", "time.sleep(3600)"), timeout=60):
        pass
    assert not list(files.iterdir())


def test_files_are_removed_where_the_caller_raises(tmp_path, files):
    with pytest.raises(ZeroDivisionError), launch("reference", spec(tmp_path, "return x"), timeout=60):
        raise ZeroDivisionError
    assert not list(files.iterdir())


@pytest.mark.parametrize("python", ["/nowhere/bin/python", "no-such-python", os.sep])
def test_an_interpreter_that_cannot_be_run_is_told_and_leaves_no_files(tmp_path, files, python):
    with pytest.raises(SideFailed) as caught:
        Worker("reference", SideSpec("torch", "net:build", tmp_path, python=python), timeout=60)
    assert caught.value.side == "reference"
    assert python in caught.value.reason
    assert "\n" not in str(caught.value)
    assert not list(files.iterdir())


def test_a_program_that_is_no_interpreter_is_told_and_leaves_no_files(tmp_path, files):
    """Whether it has ended already when the first request is sent or ends behind that."""
    source = SideSpec("torch", "net:build", tmp_path, python=shutil.which("true"))
    with (
        pytest.raises(SideFailed, match="while building its network: its process exited with code 0"),
        launch("reference", source, timeout=60) as worker,
    ):
        worker.outline(PROBE)
    assert not list(files.iterdir())


def test_an_interpreter_without_the_framework_is_told_what_to_install(tmp_path):
    """An environment with numpy, einops and nothing else: the interpreter needs neither parity nor its friends."""
    environment = tmp_path / "other"
    packages = environment / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    packages.mkdir(parents=True)
    (environment / "bin").mkdir()
    (environment / "bin" / "python").symlink_to(os.path.realpath(sys.executable))
    (environment / "pyvenv.cfg").write_text(f"home = {Path(os.path.realpath(sys.executable)).parent}\n")
    for package in (np, __import__("einops")):
        home = Path(package.__file__).parent
        (packages / home.name).symlink_to(home)
        if (libraries := home.with_name(f"{home.name}.libs")).exists():
            (packages / libraries.name).symlink_to(libraries)
    source = SideSpec("torch", "net:build", tmp_path, python=str(environment / "bin" / "python"))
    with launch("reference", source, timeout=60) as worker, pytest.raises(SideFailed) as caught:
        worker.outline(PROBE)
    assert "torch is not installed" in str(caught.value)
    assert "pip install 'parity[torch]'" in str(caught.value)


def test_what_the_user_set_in_the_environment_is_kept_and_the_frameworks_are_quiet(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5")
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    top = 'raise RuntimeError([os.environ.get(n) for n in ("CUDA_VISIBLE_DEVICES", "TF_CPP_MIN_LOG_LEVEL")])'
    with (
        launch("candidate", spec(tmp_path, "return x", top), timeout=120) as worker,
        pytest.raises(SideFailed, match=re.escape("['5', '3']")),
    ):
        worker.outline(PROBE)


def test_a_file_of_the_users_that_does_not_do_is_wrong_usage_and_the_process_lives_on(tmp_path, warm):
    file = tmp_path / "x.pt"
    file.write_bytes(b"no file of PyTorch")
    with launch("reference", spec(tmp_path, "return x"), 120, warm) as worker:
        worker.outline(PROBE)
        with pytest.raises(UsageError, match=r"x\.pt: cannot be read as a PyTorch state_dict"):
            worker.read(file)
        with pytest.raises(UsageError, match=r"y\.h5: PyTorch weights are not written to \.h5"):
            worker.save(tmp_path / "y.h5")
        worker.save(tmp_path / "y.pt")
        worker.read(tmp_path / "y.pt")
    assert {path.name for path in tmp_path.iterdir() if path.suffix in (".pt", ".h5")} == {"x.pt", "y.pt"}


def test_a_file_at_which_the_process_dies_is_wrong_usage_too(tmp_path, warm):
    """A library in C may crash on a damaged file; what stands for it here is a hook of the network's own."""
    top = "def die(*_, **__): os.kill(os.getpid(), signal.SIGSEGV)"
    source = spec(tmp_path, "return x", top)
    net = tmp_path / "net.py"
    net.write_text(net.read_text().replace("return Net()", "net = Net(); net.load_state_dict = die; return net"))
    with launch("reference", source, 120, warm) as worker:
        worker.outline(PROBE)
        (tmp_path / "y.pt").write_bytes(b"")
        worker.save(tmp_path / "y.pt")
        with pytest.raises(UsageError, match=r"y\.pt: cannot be read: its process was killed by SIGSEGV"):
            worker.read(tmp_path / "y.pt")
