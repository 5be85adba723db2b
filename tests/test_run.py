"""Runs: float64 twins that are the same network, the fallback where there is none, and each layer seen alone."""

import itertools

import keras
import numpy as np
import pytest
import torch  # before Keras, which brings TensorFlow
from torch import nn
from torch.nn import functional as F

import parity
from parity.errors import NoTwin
from parity.nouns import Probe
from parity.pairing.match import match
from parity.port import port
from parity.probes import for_candidate, probe_inputs, probe_weights
from parity.run import SHAKES, Sides, in_turn, run
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide

SIZE = (12, 9, 3)
IMAGE = parity.Input("x", SIZE, ("height", "width", "channel"), ("channel", "height", "width"))
PROBE = probe_inputs([IMAGE], 3, 0)
TURNED = for_candidate(PROBE, [IMAGE])


# -- float64 twins -----------------------------------------------------------------------------------------


def keras_functional():
    x = keras.Input(SIZE)
    y = keras.layers.Conv2D(4, 3, activation="relu")(x)
    y = keras.layers.BatchNormalization()(y)
    return keras.Model(x, [keras.layers.Flatten()(keras.ops.tanh(y)), y * 3.0])


def keras_sequential():
    return keras.Sequential([keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(5)])


def keras_nested():
    inner = keras.Sequential([keras.Input((10, 7, 4)), keras.layers.Conv2D(4, 3, padding="same"), keras.layers.ReLU()])
    return keras.Sequential([keras.Input(SIZE), keras.layers.Conv2D(4, 3), inner, keras.layers.BatchNormalization()])


class Subclassed(keras.Model):
    def __init__(self, **more):
        super().__init__(**more)
        self.late, self.early = keras.layers.Dense(5), keras.layers.Dense(5)

    def call(self, x):
        return keras.ops.softmax(self.late(keras.ops.relu(self.early(x)))) * 2


class OwnLayer(keras.layers.Layer):
    def __init__(self, wide, **more):
        super().__init__(**more)
        self.wide = wide

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.wide), name="kernel")

    def call(self, x):
        return x @ self.kernel

    def get_config(self):
        return super().get_config() | {"wide": self.wide}


def keras_own_layer():
    return keras.Sequential([keras.Input(SIZE), OwnLayer(5), keras.layers.ReLU()])


def keras_lambda():
    return keras.Sequential([keras.Input(SIZE), keras.layers.Conv2D(4, 3), keras.layers.Lambda(lambda x: x * 2.0)])


def keras_own_activations():
    first, second = (lambda x: keras.ops.tanh(x) * 2.0), (lambda x: keras.ops.gelu(x) + x)
    return keras.Sequential(
        [keras.Input(SIZE), keras.layers.Dense(4, activation=first), keras.layers.Dense(4, activation=second)]
    )


class Listed(nn.Module):
    """Keeps its layers in a plain list and in a dict in it, and makes a constant as it runs."""

    def __init__(self):
        super().__init__()
        self.kept = [nn.Conv2d(3, 4, 3), {"norm": nn.BatchNorm2d(4).eval()}]

    def forward(self, x):
        return self.kept[1]["norm"](self.kept[0](x)) * torch.linspace(0.1, 0.7, 7)


class TorchPlain(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(280, 5)

    def forward(self, x):
        y = F.gelu(self.norm(self.conv(x)))
        return torch.softmax(self.head(y.flatten(1)), -1), y


SIDES = {
    "keras functional": (KerasSide, keras_functional),
    "keras sequential": (KerasSide, keras_sequential),
    "keras nested": (KerasSide, keras_nested),
    "keras subclassed": (KerasSide, Subclassed),
    "keras own layer": (KerasSide, keras_own_layer),
    "keras layer": (KerasSide, lambda: keras.layers.Conv2D(4, 3)),
    "keras lambda": (KerasSide, keras_lambda),
    "keras own activations": (KerasSide, keras_own_activations),
    "torch module": (TorchSide, TorchPlain),
    "torch sequential": (TorchSide, lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Sigmoid())),
    "torch plain lists": (TorchSide, Listed),
    "torch callable": (TorchSide, lambda: lambda x: torch.tanh(x) * 3),
}


def opened(name, seed=1):
    """A side with probe weights, and the face of the probe that it takes."""
    kind, build = SIDES[name]
    side, probe = kind(build()), PROBE if kind is KerasSide else TURNED
    side.load(probe_weights(side.outline(probe), seed))
    side.calibrate(probe, seed)
    return side, probe


def apart(narrow, wide):
    """The largest distance as a share of the scale."""
    return float(np.abs(narrow - wide).max() / np.abs(wide).max())


@pytest.mark.parametrize("name", SIDES)
def test_a_float64_twin_is_the_same_network_in_float64_throughout(name):
    side, probe = opened(name)
    narrow, wide = side.run(probe), side.run(probe, double=True)
    assert list(narrow.steps) == list(wide.steps)
    assert list(narrow.outputs) == list(wide.outputs)
    for one, other in ((narrow.steps, wide.steps), (narrow.outputs, wide.outputs)):
        for step, array in one.items():
            assert (array.dtype, other[step].dtype) == (np.float32, np.float64), step
            assert apart(array, other[step]) < 1e-5, step
            # A number that was rounded to float32 on the way would be one.
            assert not np.array_equal(other[step], other[step].astype(np.float32)), step


@pytest.mark.parametrize("name", SIDES)
def test_a_twin_takes_the_weights_that_its_side_holds_now_and_leaves_them_alone(name):
    side, probe = opened(name)
    side.run(probe, double=True)
    side.load(probe_weights(side.outline(probe), 2))
    held = {layer: {role: array.copy() for role, array in roles.items()} for layer, roles in side.weights().items()}
    before = side.run(probe)
    wide = side.run(probe, double=True)
    for step, array in side.run(probe).steps.items():
        assert array.tobytes() == before.steps[step].tobytes()
        assert apart(array, wide.steps[step]) < 1e-5
    for layer, roles in side.weights().items():
        for role, array in roles.items():
            assert array.tobytes() == held[layer][role].tobytes()


def test_a_twin_computes_what_numpy_computes_in_float64():
    side = KerasSide(keras.layers.Dense(4))
    probe = Probe("given", {"x": PROBE.arrays["x"][:, 0]}, {"x": ("batch", "width", "channel")})
    side.load(probe_weights(side.outline(probe), 0))
    (held,) = side.weights().values()
    expected = np.einsum("bwi,io->bwo", probe.arrays["x"].astype(np.float64), held["kernel"].astype(np.float64))
    (found,) = side.run(probe, double=True).outputs.values()
    np.testing.assert_allclose(found, expected + held["bias"], rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("sizes", [(23, 5), (24, 9), (3, 4), (1, 1)], ids=str)
def test_a_bilinear_resize_of_a_twin_is_pytorchs_in_float64(sizes):
    side = KerasSide(keras.layers.Resizing(*sizes, interpolation="bilinear"))
    side.outline(PROBE)
    (narrow,), (wide,) = (side.run(PROBE, double=double).outputs.values() for double in (False, True))
    (image,) = TURNED.arrays.values()
    expected = F.interpolate(torch.from_numpy(image).double(), sizes, mode="bilinear").permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(wide, expected, rtol=0, atol=1e-14)
    assert apart(narrow, wide) < 1e-5


class Casting(nn.Module):
    def __init__(self, dtype=torch.float32):
        super().__init__()
        self.conv, self.like = nn.Conv2d(3, 4, 3), torch.zeros(1, dtype=dtype)  # which no twin widens

    def forward(self, x):
        return torch.tanh(self.conv(x)).to(self.like).to(x.dtype)


class Single(nn.Module):
    """It asks for float32, which it computes in anyway."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        y = torch.tanh(self.conv(x).float()).to(torch.float32)
        return y * torch.full((4, 1, 1), 0.5, dtype=torch.float32)


def test_a_cast_to_float32_in_a_network_of_float32_is_none_in_its_twin():
    module = Single()
    side = TorchSide(module)
    side.outline(TURNED)
    wide = side.run(TURNED, double=True).outputs["output"]
    (image,) = TURNED.arrays.values()
    with torch.no_grad():
        kernel, bias = module.conv.weight.double(), module.conv.bias.double()
        expected = torch.tanh(F.conv2d(torch.from_numpy(image).double(), kernel, bias)) * 0.5
    np.testing.assert_allclose(wide, expected.permute(0, 2, 3, 1), rtol=0, atol=1e-15)


def test_a_cast_to_float32_in_a_wider_network_narrows_and_leaves_it_without_a_twin():
    side = TorchSide(Single().double())
    side.outline(TURNED.doubled())
    trace = side.run(TURNED.doubled())
    assert trace.steps["tanh"].dtype == np.float32, "a cast that narrows is made as it is written"
    with pytest.raises(NoTwin, match="float32"):
        side.run(TURNED, double=True)


@pytest.mark.parametrize(
    ("side", "probe"),
    [
        (lambda: TorchSide(Casting()), TURNED),
        (lambda: TorchSide(Casting(torch.float16)), TURNED),
        (lambda: KerasSide(lambda x: x * 2), PROBE),
        (lambda: KerasSide(keras.layers.Conv2D(4, 3, dtype="mixed_bfloat16")), PROBE),
        # TensorFlow works out a bicubic resize in float32, whatever it is given.
        (lambda: KerasSide(keras.layers.UpSampling2D(2, interpolation="bicubic")), PROBE),
    ],
    ids=["torch float32", "torch float16", "keras callable", "keras bfloat16", "keras without a kernel"],
)
def test_a_network_that_does_not_compute_in_float64_has_no_twin_and_says_why(side, probe):
    side = side()
    side.outline(probe)
    with pytest.raises(NoTwin) as refusal:
        side.run(probe, double=True)
    assert str(refusal.value)


# -- the fallback ------------------------------------------------------------------------------------------


def both(reference, candidate, seed=0):
    """Two live sides with ported probe weights, and how their layers answer each other."""
    faces = PROBE, TURNED
    kinds = KerasSide, TorchSide
    if isinstance(reference, nn.Module):
        faces, kinds = faces[::-1], kinds[::-1]
    sides = kinds[0](reference), kinds[1](candidate)
    outlines = [side.outline(face) for side, face in zip(sides, faces, strict=True)]
    matches = match(*outlines)
    sides[0].load(probe_weights(outlines[0], seed))
    sides[0].calibrate(faces[0], seed)
    weights = {
        layer: {role: array.copy() for role, array in roles.items()} for layer, roles in sides[0].weights().items()
    }
    whole = Sides(*sides, (weights, port(weights, matches)), in_turn)
    whole.load(whole.weights)
    return whole, faces, matches


def simple():
    return keras.Sequential([keras.Input(SIZE), keras.layers.Conv2D(4, 3), keras.layers.Activation("tanh")])


def test_with_two_twins_nothing_is_shaken_and_each_layer_is_seen_alone_in_float64():
    runs = run(*both(simple(), nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh())), twins=True)
    assert (runs.shaken, runs.reason) == ((), "")
    assert len(runs.twins[1].isolated) == 2
    assert all(each.dtype == np.float64 for each in runs.twins[1].isolated.values())
    plain = run(*both(simple(), nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh())), twins=False)
    assert (plain.twins, plain.shaken, plain.reason) == (None, (), "")


@pytest.mark.parametrize("caster", ["reference", "candidate"])
def test_without_a_twin_both_sides_are_shaken_by_rounding_and_keep_their_weights(caster):
    pairs = {
        "candidate": lambda: (simple(), Casting()),
        "reference": lambda: (KerasCasting(), nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh())),
    }
    sides, faces, matches = both(*pairs[caster]())
    before = [side.weights() for side in (sides.reference, sides.candidate)]
    before = [{k: {r: a.copy() for r, a in v.items()} for k, v in held.items()} for held in before]
    runs = run(sides, faces, matches, twins=True)
    assert runs.twins is None
    assert runs.reason
    assert len(runs.shaken) == SHAKES
    for plain, moved in zip([(runs.reference, runs.candidate)] * SHAKES, runs.shaken, strict=True):
        for one, other in zip(plain, moved, strict=True):
            for name, array in one.outputs.items():
                distance = apart(other.outputs[name], array.astype(np.float64))
                assert 1e-9 < distance < 1e-5
    assert len({each.tobytes() for _, moved in runs.shaken for each in moved.outputs.values()}) == SHAKES
    assert runs.candidate.isolated
    after = [side.weights() for side in (sides.reference, sides.candidate)]
    for held, kept in zip(after, before, strict=True):
        for layer, roles in held.items():
            for role, array in roles.items():
                assert array.tobytes() == kept[layer][role].tobytes()


class KerasCasting(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = keras.layers.Conv2D(4, 3)

    def call(self, x):
        return keras.ops.tanh(keras.ops.cast(self.conv(x), "float32"))


def test_weights_are_restored_also_where_a_shaken_run_fails():
    sides, faces, matches = both(simple(), Casting())
    count = itertools.count()

    class Failing(TorchSide):
        def run(self, probe, **how):
            if next(count) == 2:  # in float32, alone, and then shaken
                raise RuntimeError("out of memory")
            return super().run(probe, **how)

    sides.candidate.__class__ = Failing
    before = {
        layer: {role: array.copy() for role, array in held.items()} for layer, held in sides.candidate.weights().items()
    }
    with pytest.raises(RuntimeError, match="out of memory"):
        run(sides, faces, matches, twins=True)
    for layer, held in sides.candidate.weights().items():
        for role, array in held.items():
            assert array.tobytes() == before[layer][role].tobytes()


def test_a_pair_without_twins_is_parity_with_a_note_and_its_fault_a_divergence():
    inputs = [IMAGE]
    verdict = parity.check(simple(), Casting(), inputs)
    assert verdict.verdict == "parity", verdict.reasons
    assert "judged in float32" in " ".join(verdict.notes)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_a_candidate_that_loses_digits_on_the_way_is_no_parity_without_its_name(dtype):
    verdict = parity.check(simple(), Casting(dtype), [IMAGE])
    assert verdict.verdict != "parity" or str(dtype).removeprefix("torch.") in " ".join(verdict.notes)


# -- replay: every fault in one run ------------------------------------------------------------------------


class Torch(nn.Module):
    """A network with a place for each fault; `stride` is last, since what stands behind it has another shape."""

    def __init__(self, *faults):
        super().__init__()
        self.faults = faults
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.bn = nn.BatchNorm2d(6, eps=1e-4 if "epsilon" in faults else 1e-3)
        self.left = nn.Conv2d(6, 4, 3)
        self.right = nn.Conv2d(6, 4, 1)
        self.mid = nn.Conv2d(8, 5, 3, padding=1)
        self.fc = nn.Linear(5, 7)
        self.last = nn.Conv2d(7, 4, 3, stride=1 if "stride" in faults else 2)

    def forward(self, x):
        y = self.conv1(x)
        y = self.bn(y if "relu" in self.faults else F.relu(y))
        y = F.leaky_relu(y, 0.125 if "slope" in self.faults else 0.25)
        left = self.left(F.pad(y, (2, 0, 1, 1) if "padding" in self.faults else (1, 1, 1, 1)))
        both = [left, torch.tanh(self.right(y))]
        y = self.mid(torch.cat(both[::-1] if "concat" in self.faults else both, 1))
        y = F.gelu(y, approximate="tanh" if "gelu" in self.faults else "none")
        y = self.fc(y.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.last(y)


def keras_network(*faults):
    layers = keras.layers
    x = keras.Input(SIZE)
    y = layers.Conv2D(6, 3, padding="same", activation=None if "relu" in faults else "relu", name="conv1")(x)
    y = layers.BatchNormalization(epsilon=1e-4 if "epsilon" in faults else 1e-3, name="bn")(y)
    y = layers.LeakyReLU(negative_slope=0.125 if "slope" in faults else 0.25, name="leaky")(y)
    border = ((1, 1), (2, 0)) if "padding" in faults else ((1, 1), (1, 1))
    left = layers.Conv2D(4, 3, name="left")(layers.ZeroPadding2D(border)(y))
    both = [left, layers.Conv2D(4, 1, activation="tanh", name="right")(y)]
    y = layers.Concatenate(name="concat")(both[::-1] if "concat" in faults else both)
    y = layers.Conv2D(5, 3, padding="same", name="mid")(y)
    y = layers.Activation("gelu", name="gelu")(y) if "gelu" not in faults else tanh_gelu(y)
    y = layers.Dense(7, name="fc")(y)
    return keras.Model(x, layers.Conv2D(4, 3, strides=1 if "stride" in faults else 2, name="last")(y))


def tanh_gelu(y):
    return keras.ops.gelu(y, approximate=True)


NAMES = {
    # fault: the row where it begins, as Keras and as PyTorch call it
    "epsilon": ("bn", "bn"),
    "relu": ("conv1/relu", "relu"),
    "slope": ("leaky", "leaky_relu"),
    "padding": ("left", "left"),
    "concat": ("concat", "cat"),
    "gelu": ("gelu", "gelu"),
    "stride": ("last", "last"),
}
PLANTED = [
    (),
    *((each,) for each in NAMES),
    ("epsilon", "stride"),
    ("relu", "concat"),
    ("padding", "slope"),
    ("epsilon", "slope", "padding"),
    ("relu", "padding", "stride"),
    ("gelu", "concat", "epsilon"),
    ("epsilon", "slope", "padding", "concat", "stride"),
    ("relu", "padding", "concat", "gelu", "stride"),
    ("epsilon", "relu", "slope", "padding", "concat", "gelu", "stride"),
]


@pytest.mark.parametrize("faults", PLANTED, ids=lambda faults: "-".join(faults) or "healthy")
def test_every_fault_of_a_pytorch_candidate_is_a_source_and_nothing_else_is(faults):
    verdict = parity.check(keras_network(), Torch(*faults), [IMAGE])
    assert verdict.verdict == ("divergence" if faults else "parity"), verdict.reasons
    assert {row.match.name for row in verdict.layers if row.source} == {NAMES[each][0] for each in faults}


@pytest.mark.parametrize(
    "faults", [each for each in PLANTED if "gelu" not in each], ids=lambda faults: "-".join(faults) or "healthy"
)
def test_every_fault_of_a_keras_candidate_is_a_source_and_nothing_else_is(faults):
    entry = parity.Input("x", (3, 12, 9), ("channel", "height", "width"), ("height", "width", "channel"))
    verdict = parity.check(Torch(), keras_network(*faults), [entry])
    assert verdict.verdict == ("divergence" if faults else "parity"), verdict.reasons
    assert {row.match.name for row in verdict.layers if row.source} == {NAMES[each][1] for each in faults}


def test_a_fault_in_a_layer_is_as_large_alone_as_it_is_and_the_layers_behind_it_make_nothing():
    """The isolated distance of the norm is worked out by hand from the reference's own values."""
    sides, faces, matches = both(keras_network(), Torch("epsilon"))
    runs = run(sides, faces, matches, twins=True)
    reads, held = runs.twins[0].steps["conv1/relu"], sides.weights[0]["bn"]
    mean, variance, gamma, beta = (held[role].astype(np.float64) for role in ("mean", "variance", "gamma", "beta"))
    expected = gamma * (reads - mean) / np.sqrt(variance + 1e-4) + beta
    np.testing.assert_allclose(runs.twins[1].isolated["bn"], expected, rtol=1e-12, atol=1e-12)
    for row in matches:
        if row.reference and row.candidate and not row.carries and row.name != "bn":
            mine = runs.twins[0].steps[row.reference.name]
            assert apart(runs.twins[1].isolated[row.candidate.name], mine) < 1e-13, row.name


# -- values drawn anew -------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["keras", "torch"])
def test_a_weight_behind_a_dead_channel_is_seen_where_what_it_reads_is_drawn_anew(reference):
    """One element of a kernel is off by 1 % where it reads a channel that relu leaves dead on every probe."""
    keras.utils.set_random_seed(0)  # weights with which every channel is dead would show nothing at all
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(5, activation="relu"), keras.layers.Dense(4)])
    module = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4))
    first, second = model.layers
    kernel, bias = first.get_weights()
    bias[2] = -1e3  # what "large" gives stays below this
    first.set_weights([kernel, bias])
    parity.port(model, module, inputs=np.zeros((1, 6), np.float32))

    def verdict():
        pair = (model, module) if reference == "keras" else (module, model)
        return parity.check(*pair, inputs=np.ones((8, 6), np.float32), weights="as-is")

    def touched():
        values = second.get_weights()
        values[0][2, 1] *= 1.01
        second.set_weights(values)

    assert verdict().verdict != "divergence"
    touched()
    found = verdict()
    assert found.verdict == "divergence"
    row = next(row for row in found.layers if row.source)
    assert row.match.kind == "dense" and row.difference.asleep and not row.difference.parts
    assert row.difference.redrawn == pytest.approx(0.01 * abs(module[2].weight[1, 2].item()), rel=2, abs=0)
    assert any("drawn anew" in reason for reason in found.reasons)


def test_what_does_nothing_on_the_values_that_the_network_makes_is_no_fault_on_values_drawn_anew():
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(5, activation="relu"), keras.layers.Dense(4)])
    module = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.ReLU(), nn.Hardtanh(0, 1e9), nn.Linear(5, 4))
    found = parity.check(model, module, inputs=np.ones((8, 6), np.float32))
    assert not [row for row in found.layers if row.difference.asleep]
    assert found.verdict == "parity", found.reasons
