"""A law over the shelf: what the real frameworks draw by an entry's own call bears that entry out, and no other."""

import math

import keras
import numpy as np
import pytest
import torch
from torch import nn

from parity.fresh.advice import by_numbers, drawn_from
from parity.fresh.drawing import Drawer, Wanted
from parity.fresh.initialiser import Measured, Site, fans
from parity.fresh.naming import bears, initialisers, named
from parity.fresh.telling_apart import apart
from parity.nouns import Origin

BUILDS, LEVEL = 24, 1e-6
SHAPE = (28, 40)
KERNEL = (40, 9, 3)
"""Of PyTorch's Conv1d(9, 40, 3): its bias starts with a fan of 27."""


def site(entry, framework: str) -> Site:
    """A place that the entry is meant for; what a sample would show is given where an entry asks for it."""
    own = {
        "torch_bias": {"shape": (40,), "kernel": KERNEL},
        "torch_recurrent": {"units": 10},
        "constant": {"config": {"value": 0.3}},
        "uniform": {"config": {"minval": -0.4, "maxval": 0.2}},
        "normal": {"config": {"stddev": 0.037, "mean": 0.01}},
        "truncated_normal": {"config": {"stddev": 0.037, "mean": 0.01}},
        "variance_scaling": {"config": {"scale": 0.7, "mode": "fan_out", "distribution": "truncated_normal"}},
        "orthogonal": {"config": {"gain": 1.3}},
    }.get(entry.name, {})
    return Site(**{"framework": framework, "shape": SHAPE, **own})


def drawn(arrays):
    """What a side would have seen of these builds, the first of which is what it is held against."""
    wanted = Wanted((("layer", "kernel"),), arrays[0].shape)
    first, *rest = ({"layer": {"kernel": np.asarray(array)}} for array in arrays)
    drawer = Drawer([wanted], first)
    for weights in rest:
        drawer.see(weights)
    return drawer.drawn()[0]


def keras_draws(entry, place):
    words = entry.keras or by_numbers(entry.law(place), "keras")
    make = eval(words, {"keras": keras})
    shape = place.shape
    return drawn([np.array(type(make).from_config(make.get_config())(shape)) for _ in range(BUILDS + 1)])


def torch_draws(entry, place):
    words = entry.torch or by_numbers(entry.law(place), "torch")
    arrays = []
    for _ in range(BUILDS + 1):
        array = torch.empty(place.shape)
        eval(words.replace("{array}", "array"), {"nn": nn, "math": math, "array": array})
        arrays.append(array.numpy())
    return drawn(arrays)


@pytest.mark.parametrize("framework", ["keras", "torch"])
def test_what_a_framework_draws_by_a_call_of_the_shelf_bears_it_out_and_no_other_that_differs(framework):
    keras.utils.set_random_seed(11)
    torch.manual_seed(11)
    shelf = initialisers()
    assert len(shelf) > 20
    for entry in shelf.values():
        place = site(entry, framework)
        law = entry.law(place)
        seen = (keras_draws if framework == "keras" else torch_draws)(entry, place)
        assert bears(law, seen, LEVEL), entry.name
        if law.random:  # the proof of an advice: a draw in NumPy against a draw of the framework
            again = drawn_from(law, BUILDS, place)
            assert again.orthogonal == seen.orthogonal
            assert min(answer.p for answer in apart(seen, again)) > LEVEL, entry.name
        for other in shelf.values():
            theirs = other.law(site(other, framework)) if place.shape == SHAPE else None
            if theirs is None or theirs == law:
                continue
            # What lies less than 5 % apart with equal families is left to larger samples.
            near = theirs.family == law.family and abs(theirs.deviation - law.deviation) < 0.05 * law.deviation
            assert near or not bears(theirs, seen, LEVEL), (entry.name, other.name)


def test_every_entry_is_named_by_the_word_of_keras_where_its_layers_can_hold_it():
    keras.utils.set_random_seed(3)
    for entry in initialisers().values():
        if not entry.said:
            continue
        place = site(entry, "keras")
        config = dict(place.config)
        origin = Origin("dense/kernel", SHAPE, SHAPE, said=entry.said, config=config)
        found = named(keras_draws(entry, place), [Site("keras", SHAPE)], origin, "Dense", LEVEL)
        assert found is not None and found.entry is entry, entry.name


def test_what_the_framework_says_is_not_believed_against_the_sample():
    keras.utils.set_random_seed(5)
    seen = keras_draws(initialisers()["he_normal"], Site("keras", SHAPE))
    origin = Origin("dense/kernel", SHAPE, SHAPE, said="GlorotUniform")
    found = named(seen, [Site("keras", SHAPE)], origin, "Dense", LEVEL)
    assert found.entry.name == "he_normal"


def test_a_number_that_only_the_sample_shows_is_read_in_as_few_digits_as_it_bears():
    rng = np.random.default_rng(0)
    seen = drawn([rng.normal(0, 0.02, (300, 200)).astype("f4") for _ in range(40)])
    found = named(seen, [Site("keras", (300, 200))], Origin("w", (300, 200), (300, 200)), "", LEVEL)
    assert (found.entry.name, found.law.spread, found.law.mean) == ("normal", 0.02, 0.0)
    seen = drawn([rng.uniform(-0.03, 0.03, (300, 200)).astype("f4") for _ in range(40)])
    found = named(seen, [Site("torch", (300, 200))], Origin("w", (300, 200), (300, 200)), "", LEVEL)
    assert (found.entry.name, found.law.spread) == ("uniform", 0.03)
    seen = drawn([nn.init.trunc_normal_(torch.empty(30, 20), std=0.1, a=-0.2, b=0.2).numpy() for _ in range(40)])
    found = named(seen, [Site("torch", (30, 20))], Origin("w", (30, 20), (30, 20)), "", LEVEL)
    assert (found.entry.name, found.law.spread, found.law.cut) == ("truncated_normal", 0.1, 2)


@pytest.mark.parametrize("shape", [(5, 7), (3, 5, 7), (3, 2, 5, 7), (11,), ()])
def test_fans_are_those_that_the_frameworks_count(shape):
    from keras.src.initializers.random_initializers import compute_fans

    assert fans("keras", shape) == compute_fans(shape)
    if len(shape) > 1:
        assert fans("torch", shape) == nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


def test_measured_numbers_only_serve_where_they_were_measured():
    nothing = Measured(0.5, 0.0, (0.0, 0.0), 0.5, 0.5)
    place = Site("keras", SHAPE, measured=nothing)
    shelf = initialisers()
    assert shelf["normal"].law(place) is None and shelf["uniform"].law(place) is None
    assert shelf["constant"].law(place).mean == 0.5
    with pytest.raises(ValueError, match="draws no array"):
        shelf["torch_recurrent"].sample(np.random.default_rng(0), Site("torch", SHAPE))
