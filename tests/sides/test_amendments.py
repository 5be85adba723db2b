"""Amendments: the same laws in both frameworks. Each field changes what it says, as a network built that way shows."""

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
import pytest
from torch import nn
from torch.nn import functional as F

from parity.errors import NoAmendment
from parity.nouns import Amendment, Move, Probe
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide

RANDOM = np.random.default_rng(11)
MAP = RANDOM.normal(size=(2, 9, 7, 3))
AXES = ("batch", "height", "width", "channel")
NAMES = {"keras": {"bare": "relu", "input": "input:x"}, "torch": {"bare": "relu", "input": "input:x", "join": "cat"}}
"""What each framework calls a layer of the network below, where that is not its own name."""


def named(framework, layer):
    return NAMES[framework].get(layer, layer)


class Port(nn.Module):
    """A small network with layers and bare functions; the arguments build it otherwise."""

    def __init__(self, eps=1e-5, act=True, bare="plain", crossed=False, behind=False, extra=None, inplace=False):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.bn = nn.BatchNorm2d(5, eps=eps)
        self.act = nn.ReLU(inplace=inplace)
        self.pool = nn.AvgPool2d(2)
        self.dense = nn.Linear(10, 4)
        self.on, self.bare, self.crossed, self.behind, self.extra = act, bare, crossed, behind, extra or {}

    def _extra(self, name, x):
        return self.extra[name](x) if name in self.extra else x

    def forward(self, x):
        x = self._extra("input", x)
        y = self._extra("bn", self.bn(self.conv(x)))
        if self.behind:
            y = self.act(self.pool(y))
        else:
            y = self.act(y) if self.on else y
            y = self.pool(y)
        z = {"plain": F.relu, "none": lambda y: y, "in place": ignoring(F.relu_)}[self.bare](y - 0.3)
        y = y * 1.5
        joined = torch.cat([z, y] if self.crossed else [y, z], 1)
        return self.dense(torch.mean(joined, (2, 3)))


def ignoring(function):
    """A call in place whose result the network does not look at."""

    def call(x):
        function(x)
        return x

    return call


def network(eps=1e-5, act=True, bare="plain", crossed=False, behind=False, extra=None):
    """The same in Keras, with bare functions of keras.ops."""
    extra = extra or {}
    layers = keras.layers

    def with_extra(name, x):
        return extra[name](x) if name in extra else x

    given = keras.Input((9, 7, 3), name="x")
    y = layers.Conv2D(5, 3, name="conv")(with_extra("input", given))
    y = with_extra("bn", layers.BatchNormalization(epsilon=eps, name="bn")(y))
    relu, pool = layers.ReLU(name="act"), layers.AveragePooling2D(2, name="pool")
    y = relu(pool(y)) if behind else pool(relu(y) if act else y)
    z = y - 0.3
    z = keras.ops.relu(z) if bare == "plain" else z
    y = y * 1.5
    joined = layers.Concatenate(name="join")([z, y] if crossed else [y, z])
    return keras.Model(given, layers.Dense(4, name="dense")(keras.ops.mean(joined, axis=(1, 2))))


def dressed(side):
    """Give a side the weights and statistics that all networks here have."""
    random = np.random.default_rng(5)
    drawn = {}
    for layer, roles in sorted(side.weights().items()):
        for role, array in sorted(roles.items()):
            drawn.setdefault(layer, {})[role] = (random.random(array.shape) + 0.2).astype(array.dtype)
            if role in ("kernel", "bias"):
                drawn[layer][role] -= 0.7
    side.load(drawn)
    return side


def built(framework, **words):
    if framework == "torch":
        side, probe = TorchSide(Port(**words)), probed(np.moveaxis(MAP, 3, 1), (AXES[0], AXES[3], *AXES[1:3]))
    else:
        words.pop("inplace", None)
        side, probe = KerasSide(network(**words)), probed(MAP, AXES)
    side.outline(probe)
    return dressed(side), probe


def probed(array, axes):
    return Probe("drawn", {"x": np.ascontiguousarray(array, np.float32)}, {"x": axes})


def amend(framework, layer, **words):
    if "behind" in words:
        words["behind"] = named(framework, words["behind"])
    return Amendment(named(framework, layer), **words)


def native(framework, order):
    """An order of the axes batch, height, width, channel, told of the framework's own."""
    return order if framework == "keras" else [[0, 2, 3, 1].index(each) for each in order]


def near(one, other, double):
    return one.shape == other.shape and np.allclose(one, other, rtol=0, atol=1e-12 if double else 1e-5)


def same_network(framework, amendments, double, *, plain=None, **words):
    """An amended network gives in every layer what the one that is built that way gives; then it is as before."""
    side, probe = built(framework, **(plain or {}))
    other, _ = built(framework, **words)
    before, wanted = side.run(probe, double=double), other.run(probe, double=double)
    found = side.run(probe, double=double, amendments=amendments)
    assert all(near(found.outputs[name], wanted.outputs[name], double) for name in wanted.outputs)
    assert not near(found.outputs["output"], before.outputs["output"], double)
    assert found.steps.keys() == before.steps.keys()
    unchanged(side, probe, double, before)
    return before, found, wanted


def unchanged(side, probe, double, before):
    again = side.run(probe, double=double)
    for name, array in before.steps.items():
        assert np.array_equal(again.steps[name], array), name
    assert all(np.array_equal(again.outputs[name], array) for name, array in before.outputs.items())


both = pytest.mark.parametrize("framework", ["keras", "torch"])
wide = pytest.mark.parametrize("double", [False, True], ids=["float32", "float64"])


@both
@wide
def test_other_words(framework, double):
    name = {"keras": "epsilon", "torch": "eps"}[framework]
    amendment = amend(framework, "bn", words={name: 0.5})
    before, found, wanted = same_network(framework, [amendment], double, eps=0.5)
    assert all(near(found.steps[each], wanted.steps[each], double) for each in wanted.steps)
    assert np.array_equal(found.steps["conv"], before.steps["conv"])


@both
@wide
def test_a_layer_that_is_left_out(framework, double):
    _, found, _ = same_network(framework, [amend(framework, "act", instead=())], double, act=False)
    assert np.array_equal(found.steps["act"], found.steps["bn"])


@both
@wide
def test_a_bare_function_that_is_left_out(framework, double):
    same_network(framework, [amend(framework, "bare", instead=())], double, bare="none")


@both
@wide
def test_something_instead_of_a_layer_or_a_bare_function(framework, double):
    side, probe = built(framework)
    amendments = [amend(framework, each, instead=(Move("tanh"),)) for each in ("act", "bare")]
    found = side.run(probe, double=double, amendments=amendments)
    assert near(found.steps["act"], np.tanh(found.steps["bn"]), double)
    assert near(found.steps["relu"], np.tanh(found.steps["sub"]), double)


@both
@wide
def test_operands_in_another_order(framework, double):
    same_network(framework, [amend(framework, "join", operands=(1, 0))], double, crossed=True)


@both
@wide
def test_a_call_behind_another(framework, double):
    same_network(framework, [amend(framework, "act", behind="pool")], double, behind=True)


@both
@wide
@pytest.mark.parametrize("layer", ["act", "bare"])
def test_before_and_after_and_then(framework, double, layer):
    side, probe = built(framework)
    name = named(framework, layer)
    read, behind = {"act": ("bn", "pool"), "bare": ("sub", named(framework, "join"))}[layer]
    half, shift = Move("scale", {"factor": 0.5, "offset": 0.1}), Move("scale", {"offset": -0.2})
    given = side.run(probe, double=double).steps
    amendment = amend(framework, layer, before=(half,), after=(shift,), then=(half, half))
    found = side.run(probe, double=double, given=given, amendments=[amendment])

    def own(x):
        return np.maximum(x * 0.5 + 0.1, 0) - 0.2

    def handed(x):
        return (x * 0.5 + 0.1) * 0.5 + 0.1

    def read_by(x):
        return pooled(x) if layer == "act" else x

    assert near(found.steps[name], own(found.steps[read]), double)
    assert near(found.isolated[name], own(given[read]), double)
    part = slice(None) if layer == "act" else slice(5, None)
    assert near(found.steps[behind][..., part], read_by(handed(found.steps[name])), double)
    assert near(found.isolated[behind][..., part], read_by(handed(given[name])), double)


def pooled(x):
    return sum(x[:, i:6:2, j:4:2] for i in (0, 1) for j in (0, 1)) / 4


@both
@wide
def test_before_another_operand_than_the_first(framework, double):
    side, probe = built(framework)
    given = side.run(probe, double=double).steps
    join = named(framework, "join")
    shift = Move("scale", {"offset": 0.7})
    found = side.run(probe, double=double, given=given, amendments=[amend(framework, "join", before=(shift,), at=1)])
    assert near(found.steps[join], given[join] + np.repeat([0, 0.7], 5).astype(given[join].dtype), double)
    assert near(found.isolated[join], found.steps[join], double)
    with pytest.raises(NoAmendment, match="has no number 2"):
        side.run(probe, double=double, amendments=[amend(framework, "join", before=(shift,), at=2)])
    with pytest.raises(NoAmendment, match="read by nothing"):
        side.run(probe, double=double, amendments=[amend(framework, "join", instead=(), before=(shift,), at=1)])


@both
@wide
def test_an_array_in_the_place_of_a_step_is_taken_as_it_is(framework, double):
    side, probe = built(framework)
    given = side.run(probe, double=double).steps
    bare = named(framework, "bare")
    array = np.arange(5, dtype=given[bare].dtype).reshape((1, 1, 1, 5) if framework == "keras" else (1, 5, 1, 1))
    found = side.run(probe, double=double, amendments=[amend(framework, "bare", after=(Move("add", {"step": array}),))])
    assert near(found.steps[bare], given[bare] + np.arange(5), double)


@both
@wide
def test_then_is_a_layer_behind(framework, double):
    relu = {"keras": keras.ops.relu, "torch": F.relu}[framework]
    amendment = amend(framework, "bn", then=(Move("tanh"), Move("relu")))
    tanh = {"keras": keras.ops.tanh, "torch": torch.tanh}[framework]
    _, found, wanted = same_network(framework, [amendment], double, extra={"bn": lambda x: relu(tanh(x))})
    assert near(found.steps["bn"], wanted.steps["bn"], double)


@both
@wide
def test_an_input_permuted(framework, double):
    order = native(framework, [0, 1, 2, 3])
    flip = Move("flip", {"axis": order.index(1)})
    turned = {"keras": lambda x: keras.ops.flip(x, 1), "torch": lambda x: torch.flip(x, (2,))}[framework]
    same_network(framework, [amend(framework, "input", then=(flip,))], double, extra={"input": turned})


@both
@wide
def test_a_skip(framework, double):
    side, probe = built(framework)
    given = side.run(probe, double=double).steps
    amendment = amend(framework, "bn", then=(Move("add", {"step": "conv"}),))
    found = side.run(probe, double=double, given=given, amendments=[amendment])
    assert near(found.steps["act"], np.maximum(found.steps["bn"] + found.steps["conv"], 0), double)
    assert near(found.isolated["act"], np.maximum(given["bn"] + given["conv"], 0), double)
    other = {name: array * 1.5 for name, array in given.items()}  # the step that is given, not the network's own
    found = side.run(probe, double=double, given=other, amendments=[amendment])
    assert near(found.isolated["act"], np.maximum(other["bn"] + other["conv"], 0), double)


# -- single calls, each in the way that its framework has of it -----------------------------------------


def one(framework, call, *arrays, axes=None):
    """A side that makes these calls on inputs `a`, `b`, …; its layers lie in the order of the calls."""
    names = "ab"[: len(arrays)]
    kinds = axes or [["batch", *"uvw"][: array.ndim] for array in arrays]
    side = {"keras": KerasSide, "torch": TorchSide}[framework](call)
    wide = {name: array.astype(np.float32) for name, array in zip(names, arrays, strict=True)}
    probe = Probe("drawn", wide, {name: tuple(kind) for name, kind in zip(names, kinds, strict=True)})
    return side, probe, side.outline(probe)


A, B = RANDOM.normal(size=(2, 5, 3)), RANDOM.normal(size=(2, 5, 3))
TWICE = Move("scale", {"factor": 2.0})


@both
def test_one_tensor_that_is_read_twice_is_changed_in_one_place(framework):
    side, probe, _ = one(framework, lambda a: abs(a) + a + a, A)
    name = side.outline(probe).layers[-1].name
    found = side.run(probe, amendments=[Amendment(name, before=(TWICE,))])
    assert near(found.outputs["output"], (2 * (abs(A) + A) + A).astype("float32"), False)
    side, probe, _ = one(framework, lambda a: a + a, A)
    found = side.run(probe, amendments=[Amendment("add", before=(TWICE,))])
    assert near(found.outputs["output"], (3 * A).astype("float32"), False)


@both
def test_the_first_operand_is_the_first_that_the_network_computes(framework):
    constant = {"keras": keras.ops.ones((2, 5, 3)), "torch": torch.ones(2, 5, 3)}[framework]
    side, probe, outline = one(framework, lambda a: constant - a, A)
    name = outline.layers[-1].name
    found = side.run(probe, amendments=[Amendment(name, instead=(TWICE,))])
    assert near(found.outputs["output"], (2 * A).astype("float32"), False)
    found = side.run(probe, amendments=[Amendment(name, before=(TWICE,), after=(TWICE,))])
    assert near(found.outputs["output"], (2 * (1 - 2 * A)).astype("float32"), False)


@both
def test_a_step_may_be_an_input(framework):
    side, probe, _ = one(framework, lambda a, b: abs(a) - b, A, B)
    found = side.run(probe, amendments=[Amendment("abs", after=(Move("add", {"step": "input:b"}),))])
    assert near(found.outputs["output"], abs(A).astype("float32"), False)


@both
def test_operands_and_before_at_once(framework):
    side, probe, _ = one(framework, lambda a, b: a - b, A, B)
    found = side.run(probe, amendments=[Amendment("sub", operands=(1, 0), before=(TWICE,))])
    assert near(found.outputs["output"], (2 * B - A).astype("float32"), False)


@both
def test_a_reduction_that_keeps_its_axes_writes_nothing_into_its_operand(framework):
    mean = {
        "keras": lambda a: keras.ops.mean(a, axis=1, keepdims=True),
        "torch": lambda a: torch.mean(a, 1, keepdim=True),
    }[framework]

    def call(a):
        a = abs(a)
        return mean(a) + a

    side, probe, _ = one(framework, call, A)
    found = side.run(probe, amendments=[Amendment("mean", after=(TWICE,))])
    assert near(found.outputs["output"], (2 * abs(A).mean(1, keepdims=True) + abs(A)).astype("float32"), False)


@both
def test_a_call_with_all_its_fields_behind_another(framework):
    side, probe, _ = one(framework, lambda a: abs(a * 3.0), A)
    shift = Move("scale", {"offset": 1.0})
    amendment = Amendment("mul", before=(shift,), after=(TWICE,), then=(shift,), behind="abs")
    found = side.run(probe, amendments=[amendment])
    assert near(found.steps["mul"], A.astype("float32"), False)
    assert near(found.steps["abs"], abs(A).astype("float32"), False)
    assert near(found.outputs["output"], (2 * (abs(A) + 1) * 3 + 1).astype("float32"), False)


@both
def test_the_axes_are_followed(framework):
    """Flattened in another order of the axes, and handed on in another: the canonical order is that of the names."""
    flatten = {"keras": lambda a: keras.ops.reshape(a, (2, 15)), "torch": lambda a: torch.flatten(a, 1)}[framework]
    side, probe, outline = one(framework, lambda a: flatten(abs(a)) * 2.0, A)
    name = outline.layers[1].name
    turn = Move("transpose", {"order": (0, 2, 1)})
    plain = side.run(probe)
    found = side.run(probe, amendments=[Amendment(name, before=(turn,))])
    assert near(found.steps[name], plain.steps[name], False)  # `u v` as it is, and `v u` brought back
    side, probe, _ = one(framework, lambda a: abs(a), A)
    for words in ({"then": (turn,)}, {"after": (turn,)}):
        found = side.run(probe, amendments=[Amendment("abs", **words)])
        assert near(found.outputs["output"], abs(A).astype("float32"), False)
    found = side.run(probe, amendments=[Amendment("abs", then=(Move("reshape", {"shape": (2, -1)}),))])
    assert found.outputs["output"].shape == (2, 15)
    found = side.run(
        probe, amendments=[Amendment("input:a", then=(Move("pad", {"amounts": ((0, 0), (1, 0), (0, -1))}),))]
    )
    assert found.outputs["output"].shape == (2, 6, 2)


@both
def test_the_first_of_several_results_is_amended(framework):
    def call(a):
        first, second = {"keras": lambda: keras.ops.split(a, [2], 1), "torch": lambda: torch.split(a, [2, 3], 1)}[
            framework
        ]()
        return first, second

    side, probe, outline = one(framework, lambda a: call(abs(a)), A)
    name = outline.layers[-1].name if len(outline.layers) == 2 else outline.layers[1].name
    for words in ({"after": (TWICE,)}, {"then": (TWICE,)}):
        found = side.run(probe, amendments=[Amendment(name, **words)])
        assert near(found.outputs["output.0"], (2 * abs(A[:, :2])).astype("float32"), False)
        assert near(found.outputs["output.1"], abs(A[:, 2:]).astype("float32"), False)


# -- what cannot be done ------------------------------------------------------------------------------------


@both
@wide
@pytest.mark.parametrize(
    ("layer", "words", "said"),
    [
        ("nowhere", {}, "nowhere"),
        ("bn", {"words": {"no_such_word": 1}}, "no_such_word"),
        ("bn", {"words": {"no_such_word": 1}, "instead": ()}, "not called"),
        ("dense", {"before": (Move("pad", {"amounts": ((0, 0), (0, 1))}),)}, "amended, the network raises"),
        ("dense", {"before": (Move("pad", {"amounts": ((0, 1),)}),)}, "pad on"),
        ("bn", {"then": (Move("no_such_move"),)}, "no_such_move"),
        ("bn", {"then": (Move("add", {"step": "dense"}),)}, "dense"),
        ("bn", {"then": (Move("add", {"step": "nowhere"}),)}, "nowhere"),
        ("bn", {"operands": (1, 0)}, "operands"),
        ("pool", {"behind": "bn"}, "behind"),
        ("pool", {"behind": "nowhere"}, "nowhere"),
        ("input:x", {"before": (Move("relu"),)}, "only `then`"),
        ("input:y", {"then": (Move("relu"),)}, "input:y"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(framework, double, layer, words, said):
    side, probe = built(framework)
    before = side.run(probe, double=double)
    with pytest.raises(NoAmendment, match=said) as refusal:
        side.run(probe, double=double, amendments=[Amendment(layer, **words)])
    assert "\n" not in str(refusal.value)
    unchanged(side, probe, double, before)


@both
def test_two_amendments_of_one_layer_are_refused(framework):
    side, probe = built(framework)
    with pytest.raises(NoAmendment, match="twice"):
        side.run(probe, amendments=[Amendment("bn", then=(TWICE,)), Amendment("bn", after=(TWICE,))])


# -- PyTorch in place ---------------------------------------------------------------------------------------


@wide
@pytest.mark.parametrize(
    ("words", "amendment", "wanted"),
    [
        ({"inplace": True}, Amendment("act", instead=()), {"act": False}),
        ({"inplace": True}, Amendment("act", behind="pool"), {"behind": True}),
        ({"bare": "in place"}, Amendment("relu", instead=()), {"bare": "none"}),
    ],
)
def test_a_call_in_place(double, words, amendment, wanted):
    same_network("torch", [amendment], double, plain=words, **wanted)


@wide
@pytest.mark.parametrize("field", ["before", "instead", "after", "then"])
def test_a_call_in_place_whose_result_is_not_looked_at(double, field):
    side, probe = built("torch", bare="in place")
    given = side.run(probe, double=double).steps
    half = Move("scale", {"factor": 0.5, "offset": 0.125})
    found = side.run(probe, double=double, given=given, amendments=[Amendment("relu", **{field: (half,)})])

    def done(x):
        return x * 0.5 + 0.125

    own = {
        "before": lambda x: np.maximum(done(x), 0),
        "instead": done,
        "after": lambda x: done(np.maximum(x, 0)),
        "then": lambda x: np.maximum(x, 0),
    }[field]
    assert near(found.steps["relu"], own(found.steps["sub"]), double)
    assert near(found.isolated["relu"], own(given["sub"]), double)
    handed = done if field == "then" else lambda x: x
    assert near(found.steps["cat"][..., 5:], handed(found.steps["relu"]), double)
    assert near(found.isolated["cat"][..., 5:], handed(given["relu"]), double)


# -- what Keras alone has -----------------------------------------------------------------------------------


def keras_side(build, array, axes):
    given = keras.Input(array.shape[1:], name="x")
    side, probe = KerasSide(keras.Model(given, build(given))), probed(array, axes)
    side.outline(probe)
    return dressed(side), probe


@wide
def test_an_activation_that_a_layer_carries_in_itself(double):
    side, probe = keras_side(lambda x: keras.layers.Conv2D(5, 3, activation="relu", name="conv")(x), MAP, AXES)
    given = side.run(probe, double=double).steps
    shift = Move("scale", {"offset": -0.5})

    def run(*amendments):
        return side.run(probe, double=double, given=given, amendments=amendments)

    found = run(Amendment("conv", after=(TWICE,), then=(shift,)), Amendment("conv/relu", after=(shift,), then=(TWICE,)))
    assert near(found.steps["conv"], 2 * given["conv"], double)
    assert near(found.steps["conv/relu"], np.maximum(found.steps["conv"] - 0.5, 0) - 0.5, double)
    assert near(found.isolated["conv/relu"], np.maximum(given["conv"] - 0.5, 0) - 0.5, double)
    assert near(found.outputs["output"], 2 * found.steps["conv/relu"], double)
    found = run(Amendment("conv/relu", instead=(Move("tanh"),)))
    assert near(found.outputs["output"], np.tanh(given["conv"]), double)
    found = run(Amendment("conv", instead=(Move("pad", {"amounts": ((0, 0), (-1, -1), (-1, -1), (0, 0))}),)))
    assert near(found.outputs["output"], np.maximum(MAP[:, 1:-1, 1:-1].astype("float32"), 0), False)
    with pytest.raises(NoAmendment, match="carries an activation"):
        run(Amendment("conv", behind="conv/relu"))
    with pytest.raises(NoAmendment, match="attributes"):
        run(Amendment("conv/relu", words={"negative_slope": 0.1}))


def gelu_of_its_own(x):
    return keras.ops.gelu(x, approximate=False)


@wide
def test_a_function_of_the_users_that_a_layer_carries_in_itself(double):
    def build(x):
        return keras.layers.Conv2D(5, 3, activation=gelu_of_its_own, name="conv")(x)

    side, probe = keras_side(build, MAP, AXES)
    given = side.run(probe, double=double).steps
    shift = Move("scale", {"offset": -0.5})

    def run(*amendments):
        return side.run(probe, double=double, given=given, amendments=amendments)

    assert list(given) == ["conv", "conv/gelu"]
    found = run(Amendment("conv", after=(TWICE,), then=(shift,)), Amendment("conv/gelu", then=(TWICE,)))
    assert near(found.steps["conv"], 2 * given["conv"], double)
    wanted = torch.nn.functional.gelu(torch.from_numpy(found.steps["conv"] - 0.5)).numpy()
    assert near(found.steps["conv/gelu"], wanted, double)
    assert near(found.outputs["output"], 2 * wanted, double)
    found = run(Amendment("conv/gelu", instead=(Move("tanh"),)))
    assert near(found.outputs["output"], np.tanh(given["conv"]), double)
    found = run(Amendment("conv", instead=(Move("pad", {"amounts": ((0, 0), (-1, -1), (-1, -1), (0, 0))}),)))
    wanted = torch.nn.functional.gelu(torch.from_numpy(MAP[:, 1:-1, 1:-1].astype("float32"))).numpy()
    assert near(found.outputs["output"], wanted, False)
    with pytest.raises(NoAmendment, match="carries an activation"):
        run(Amendment("conv", behind="conv/gelu"))


@wide
@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (lambda **words: keras.layers.Conv2D(5, 3, name="one", **words), {"strides": (2, 2), "padding": "same"}),
        (lambda **words: keras.layers.LeakyReLU(name="one", **words), {"negative_slope": 0.45}),
        (lambda **words: keras.layers.Softmax(name="one", **words), {"axis": 1}),
        (
            lambda **words: keras.layers.MaxPooling2D((2, 2), name="one", **words),
            {"padding": "same", "strides": (1, 2)},
        ),
        (lambda **words: keras.layers.SeparableConv2D(5, 3, name="one", **words), {"padding": "same"}),
        (lambda **words: keras.layers.LayerNormalization(name="one", **words), {"epsilon": 0.5}),
        (lambda **words: keras.layers.UpSampling2D(name="one", **words), {"size": (1, 3)}),
    ],
)
def test_attributes_are_those_of_a_layer_built_so_and_are_put_back(double, layer, words):
    held = layer()
    side, probe = keras_side(held, MAP, AXES)
    other, _ = keras_side(layer(**words), MAP, AXES)
    kept, before = dict(vars(held)), side.run(probe, double=double)
    name = side.outline(probe).layers[0].name
    found, wanted = (
        side.run(probe, double=double, amendments=[Amendment(name, words=words)]),
        other.run(probe, double=double),
    )
    assert near(found.outputs["output"], wanted.outputs["output"], double)
    assert found.steps.keys() == wanted.steps.keys()
    assert vars(held) == kept and all(vars(held)[each] is kept[each] for each in words)
    unchanged(side, probe, double, before)


@wide
def test_the_words_of_a_cell(double):
    def build(**words):
        return lambda x: keras.layers.LSTM(4, name="one", **words)(x)

    side, probe = keras_side(build(), A, ("batch", "time", "channel"))
    other, _ = keras_side(build(recurrent_activation="hard_sigmoid"), A, ("batch", "time", "channel"))
    amendment = Amendment("one", words={"recurrent_activation": "hard_sigmoid"})
    found, wanted = side.run(probe, double=double, amendments=[amendment]), other.run(probe, double=double)
    assert near(found.outputs["output"], wanted.outputs["output"], double)
    found = side.run(probe, double=double, amendments=[Amendment("one", then=(TWICE,))])
    assert near(found.outputs["output"], 2 * found.steps["one"][:, -1], double)


@wide
def test_a_half_of_a_separable_convolution(double):
    side, probe = keras_side(keras.layers.SeparableConv2D(5, 3, name="one"), MAP, AXES)
    given = side.run(probe, double=double)
    shift = Move("scale", {"factor": 2.0})
    for amendment in (Amendment("one/depthwise", before=(shift,)),):
        found = side.run(probe, double=double, amendments=[amendment])
        assert near(found.steps["one/depthwise"], 2 * given.steps["one/depthwise"], double)
    found = side.run(probe, double=double, amendments=[Amendment("one/pointwise", then=(shift,), after=(shift,))])
    assert near(found.steps["one/pointwise"], 2 * given.steps["one/pointwise"], double)
    assert near(found.outputs["output"], 4 * given.outputs["output"], double)
    for amendment in (Amendment("one/depthwise", then=(shift,)), Amendment("one/pointwise", before=(shift,))):
        with pytest.raises(NoAmendment, match="half"):
            side.run(probe, double=double, amendments=[amendment])


@wide
def test_a_product_of_queries_and_keys(double):
    def build(factor):
        def call(x):
            query = keras.layers.Dense(6, name="query")(x)
            query = keras.ops.reshape(query, (-1, 5, 2, 3))
            return keras.ops.dot_product_attention(query * factor, query, query)

        return call

    side, probe = keras_side(build(1.0), A, ("batch", "time", "channel"))
    other, _ = keras_side(build(0.5), A, ("batch", "time", "channel"))
    halved = Amendment("dot_product_attention", before=(Move("scale", {"factor": 0.5}),))
    found, wanted = side.run(probe, double=double, amendments=[halved]), other.run(probe, double=double)
    assert near(found.outputs["output"], wanted.outputs["output"], double)
    with pytest.raises(NoAmendment, match="attributes"):
        side.run(probe, double=double, amendments=[Amendment("dot_product_attention", words={"scale": 1.0})])


def test_the_second_call_of_a_layer_and_a_mask():
    words = np.array([[3, 1, 0, 0], [2, 2, 1, 0]])
    given = keras.Input((4,), dtype="int32", name="x")
    dense = keras.layers.Dense(3, name="dense")
    embedded = keras.layers.Embedding(4, 3, mask_zero=True, name="embed")(given)
    side = KerasSide(keras.Model(given, keras.layers.LSTM(2, name="lstm")(dense(dense(embedded)))))
    probe = Probe("drawn", {"x": words.astype("int32")}, {"x": ("batch", "time")})
    side.outline(probe)
    plain = side.run(probe)
    nothing = Move("scale")
    for amendment in (
        Amendment("embed", then=(nothing,)),
        Amendment("dense", before=(nothing,), after=(nothing,)),
        Amendment("dense:2", after=(nothing,), then=(nothing,)),
    ):
        found = side.run(probe, amendments=[amendment])
        assert near(found.outputs["output"], plain.outputs["output"], False)
    found = side.run(probe, amendments=[Amendment("dense:2", after=(TWICE,))])
    assert np.array_equal(found.steps["dense"], plain.steps["dense"])
    assert near(found.steps["dense:2"], 2 * plain.steps["dense:2"], False)
