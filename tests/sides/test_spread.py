"""Amendments of a layer that is written out in several calls."""

import pytest

from parity.errors import NoAmendment
from parity.nouns import Amendment, Layer, Move
from parity.sides._amend import spread

CALLS = [
    Layer(name, kind, inputs, (2, 3), ())
    for name, kind, inputs in (
        ("product", "dense", ("x",)),
        ("plus", "offset", ("product",)),
        ("relu", "relu", ("plus",)),
        ("turned", "negative", ("plus",)),
        ("lower", "relu", ("turned",)),
        ("out", "subtract", ("relu", "lower")),
    )
]
LAYERS = [
    Layer("plus", "dense", ("x",), (2, 3), (), made_of=("product",)),
    Layer("out", "leaky_relu", ("plus",), (2, 3), (), made_of=("relu", "turned", "lower")),
]
MOVE = (Move("relu"),)


@pytest.mark.parametrize(
    ("amendment", "calls"),
    [
        (Amendment("plus", before=MOVE, then=MOVE), [Amendment("product", before=MOVE), Amendment("plus", then=MOVE)]),
        (Amendment("plus", instead=()), [Amendment("product", instead=()), Amendment("plus", instead=())]),
        (Amendment("out", instead=MOVE), [Amendment("relu", instead=MOVE), Amendment("out", instead=())]),
        (Amendment("out", after=MOVE), [Amendment("out", after=MOVE)]),
        (Amendment("relu", words={"a": 1}), [Amendment("relu", words={"a": 1})]),
    ],
    ids=["around", "left out", "instead", "after", "a plain call"],
)
def test_each_change_is_made_where_the_calls_make_it(amendment, calls):
    assert spread([amendment], LAYERS, CALLS) == calls


@pytest.mark.parametrize(
    "amendment",
    [Amendment("plus", words={"bias": False}), Amendment("plus", behind="out"), Amendment("out", before=MOVE)],
)
def test_what_no_single_call_stands_for_is_refused(amendment):
    with pytest.raises(NoAmendment, match="written out"):
        spread([amendment], LAYERS, CALLS)
