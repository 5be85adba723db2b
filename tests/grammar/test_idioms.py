"""Formulas read as the layers that they compute, and nothing else taken for one."""

from dataclasses import replace

import pytest

from parity.axes import named
from parity.grammar.idioms import read
from parity.nouns import Layer


def layer(name, kind, *inputs, **settings):
    return Layer(name, kind, inputs, (2, 3), (), settings)


PLUS = layer("plus", "add", "x", constant=3.0)
CLIP = layer("clip", "clip", "plus", low=0.0, high=6.0)
SIXTH = layer("sixth", "multiply", "clip", constant=0.16666667)


def told(layers, outputs):
    return [(each.name, each.kind, each.inputs) for each in read(layers, outputs)]


@pytest.mark.parametrize("last", [SIXTH, layer("sixth", "divide", "clip", divisor=6.0)])
def test_a_hard_sigmoid_written_out(last):
    assert told([PLUS, CLIP, last], ["sixth"]) == [("sixth", "hard_sigmoid", ("x",))]


def test_a_hard_silu_with_the_division_at_either_place():
    product = layer("product", "multiply", "sixth", "x")
    assert told([PLUS, CLIP, SIXTH, product], ["product"]) == [("product", "hard_silu", ("x",))]
    product, last = layer("product", "multiply", "x", "clip"), layer("last", "divide", "product", divisor=6.0)
    assert told([PLUS, CLIP, product, last], ["last"]) == [("last", "hard_silu", ("x",))]


def test_a_silu_written_out():
    layers = [layer("gate", "sigmoid", "x"), layer("out", "multiply", "x", "gate")]
    assert told(layers, ["out"]) == [("out", "silu", ("x",))]


@pytest.mark.parametrize(
    "layers",
    [
        [PLUS, CLIP, SIXTH, layer("too", "relu", "clip")],
        [PLUS, layer("clip", "clip", "plus", low=0.0, high=5.0), SIXTH],
        [layer("plus", "add", "x", constant=2.0), CLIP, SIXTH],
        [layer("plus", "add", "x", "y"), CLIP, SIXTH],
        [layer("gate", "sigmoid", "y"), layer("out", "multiply", "x", "gate")],
        [layer("gate", "sigmoid", "x"), layer("out", "multiply", "gate", "gate")],
        [layer("gate", "sigmoid", "x"), layer("out", "multiply", "x", "gate"), layer("more", "relu", "gate")],
    ],
)
def test_what_only_looks_like_one_stays_as_it_is(layers):
    assert read(layers, [layers[-1].name]) == layers


def test_what_is_an_output_stays_as_it_is():
    assert read([PLUS, CLIP, SIXTH], ["sixth", "clip"]) == [PLUS, CLIP, SIXTH]


RELU, TURNED = layer("relu", "relu", "x"), layer("turned", "negative", "x")
LOWER, SCALED = layer("lower", "relu", "turned"), layer("scaled", "multiply", "lower", constant=0.2)
OUT = layer("out", "subtract", "relu", "scaled")


def test_a_leaky_relu_written_out():
    (found,) = read([RELU, TURNED, LOWER, SCALED, OUT], ["out"])
    assert (found.kind, found.inputs, found.settings) == ("leaky_relu", ("x",), {"slope": 0.2})
    assert found.made_of == ("relu", "turned", "lower", "scaled")
    steep, over = layer("steep", "multiply", "x", constant=0.3), layer("over", "maximum", "steep", "x")
    assert [(each.kind, each.settings) for each in read([steep, over], ["over"])] == [("leaky_relu", {"slope": 0.3})]


@pytest.mark.parametrize(
    "layers",
    [
        [RELU, TURNED, LOWER, SCALED, layer("out", "add", "relu", "scaled")],
        [RELU, TURNED, LOWER, SCALED, layer("out", "subtract", "scaled", "relu")],
        [RELU, layer("turned", "negative", "y"), LOWER, SCALED, OUT],
        [RELU, TURNED, LOWER, SCALED, OUT, layer("too", "tanh", "lower")],
        [layer("steep", "multiply", "x", constant=1.5), layer("over", "maximum", "steep", "x")],
        [layer("steep", "multiply", "x", constant=-0.5), layer("over", "maximum", "steep", "x")],
        [layer("steep", "multiply", "y", constant=0.5), layer("over", "maximum", "steep", "x")],
    ],
)
def test_what_is_no_leaky_relu_stays_as_it_is(layers):
    assert read(layers, [layers[-1].name]) == layers


LOW, HIGH = layer("low", "maximum", "high", number=-1.5), layer("high", "minimum", "x", number=1.5)


def test_a_clip_in_two_steps_in_either_order():
    (clip,) = read([HIGH, LOW], ["low"])
    assert (clip.kind, clip.inputs, dict(clip.settings)) == ("clip", ("x",), {"low": -1.5, "high": 1.5})
    turned = [layer("low", "maximum", "x", number=-1.5), layer("high", "minimum", "low", number=1.5)]
    assert told(turned, ["high"]) == [("high", "clip", ("x",))]


def test_two_bounds_that_cross_or_are_read_between_are_no_clip():
    crossing = layer("low", "maximum", "high", number=2.0)
    assert told([HIGH, crossing], ["low"]) == [("high", "minimum", ("x",)), ("low", "maximum", ("high",))]
    assert len(told([HIGH, LOW], ["low", "high"])) == 2


def attended(**changed):
    """Attention of one sequence to another of other lengths and widths, as Keras's layer writes it out."""
    axes = {
        "q": (("b", 2), ("t", 5), ("c", 3)),
        "k": (("b", 2), ("c", 3), ("s", 7)),
        "v": (("b", 2), ("s", 7), ("d", 4)),
    }

    def made(name, kind, inputs, axes, **settings):
        sizes = tuple(size for _, size in axes)
        return Layer(name, kind, inputs, sizes, named([each for each, _ in axes], sizes), settings)

    rows = [made(name, "dense", ("x",), each) for name, each in axes.items()]
    scores = (("b", 2), ("t", 5), ("s", 7))
    return [
        *rows,
        made("scores", "matmul", ("q", "k"), scores, over=("c", "c")),
        made("scaled", "multiply", ("scores",), scores, constant=0.5),
        made("shares", "softmax", ("scaled",), scores, over=changed.get("over", "s")),
        made("given", "matmul", ("shares", "v"), (("b", 2), ("t", 5), ("d", 4)), over=("s", "s")),
    ]


def test_attention_written_out():
    *_, last = read(attended(), ["given"])
    assert (last.name, last.kind, last.inputs) == ("given", "attention", ("q", "k", "v"))
    assert dict(last.settings) == {"scale": 0.5, "masked": False, "over": "t"}


def test_shares_of_another_axis_or_read_elsewhere_are_no_attention():
    assert [each.kind for each in read(attended(over="t"), ["given"])][-1] == "matmul"
    assert [each.kind for each in read(attended(), ["given", "shares"])][-1] == "matmul"


def squares(over="t", outer="t", kept=True, **changed):
    """The variance of a row, written out, along an axis that the first mean keeps."""
    axes = named("b t c", (2, 5, 3))
    means = named("b t c", (2, 1, 3)) if kept else named("b c", (2, 3))

    def made(name, kind, inputs, axes, **settings):
        return Layer(name, kind, inputs, tuple(each.size for each in axes), axes, settings)

    return [
        made("mean", "mean", ("x",), means, over=over),
        made("centred", "subtract", changed.get("operands", ("x", "mean")), axes),
        made("square", "square", ("centred",), axes),
        made("variance", "mean", ("square",), named("b c", (2, 3)), over=outer),
    ]


def test_a_variance_written_out_and_its_root():
    (found,) = read(squares(), ["variance"])
    assert (found.kind, found.inputs, dict(found.settings)) == ("variance", ("x",), {"over": "t", "correction": 0.0})
    root = layer("root", "sqrt", "variance")
    (found,) = read([*squares(), root], ["root"])
    assert (found.name, found.kind, found.inputs) == ("root", "std", ("x",))
    assert set(found.made_of) == {"mean", "centred", "square", "variance"}


def test_a_variance_whose_mean_is_read_elsewhere_leaves_that_where_it_is():
    found = read([*squares(), layer("too", "multiply", "centred", "variance")], ["too"])
    assert [(each.name, each.kind, each.inputs) for each in found[:3]] == [
        ("mean", "mean", ("x",)),
        ("centred", "subtract", ("x", "mean")),
        ("variance", "variance", ("x",)),
    ]


def test_the_variance_of_a_pair_of_moments():
    mean, _, _, outer = squares()
    between = layer("stopped", "identity", "mean")
    both = replace(mean, name="square", kind="SquaredDifference", inputs=("x", "stopped"), shape=(2, 5, 3), settings={})
    both = replace(both, axes=named("b t c", (2, 5, 3)))
    found = read([mean, between, both, outer], ["variance", "mean"])
    assert [(each.name, each.kind) for each in found] == [("mean", "mean"), ("variance", "variance")]


@pytest.mark.parametrize(
    "layers",
    [
        squares(outer="c"),
        squares(kept=False),
        squares(operands=("y", "mean")),
        squares(operands=("mean", "x")),
        squares(over="?", outer="?"),
        [*squares()[:3], layer("variance", "max", "square", over="t")],
    ],
)
def test_what_is_no_variance_stays_as_it_is(layers):
    assert read(layers, ["variance"]) == layers
