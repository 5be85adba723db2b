"""What makes agreement say nothing: each guard on the case it is there for, and silent on a healthy one."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import torch  # before Keras, which brings TensorFlow
from torch import nn
from torch.nn import functional as F

import parity
from parity import guards
from parity.nouns import Layer, Match, Outline, Parameter, Runs, Trace

NAN = float("nan")
RANDOM = np.random.default_rng(0)
BATCH = RANDOM.normal(size=(4, 5)).astype(np.float32)
HEALTHY = Trace({"a": BATCH}, {"out": BATCH})


def shifted(share):
    """The same trace, moved by a share of its scale."""
    array = BATCH + np.float32(share * np.abs(BATCH).max())
    return Trace({"a": array}, {"out": array})


# -- the same again ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0, 2.0**-20])
def test_what_repeats_up_to_the_order_of_a_sum_is_deterministic(share):
    assert not list(guards.repeats((HEALTHY, HEALTHY), (shifted(share), shifted(share))))


@pytest.mark.parametrize("side", [0, 1])
def test_what_does_not_repeat_is_told_with_its_side_and_first_layer(side):
    again = [HEALTHY, HEALTHY]
    again[side] = shifted(2.0**-10)
    (doubt,) = guards.repeats((HEALTHY, HEALTHY), tuple(again))
    assert doubt == f"the {guards.SIDES[side]} is not deterministic in inference mode, beginning at a"


def test_nan_that_is_nan_again_at_the_same_place_repeats():
    """It is a doubt of its own where it matters, and no sign of chance."""
    holed = Trace({"a": np.where(BATCH > 0, BATCH, NAN)}, {})
    assert not list(guards.repeats((holed, holed), (holed, holed)))


def test_a_layer_that_is_not_called_the_second_time_does_not_repeat():
    assert list(guards.repeats((HEALTHY, HEALTHY), (HEALTHY, Trace({}, {}))))


# -- alone and among others --------------------------------------------------------------------------------


def sampled(trace):
    return Trace({}, {name: array[:1] for name, array in trace.outputs.items()})


def test_a_sample_that_is_the_same_alone_is_no_doubt():
    whole, single = Runs(HEALTHY, HEALTHY), Runs(sampled(HEALTHY), sampled(HEALTHY))
    assert not list(guards.alone(whole, single))


@pytest.mark.parametrize("side", [0, 1])
def test_a_sample_that_differs_alone_is_told_with_its_side(side):
    singles = [sampled(HEALTHY), sampled(HEALTHY)]
    singles[side] = sampled(shifted(2.0**-10))
    (doubt,) = guards.alone(Runs(HEALTHY, HEALTHY), Runs(*singles))
    assert doubt == f"out of the {guards.SIDES[side]} depends on the other samples of its batch"


def test_a_dependence_that_float32_would_round_away_shows_in_float64():
    wide = Trace({}, {"out": BATCH.astype(np.float64)})
    moved = Trace({}, {"out": wide.outputs["out"][:1] + 1e-8})
    plain = Runs(HEALTHY, HEALTHY), Runs(sampled(HEALTHY), sampled(HEALTHY))
    assert list(guards.alone(replace(plain[0], twins=(wide, wide)), replace(plain[1], twins=(moved, moved))))


# -- signs of life -----------------------------------------------------------------------------------------


def test_an_output_that_is_the_same_for_every_sample_is_still_and_one_that_changes_is_not():
    dead = np.repeat(BATCH[:1], 4, axis=0)
    trace = Trace({}, {"dead": dead, "alive": BATCH, "one": BATCH[:1]})
    assert set(guards.still(trace)) == {"dead", "one"}
    (doubt,) = guards.lives([{"dead": b"0", "one": b"1"}, {"dead": b"0", "one": b"2"}])
    assert doubt.startswith("dead of the reference is the same for every sample")
    assert not list(guards.lives([{}, {"dead": b"0"}]))


def test_an_output_of_several_sizes_lives_only_if_two_of_one_size_differ():
    (doubt,) = guards.lives([{"map": b"00"}, {"map": b"000"}, {"map": b"00"}])
    assert "map" in doubt
    assert not list(guards.lives([{"map": b"00"}, {"map": b"000"}, {"map": b"01"}]))


def held(name, *reads):
    return Layer(name, "dense", reads, (4, 5), (), parameters=(Parameter("kernel", "k", (5, 5)),))


def outline(*layers):
    return Outline("keras", {}, ("x",), layers, {"out": layers[-1].name})


def test_a_layer_with_weights_that_reads_only_zeros_is_told():
    zeros = np.zeros((4, 5))
    assert guards.silent(Trace({"relu": zeros, "a": BATCH}, {})) == {"relu"}
    network = outline(held("a", "input:x"), Layer("relu", "relu", ("a",), (4, 5), ()), held("b", "relu"))
    (doubt,) = guards.reads_something(network, frozenset(["relu"]))
    assert doubt.startswith("b reads nothing but zeros")
    assert not list(guards.reads_something(network, frozenset(["b"])))
    assert not list(guards.reads_something(outline(held("b", "relu", "a")), frozenset(["relu"])))


# -- nothing is changed, nothing is trained ------------------------------------------------------------------


def test_a_weight_that_a_run_changed_is_told():
    loaded = {"a": {"kernel": BATCH, "bias": BATCH[0]}}
    assert not list(guards.untouched(loaded, {"a": {"kernel": BATCH.copy(), "bias": BATCH[0].copy()}}, "candidate"))
    touched = BATCH.copy()
    touched[1, 2] = np.nextafter(touched[1, 2], np.float32(9))
    for now in ({"a": {"kernel": touched, "bias": BATCH[0]}}, {"a": {"kernel": BATCH}}, {}):
        (doubt,) = guards.untouched(loaded, now, "candidate")
        assert doubt.startswith("running the candidate changed a.")


@pytest.mark.parametrize("setting", ["active", "batch_statistics"])
@pytest.mark.parametrize("side", [0, 1])
def test_a_layer_called_as_in_training_is_told(setting, side):
    calm = outline(Layer("drop", "dropout", ("input:x",), (), (), settings={setting: False, "rate": 0.5}))
    trained = outline(Layer("drop", "dropout", ("input:x",), (), (), settings={setting: True, "rate": 0.5}))
    sides = [calm, calm]
    assert not list(guards.in_training(sides))
    sides[side] = trained
    (doubt,) = guards.in_training(sides)
    assert doubt == f"drop of the {guards.SIDES[side]} is called as in training (dropout)"


def test_a_hidden_difference_beside_a_layer_without_a_partner_is_told():
    both, lonely = Match(held("a"), held("a")), Match(None, Layer("mul", "mul", ("a",), (), ()))
    carrier = Match(None, Layer("flat", "reshape", ("a",), (), (), carries=True))
    (doubt,) = guards.hidden_structure((both, lonely), True)
    assert "mul" in doubt
    assert not list(guards.hidden_structure((both, lonely), False))
    assert not list(guards.hidden_structure((both, carrier), True))


# -- on whole networks -------------------------------------------------------------------------------------

VECTOR = [parity.Input("x", (11,), ("channel",))]


class Behind(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.dense, self.function = nn.Linear(11, 6), function

    def forward(self, x):
        return self.function(self.dense(x))


def keras_behind(function):
    x = keras.Input((11,))
    return keras.Model(x, function(keras.layers.Dense(6)(x)))


class Counting(nn.Module):
    """Changes one weight by one unit in the last place, once it has been run a few times."""

    def __init__(self, runs):
        super().__init__()
        self.dense, self.left = nn.Linear(11, 6), runs

    def forward(self, x):
        self.left -= 1
        if self.left == 0:
            self.dense.weight.data[1, 2] *= 1 + 2.0**-23
        return self.dense(x)


KERNEL = torch.from_numpy(RANDOM.normal(size=(6, 6)).astype(np.float32))

SAY_NOTHING = {
    "dead by a factor": (lambda y: y * 0.0, lambda y: y * 0.0, "same for every sample"),
    "dead by a relu": (lambda y: keras.ops.relu(y - 1e6), lambda y: F.relu(y - 1e6), "same for every sample"),
    "the mean of the batch": (
        lambda y: y - keras.ops.mean(y, axis=0, keepdims=True),
        lambda y: y - y.mean(0, keepdim=True),
        "depends on the other samples",
    ),
    "a little of the batch": (
        lambda y: y + 1e-7 * keras.ops.mean(y, axis=0, keepdims=True),
        lambda y: y + 1e-7 * y.mean(0, keepdim=True),
        "depends on the other samples",
    ),
    "chance": (
        lambda y: keras.layers.Dropout(0.5)(y, training=True),
        F.dropout,
        "not deterministic in inference mode",
    ),
    "NaN": (lambda y: y / 0.0 * 0.0, lambda y: y / 0.0 * 0.0, "NaN on both sides"),
    "a layer behind a dead one": (
        lambda y: y + keras.layers.Dense(6)(keras.ops.relu(y - 1e6)),
        None,
        "reads nothing but zeros",
    ),
}


@pytest.mark.parametrize("case", SAY_NOTHING)
def test_two_networks_that_agree_and_say_nothing_are_no_parity(case):
    theirs, ours, words = SAY_NOTHING[case]
    candidate = Behind(ours) if ours else DeadBranch()
    verdict = parity.check(keras_behind(theirs), candidate, VECTOR)
    assert verdict.verdict != "parity"
    assert words in " ".join(verdict.reasons)


class DeadBranch(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense, self.dead = nn.Linear(11, 6), nn.Linear(6, 6)

    def forward(self, x):
        y = self.dense(x)
        return y + self.dead(F.relu(y - 1e6))


@pytest.mark.parametrize("runs", range(3, 8, 2))
def test_a_weight_that_changes_in_the_last_place_while_it_runs_is_no_silent_parity(runs):
    verdict = parity.check(keras_behind(lambda y: y), Counting(runs), VECTOR)
    assert verdict.verdict != "parity" or verdict.notes


def test_one_sample_alone_is_no_parity_without_a_note():
    """Whether it depends on others cannot be seen, and that is told; what is dead is no parity at all."""
    for dead in (lambda y: y * 0.0, lambda y: y):
        verdict = parity.check(keras_behind(dead), Behind(dead), np.ones((1, 11), np.float32))
        assert verdict.verdict != "parity" or verdict.notes


@pytest.mark.parametrize("seed", range(20))
def test_a_healthy_pair_raises_no_doubt_and_leaves_no_note(seed):
    reference = keras_behind(lambda y: keras.ops.tanh(keras.layers.BatchNormalization()(y)))
    candidate = Behind(nn.Sequential(nn.BatchNorm1d(6, eps=1e-3, momentum=0.01), nn.Tanh()))
    verdict = parity.check(reference, candidate, VECTOR, seed=seed)
    assert (verdict.verdict, verdict.reasons, verdict.notes) == ("parity", (), ())


def test_two_maxima_of_other_windows_are_no_parity_though_they_took_the_same_elements():
    """A window of eight of nine elements: where the last one is never the largest, no number tells the two apart."""
    reference = keras.Sequential([keras.Input((9, 2)), keras.layers.ReLU(), keras.layers.GlobalMaxPooling1D()])
    candidate = nn.Sequential(nn.ReLU(), nn.MaxPool1d(8), nn.Flatten())
    batch = np.random.default_rng(0).normal(size=(2, 9, 2)).astype("float32")
    batch[:, 0], batch[:, 8] = [[3.0, 4.0], [5.0, 6.0]], -9.0  # neither the largest, nor the smallest magnitude
    verdict = parity.check(reference, candidate, {"x": batch}, candidate_axes={"x": "channel length"})
    assert verdict.verdict == "inconclusive", str(verdict)
    assert any("may have given the same elements" in reason for reason in verdict.reasons)
