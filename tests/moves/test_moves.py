"""Each move computes what the frameworks' own function computes, and keeps the type of what it is given."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from parity.axes import named, text
from parity.moves import MOVES, followed, knows, moved
from parity.nouns import Move

X = np.random.default_rng(7).normal(size=(3, 4, 6)) * 3
S = {"one": np.random.default_rng(8).normal(size=(3, 4, 6)), "pair": np.zeros((2, 3, 4, 6))}

CASES = [
    ("celu", {}, F.celu),
    ("celu", {"alpha": 0.7}, lambda x: F.celu(x, 0.7)),
    ("clip", {"low": -0.5, "high": 1.25}, lambda x: torch.clip(x, -0.5, 1.25)),
    ("elu", {}, F.elu),
    ("elu", {"alpha": 0.3}, lambda x: F.elu(x, 0.3)),
    ("exp", {}, torch.exp),
    ("gelu", {}, F.gelu),
    ("gelu", {"approximate": True}, lambda x: F.gelu(x, approximate="tanh")),
    ("hard_shrink", {}, F.hardshrink),
    ("hard_shrink", {"threshold": 0.8}, lambda x: F.hardshrink(x, 0.8)),
    ("hard_sigmoid", {}, F.hardsigmoid),
    ("hard_silu", {}, F.hardswish),
    ("leaky_relu", {"slope": 0.3}, lambda x: F.leaky_relu(x, 0.3)),
    ("log_sigmoid", {}, F.logsigmoid),
    ("mish", {}, F.mish),
    ("relu", {}, F.relu),
    ("relu", {"max_value": 6.0}, F.relu6),
    ("relu", {"negative_slope": 0.2}, lambda x: F.leaky_relu(x, 0.2)),
    ("relu", {"threshold": 0.4}, lambda x: torch.where(x >= 0.4, x, 0.0)),
    (
        "relu",
        {"max_value": 2.0, "negative_slope": 0.1, "threshold": 0.5},
        lambda x: torch.where(x >= 0.5, x, 0.1 * (x - 0.5)).clamp(max=2.0),
    ),
    ("selu", {}, F.selu),
    ("sigmoid", {}, torch.sigmoid),
    ("silu", {}, F.silu),
    ("soft_shrink", {}, F.softshrink),
    ("soft_shrink", {"threshold": 0.9}, lambda x: F.softshrink(x, 0.9)),
    ("softplus", {"linear_above": 20.0}, F.softplus),
    ("softplus", {"beta": 2.0, "linear_above": 5.0}, lambda x: F.softplus(x, 2.0, 5.0)),
    ("softplus", {}, lambda x: torch.logaddexp(x, torch.zeros_like(x))),
    ("softsign", {}, F.softsign),
    ("tanh", {}, torch.tanh),
    ("tanh_shrink", {}, F.tanhshrink),
    ("scale", {"factor": -0.5, "offset": 1.5}, lambda x: x * -0.5 + 1.5),
]
WHOLE = [
    ("glu", {}, F.glu),
    ("glu", {"axis": 1}, lambda x: F.glu(x, 1)),
    (
        "local_response_norm",
        {"window": (2, 1), "alpha": 0.2, "beta": 0.6, "bias": 1.5, "axis": 1},
        lambda x: F.local_response_norm(x, 4, 0.8, 0.6, 1.5),
    ),
    ("log_softmax", {"axis": -1}, lambda x: F.log_softmax(x, -1)),
    ("softmax", {"axis": 1}, lambda x: F.softmax(x, 1)),
    ("add", {"step": "one"}, lambda x: x + torch.from_numpy(S["one"])),
    ("flip", {"axis": 2}, lambda x: torch.flip(x, (2,))),
    ("pad", {"amounts": ((0, 0), (1, 0), (2, 3)), "value": 0.5}, lambda x: F.pad(x, (2, 3, 1, 0), value=0.5)),
    ("pad", {"amounts": ((0, 0), (-1, 2), (0, -2))}, lambda x: F.pad(x, (0, -2, -1, 2))),
    ("reshape", {"shape": (3, -1)}, lambda x: torch.reshape(x, (3, -1))),
    ("take", {"indices": (3, 0, 0), "axis": 1}, lambda x: x[:, [3, 0, 0]]),
    (
        "recounted",  # taken for the deviation of two numbers each
        {"step": "pair", "corrections": (0.0, 1.0), "root": True},
        lambda x: x * (2 / (2 - 1)) ** 0.5,
    ),
    ("recounted", {"step": "pair", "corrections": (1.0, 0.0), "root": False}, lambda x: x / 2),
    ("transpose", {"order": (2, 0, 1)}, lambda x: x.permute(2, 0, 1)),
    ("concat", {"sources": ("one", "one"), "axis": 1}, lambda x: torch.cat([torch.from_numpy(S["one"])] * 2, 1)),
    (
        "beside",
        {"sources": ("one", "one"), "place": 1, "axis": 2},
        lambda x: torch.cat([torch.from_numpy(S["one"]), x, torch.from_numpy(S["one"])], 2),
    ),
    ("copy", {}, torch.clone),
    ("given", {"step": "one"}, lambda x: torch.from_numpy(S["one"])),
    ("given", {"step": "one", "order": (1, 0, 2)}, lambda x: torch.from_numpy(S["one"]).permute(1, 0, 2)),
    ("multiply", {"step": "one"}, lambda x: x * torch.from_numpy(S["one"])),
    ("sum", {"sources": ("one", "one"), "orders": ((), ())}, lambda x: 2 * torch.from_numpy(S["one"])),
    ("sum", {"sources": ("one",), "orders": ((2, 0, 1),)}, lambda x: torch.from_numpy(S["one"]).permute(2, 0, 1)),
    ("product", {"sources": ("one", "one"), "orders": ((), ())}, lambda x: torch.from_numpy(S["one"]) ** 2),
    ("pad", {"amounts": ((0, 0), (0, 0), (1, 2)), "mode": "reflect"}, lambda x: F.pad(x, (1, 2), mode="reflect")),
]
MASKED = {"attention", "masked_mean", "not", "packed", "unpacked"}
MAPS = {"adaptive_pool", "pool", "resize"}
"""What is tried in tests of its own."""


def told(cases):
    return [pytest.param(*case, id=f"{case[0]}-{'-'.join(map(str, case[1]))}") for case in cases]


def both(name, arguments, function, array):
    mine = moved(array, [Move(name, arguments)], S)
    return mine, function(torch.from_numpy(array)).numpy()


@pytest.mark.parametrize(("name", "arguments", "function"), told(CASES + WHOLE))
def test_it_is_the_function_of_the_framework(name, arguments, function):
    mine, theirs = both(name, arguments, function, X)
    assert mine.shape == theirs.shape
    assert np.allclose(mine, theirs, rtol=1e-12, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-60, 60), min_size=1, max_size=9))
@pytest.mark.parametrize(("name", "arguments", "function"), told(CASES))
def test_an_elementwise_one_is_so_on_any_value(name, arguments, function, values):
    mine, theirs = both(name, arguments, function, np.array(values))
    assert np.allclose(mine, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "arguments", "function"), told(CASES + WHOLE))
def test_the_type_and_where_it_can_the_shape_are_kept(name, arguments, function):
    steps = {step: array.astype("float32") for step, array in S.items()}
    narrow = moved(X.astype("float32"), [Move(name, arguments)], steps)
    assert narrow.dtype == np.float32 and narrow.flags.c_contiguous
    assert np.allclose(narrow, moved(X, [Move(name, arguments)], S), rtol=1e-4, atol=1e-4)
    if (name, arguments, function) in CASES:
        assert narrow.shape == X.shape
        assert moved(np.float64(1.5)[None][0:1].reshape(()), [Move(name, arguments)]).shape == ()


@pytest.mark.parametrize(("name", "function"), [("relu", F.relu), ("leaky_relu", None), ("tanh", torch.tanh)])
def test_what_is_not_finite(name, function):
    array = np.array([-np.inf, np.inf, np.nan])
    arguments = {"slope": 0.3} if function is None else {}
    mine, theirs = both(name, arguments, function or (lambda x: F.leaky_relu(x, 0.3)), array)
    assert np.array_equal(mine, theirs, equal_nan=True)


def test_attention_under_a_mask_of_all_heads():
    random = np.random.default_rng(3)
    query, key, value = (random.normal(size=(2, 3, length, 4)) for length in (5, 7, 7))
    mask = random.normal(size=(2, 5, 7)) > -1
    mine = moved(
        query, [Move("attention", {"sources": ("k", "v", "m"), "scale": 0.3})], {"k": key, "v": value, "m": mask}
    )
    data = [torch.from_numpy(each) for each in (query, key, value)]
    theirs = F.scaled_dot_product_attention(*data, attn_mask=torch.from_numpy(mask)[:, None], scale=0.3)
    assert np.allclose(mine, theirs.numpy(), rtol=1e-12, atol=1e-12)


def test_every_move_is_tried():
    assert {name for name, *_ in CASES + WHOLE} | MASKED | MAPS == MOVES.keys()


def test_knows():
    assert knows("relu") and knows("transpose")
    assert not knows("conv") and not knows("")


def test_moves_are_made_one_after_the_other_and_change_nothing_that_they_are_given():
    array, before = X.copy(), X.copy()
    result = moved(array, [Move("scale", {"factor": 2.0}), Move("scale", {"offset": 1.0}), Move("relu")])
    assert np.array_equal(result, np.maximum(X * 2 + 1, 0))
    assert np.array_equal(array, before)
    assert moved(array, []) is array


def test_a_name_or_a_step_that_is_not_there_is_a_key_error():
    for move in (Move("no_such_move"), Move("add", {"step": "nowhere"})):
        with pytest.raises(KeyError):
            moved(X, [move], S)


@pytest.mark.parametrize(
    ("moves", "shape", "wanted"),
    [
        ([Move("relu")], (2, 3, 4), "batch height channel"),
        ([Move("transpose", {"order": (0, 2, 1)})], (2, 4, 3), "batch channel height"),
        ([Move("reshape", {"shape": (2, -1)})], (2, 12), "batch (height channel)"),
        (
            [Move("transpose", {"order": (0, 2, 1)}), Move("reshape", {"shape": (2, -1)})],
            (2, 12),
            "batch (channel height)",
        ),
        ([Move("pad", {"amounts": ((0, 0), (1, 1), (0, 0))})], (2, 5, 4), "batch height channel"),
        ([Move("glu")], (2, 3, 2), "batch height channel"),
        ([Move("relu")], (2, 6), "batch ?"),
    ],
)
def test_the_axes_are_followed(moves, shape, wanted):
    axes = followed(named("batch height channel", (2, 3, 4)), moves, shape)
    assert text(axes) == wanted
    assert tuple(each.size for each in axes) == shape
