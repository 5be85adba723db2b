"""Steps that are large together are streamed: the numbers are the same, and the memory is that of a few of them."""

import threading
import weakref
from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from torch import nn

import parity
from parity import spool
from parity.case import SideSpec
from parity.nouns import Probe
from parity.probes import probe_inputs
from parity.sides import _tensorflow_run
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide
from parity.spool import mapped
from parity.worker.client import launch

SIZE = (12, 9, 3)
IMAGE = parity.Input("x", SIZE, ("height", "width", "channel"), ("channel", "height", "width"))
PROBE = probe_inputs([IMAGE], 3, 0)
STATUS = Path("/proc/self/status")


# -- PyTorch: nothing of a pass lives longer than in a plain one ---------------------------------------------


class Deep(nn.Module):
    """Counts how many of its own values live at the same time."""

    def __init__(self):
        super().__init__()
        self.most = 0

    def forward(self, x):
        values = []
        for _ in range(8):
            x = torch.tanh(x)
            values.append(weakref.ref(x))
            self.most = max(self.most, sum(value() is not None for value in values))
        return x


@pytest.mark.parametrize("replayed", ["nothing", "every layer", "layers of other shapes", "the first one"])
def test_a_watched_pass_lets_go_of_each_tensor_as_a_plain_one_does(replayed):
    module = Deep()
    side = TorchSide(module)
    side.outline(PROBE)
    steps = side.run(PROBE).steps
    given = {
        "nothing": None,
        "every layer": dict(steps),
        "layers of other shapes": {name: np.ones(5) for name in steps},
        "the first one": {next(iter(steps)): next(iter(steps.values()))},
    }[replayed]
    module.most = 0
    side.run(PROBE, given=given)
    watched, module.most = module.most, 0
    module(torch.from_numpy(PROBE.arrays["x"]))
    assert watched == module.most


class Fresh(nn.Module):
    """Makes a constant of its own again and again, where a value has died a moment ago."""

    def forward(self, x):
        self.values, self.constants = [], []
        for _ in range(30):
            x = torch.tanh(x)
            self.values.append(id(x))
            x = x * 0.5
            constant = torch.ones(3)
            self.constants.append(id(constant))
            x = x + constant
            self.values.append(id(x))
        return x


def test_a_constant_that_has_the_id_of_a_value_that_died_is_not_taken_for_it():
    module = Fresh()
    outline = TorchSide(module).outline(PROBE)
    assert set(module.values) & set(module.constants), "no id was given again, and this test shows nothing"
    assert len(outline.layers) == 90
    names = ["input:x", *(layer.name for layer in outline.layers)]
    assert [layer.inputs for layer in outline.layers] == [(name,) for name in names[:-1]]


# -- Keras: a graph is fetched in parts ------------------------------------------------------------------------


class States(keras.Model):
    """What reads the second output of a layer, and of an op, that stand in another part."""

    def __init__(self):
        super().__init__()
        self.lstm = keras.layers.LSTM(4, return_sequences=True, return_state=True)
        self.dense = keras.layers.Dense(4)

    def call(self, x):
        rows = keras.ops.reshape(x, (-1, 12, 27))
        whole, last, cell = self.lstm(rows)
        left, right = keras.ops.split(self.dense(whole), 2, axis=-1)
        return {"x": x, "cell": keras.ops.tanh(cell) * last, "right": keras.ops.exp(right), "left": left + 1.0}


def residual():
    x = keras.Input(SIZE)
    y = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    z = keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3, padding="same")(y))
    return keras.Model(x, keras.layers.Flatten()(keras.layers.Add()([y, z])))


@pytest.mark.parametrize("build", [States, residual, lambda: keras.layers.Flatten(), lambda: lambda x: x])
def test_a_graph_that_is_fetched_in_parts_gives_what_it_gives_at_once(build, monkeypatch):
    model = build()
    whole, parts = KerasSide(model), KerasSide(model)
    for side in (whole, parts):
        side.outline(PROBE)
    expected = whole.run(PROBE)
    given = {name: array * 0.5 for name, array in expected.steps.items()}
    expected = whole.run(PROBE, given=given)
    monkeypatch.setattr(_tensorflow_run, "AT_ONCE", 1)
    monkeypatch.setattr(spool, "ROOM", 0)
    found = parts.run(PROBE, given=given)
    for one, other in zip(vars(expected).values(), vars(found).values(), strict=True):
        assert list(one) == list(other)
        for name in one:
            assert one[name].tobytes() == other[name].tobytes(), name
    assert len(found.isolated) == len(found.steps)
    assert all(mapped(array) is not None for array in found.steps.values() if array.size)


def test_a_part_of_a_graph_computes_nothing_that_an_earlier_one_gave(monkeypatch):
    monkeypatch.setattr(_tensorflow_run, "AT_ONCE", 1)
    side = KerasSide(residual())
    side.outline(PROBE)
    side.run(PROBE)
    graph = side.traced(PROBE)
    parts = [(key[0], function) for key, (function, *_) in graph._runner._cut.items()]
    whole = [wanted for wanted, function in parts if function.graph is graph._runner.graph]
    assert whole == [parts[0][0]] and len(parts) > 2  # the first needs nothing earlier, and runs what it needs
    for wanted, function in parts[1:]:
        kernels = [each.type for each in function.graph.get_operations() if each.type in ("Conv2D", "AddV2")]
        assert len(kernels) <= 2, (wanted, kernels)  # a convolution and its bias


# -- a whole check ---------------------------------------------------------------------------------------------


class Torch(nn.Module):
    """The same as `residual`, with a padding of its own where it is faulty."""

    def __init__(self, slip=0.0):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4, eps=1e-3 + slip)

    def forward(self, x):
        y = torch.relu(self.first(x))
        return (y + self.norm(self.second(y))).permute(0, 2, 3, 1).flatten(1)


@pytest.mark.parametrize(("slip", "verdict"), [(0.0, "parity"), (1e-4, "divergence")])
def test_a_check_whose_steps_are_all_on_the_disk_says_the_same(slip, verdict, monkeypatch):
    model, module = residual(), Torch(slip)
    documents = []
    for _ in range(2):
        found = parity.check(model, module, [IMAGE])
        assert found.verdict == verdict, found.reasons
        documents.append({row.match.name: row.difference for row in found.layers})
        monkeypatch.setattr(_tensorflow_run, "AT_ONCE", 1)
        monkeypatch.setattr(spool, "ROOM", 0)
    assert documents[0] == documents[1]


# -- memory ----------------------------------------------------------------------------------------------------

WIDE = 2**22
"""Elements of an activation of 16 MiB; twenty of them, each twice, are 640 MiB."""
NETWORKS = {
    "torch": """
import torch
class Net(torch.nn.Module):
    def forward(self, x):
        for _ in range(20):
            x = torch.tanh(x)
        return x[:, :2]
build = Net
""",
    "keras": f"""
import keras
def build():
    x = y = keras.Input(({WIDE // 2},))
    for _ in range(20):
        y = keras.ops.tanh(y)
    return keras.Model(x, y[:, :2])
""",
}


@pytest.mark.skipif(not STATUS.exists(), reason="memory is told by /proc")
@pytest.mark.parametrize("framework", NETWORKS)
def test_a_replay_takes_the_memory_of_a_few_activations_and_not_of_all_of_them(framework, tmp_path):
    (tmp_path / "net.py").write_text(NETWORKS[framework])
    probe = Probe("given", {"x": np.linspace(-1, 1, WIDE, dtype="f4").reshape(2, -1)}, {"x": ("batch", "channel")})
    with launch("candidate", SideSpec(framework, "net:build", tmp_path), timeout=300) as worker:
        worker.outline(probe)
        worker.outputs(probe)
        before, peaks, done = anonymous(worker.process), [], threading.Event()

        def watch():
            while not done.wait(0.002):
                peaks.append(anonymous(worker.process) - before)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            trace = worker.run(probe)
            again = worker.run(probe, given=trace.steps)
        finally:
            done.set()
            watcher.join()
    assert len(again.isolated) >= 20
    for name, step in trace.steps.items():
        assert np.array_equal(again.isolated[name], step), name
    assert sum(mapped(step) is not None for step in again.isolated.values()) >= 18
    assert max(peaks) < 3 * WIDE * 4 + 200e6


def anonymous(process):
    """Bytes of a process that are in no file."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))
