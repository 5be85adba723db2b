import gc
import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Name each test's group in its id, by which whoever deals out the tests knows it.

    pytest-xdist does so itself, in an attribute that pytest does not look at any more since 9.2: without this, tests
    that share what is dear to make are dealt out one by one, and each worker makes it again.
    """
    if config.getoption("loadgroup", False) and hasattr(pytest.Item, "_id"):
        for item in items:
            if mark := item.get_closest_marker("xdist_group"):
                item._id = type(item._id).parse(f"{item.nodeid}@{mark.args[0]}")


def pytest_collection_finish():
    """The frameworks are imported and stay: to look through all that they hold, time and again, costs minutes."""
    gc.collect()
    gc.freeze()


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
