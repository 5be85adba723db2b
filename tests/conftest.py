import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def warm():
    """Where the processes of sides come from in most tests: forked, since to start each anew costs seconds."""
    from parity.worker.process import Nursery

    with Nursery() as nursery:
        yield nursery


@pytest.fixture
def options(warm):
    """How most tests check a case."""
    from parity.line import Options

    return Options(onnx=False, spawner=warm)


@pytest.fixture
def warmly(warm, monkeypatch):
    """Commands that run in this process take the processes of their sides from there too."""
    from functools import partial

    from parity import line

    monkeypatch.setattr(line, "Options", partial(line.Options, spawner=warm))
