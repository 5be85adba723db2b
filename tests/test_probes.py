"""Probes: the same for the same seed, of the declared kind, and with nothing at a default that hides a fault."""

from dataclasses import replace

import numpy as np
import pytest

from parity.case import Input
from parity.errors import UsageError
from parity.nouns import Layer, Outline, Parameter
from parity.probes import (
    CHEAP,
    LARGE,
    THOROUGH,
    alone,
    battery,
    for_candidate,
    given,
    near,
    probe_inputs,
    probe_weights,
    unmade,
)


def only(each, batch=4, seed=0):
    """The one array that is drawn for one input."""
    return probe_inputs([each], batch, seed).arrays[each.name]


def outlined(*layers):
    """An outline that holds these layers' parameters: name -> {role: shape}."""
    return Outline(
        "torch",
        {},
        (),
        tuple(
            Layer(
                name,
                "dense",
                (),
                (),
                (),
                parameters=tuple(Parameter(role, role, shape) for role, shape in held.items()),
            )
            for name, held in layers
        ),
        {},
    )


def test_the_same_seed_gives_the_same_batch_and_another_seed_another():
    each = Input("x", (250,), ("channel",))
    assert only(each, seed=3).tobytes() == only(each, seed=3).tobytes()
    assert not np.any(only(each, seed=3) == only(each, seed=4))


def test_two_inputs_of_one_kind_do_not_get_the_same_values():
    pair = [Input("left", (50,), ("channel",)), Input("right", (50,), ("channel",))]
    left, right = probe_inputs(pair, 4, 0).arrays.values()
    assert not np.any(left == right)


def test_samples_of_one_batch_differ():
    rows = only(Input("x", (7, 5), ("length", "channel")), batch=6)
    assert rows.shape == (6, 7, 5)
    assert len({row.tobytes() for row in rows}) == 6


def test_normal_values_lie_one_deviation_around_the_middle_of_their_range():
    values = only(Input("x", (50_000,), ("channel",), range=(10.0, 14.0)), batch=1)
    assert values.dtype == np.float32
    assert values.mean() == pytest.approx(12, abs=0.05)
    assert values.std() == pytest.approx(2, abs=0.05)
    assert values.min() < 10
    assert values.max() > 14


def test_uniform_values_fill_their_range_and_do_not_leave_it():
    values = only(Input("x", (5_000,), ("channel",), dtype="float64", distribution="uniform", range=(-3.0, 1.0)))
    assert values.dtype == np.float64
    assert -3 <= values.min() < -2.99
    assert 0.99 < values.max() <= 1


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_whole_numbers_take_both_ends_of_their_range(dtype):
    values = only(Input("tokens", (500,), ("time",), dtype=dtype, range=(2, 6)))
    assert values.dtype == np.dtype(dtype)
    assert set(values.ravel().tolist()) == {2, 3, 4, 5, 6}


def test_booleans_are_both_true_and_false():
    values = only(Input("mask", (100,), ("time",), dtype="bool"))
    assert values.dtype == np.bool_
    assert {True, False} == set(values.ravel().tolist())


def test_a_candidate_gets_the_same_elements_in_the_order_it_declares():
    inputs = [Input("image", (3, 5, 7), ("height", "width", "channel"), ("channel", "height", "width"))]
    probe = probe_inputs(inputs, 2, 0)
    theirs = for_candidate(probe, inputs)
    assert theirs.axes["image"] == ("batch", "channel", "height", "width")
    assert np.array_equal(theirs.arrays["image"], np.einsum("bhwc->bchw", probe.arrays["image"]))
    assert theirs.arrays["image"].flags.c_contiguous


def test_a_candidate_that_declares_no_order_gets_the_very_same_batch():
    inputs = [Input("x", (7, 5), ("length", "channel"))]
    probe = given({"x": np.ones((2, 7, 5))}, inputs)
    assert for_candidate(probe, inputs) == probe


def test_a_file_gives_its_first_samples_in_the_declared_type(tmp_path):
    values = np.arange(6 * 5, dtype=np.float64).reshape(6, 5)
    np.save(tmp_path / "x.npy", values)
    found = only(Input("x", (5,), ("channel",), file=tmp_path / "x.npy"), batch=4)
    assert found.dtype == np.float32
    assert np.array_equal(found, values[:4])


def test_an_archive_gives_the_array_of_the_input_s_name(tmp_path):
    np.savez(tmp_path / "all.npz", x=np.zeros((2, 5)), y=np.ones((2, 5)))
    assert np.array_equal(only(Input("y", (5,), ("channel",), file=tmp_path / "all.npz")), np.ones((2, 5)))


def refused(each, *words):
    with pytest.raises(UsageError) as refusal:
        only(each)
    for word in words:
        assert word in str(refusal.value)


def test_an_archive_without_the_input_s_name_is_refused_with_the_names_that_it_holds(tmp_path):
    np.savez(tmp_path / "all.npz", x=np.zeros((2, 5)))
    refused(Input("image", (5,), ("channel",), file=tmp_path / "all.npz"), "'image'", "holds x")


def test_a_file_of_other_samples_is_refused_with_both_shapes(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((4, 7)))
    refused(Input("x", (5,), ("channel",), file=tmp_path / "x.npy"), "(7,)", "(5,)", "first axis")


def test_a_file_without_a_batch_axis_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.float32(1))
    refused(Input("x", (), (), file=tmp_path / "x.npy"), "'x'")


def test_a_file_with_pickles_in_it_is_refused_unread(tmp_path):
    np.save(tmp_path / "x.npy", np.array([object()]), allow_pickle=True)
    refused(Input("x", (), (), file=tmp_path / "x.npy"), "'x'", "without pickle")


def test_a_file_that_is_no_array_is_refused(tmp_path):
    (tmp_path / "x.npy").write_text("not an array")
    refused(Input("x", (5,), ("channel",), file=tmp_path / "x.npy"), "x.npy", "cannot be read")


def test_files_of_different_lengths_are_refused_with_their_lengths(tmp_path):
    for name, length in (("a", 2), ("b", 3)):
        np.save(tmp_path / f"{name}.npy", np.zeros((length, 5)))
    inputs = [Input(name, (5,), ("channel",), file=tmp_path / f"{name}.npy") for name in "ab"]
    with pytest.raises(UsageError, match="'a': 2, 'b': 3"):
        probe_inputs(inputs, 4, 0)


def test_no_probe_weight_is_at_a_default_that_hides_a_fault():
    roles = {"kernel": (50, 40), "bias": (40,), "gamma": (60,), "beta": (60,), "mean": (60,), "variance": (60,)}
    drawn = probe_weights(outlined(("layer", roles)), 0)["layer"]
    assert {role: array.shape for role, array in drawn.items()} == roles
    for role, array in drawn.items():
        assert len(np.unique(array)) == array.size, role
        assert not np.isin(array, (0, 1)).any(), role
    assert drawn["gamma"].min() < 0 < drawn["gamma"].max()  # or a pool and a norm could change places unseen
    assert drawn["variance"].min() > 0
    # He's deviation for 50 inputs, so that activations neither die out nor run away.
    assert drawn["kernel"].std() == pytest.approx(np.sqrt(2 / 50), rel=0.1)


def test_a_layer_s_weights_do_not_depend_on_the_layers_around_it():
    alone = probe_weights(outlined(("head", {"kernel": (5, 4)})), 0)
    among = probe_weights(outlined(("stem", {"kernel": (7, 4), "bias": (4,)}), ("head", {"kernel": (5, 4)})), 0)
    assert np.array_equal(alone["head"]["kernel"], among["head"]["kernel"])
    assert not np.array_equal(alone["head"]["kernel"], among["stem"]["kernel"][:5])


def test_weights_that_no_rule_carries_are_not_drawn():
    frozen = Parameter("table", "table", (3, 5), portable=False)
    outline = Outline("torch", {}, (), (Layer("odd", "odd", (), (), (), parameters=(frozen,)),), {})
    assert probe_weights(outline, 0) == {"odd": {}}


# -- several probes ----------------------------------------------------------------------------------------


def made(each, batch=4, seed=0, **how):
    """The arrays of a battery for one input, by the name of the probe."""
    return {probe.name: probe.arrays[each.name] for probe in battery([each], batch, seed, **how)}


FREE = Input("x", (7, 5), ("length", "channel"))


def test_a_battery_begins_with_noise_and_repeats_itself_with_its_seed():
    assert list(made(FREE)) == ["noise", "large", "negative", "alone"]
    assert list(made(replace(FREE, free=("length",)))) == list(CHEAP)
    assert np.array_equal(made(FREE)["noise"], only(FREE))
    for name, array in made(FREE, seed=3, thorough=True).items():
        assert array.tobytes() == made(FREE, seed=3, thorough=True)[name].tobytes()
        assert array.dtype == np.float32
        assert array.shape == ((1 if name == "alone" else 4), 7, 5)


def test_large_goes_past_every_cap_and_negative_is_below_zero_and_alone_is_the_first_of_all():
    found = made(FREE)
    np.testing.assert_allclose(found["large"], found["noise"] * LARGE, rtol=1e-6)
    assert np.abs(found["large"]).max() > 20
    assert np.array_equal(found["negative"], -np.abs(found["noise"]))
    assert np.array_equal(found["alone"], found["noise"][:1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("distribution", ["uniform"])
def test_no_probe_leaves_a_declared_range(dtype, distribution):
    each = Input("x", (7, 5), ("length", "channel"), dtype=dtype, distribution=distribution, range=(2.0, 3.0))
    for name, array in made(each, thorough=True).items():
        assert array.min() >= 2, name
        assert array.max() <= 3, name
        assert array.dtype == np.dtype(dtype)


def test_integers_stay_in_their_range_or_are_padded_with_zeros_and_show_every_value():
    each = Input("tokens", (12,), ("time",), dtype="int64", range=(2, 9))
    found = made(each, thorough=True)
    assert "large" not in found
    assert "negative" not in found
    for name, array in found.items():
        assert array.dtype == np.int64
        assert set(array.ravel().tolist()) <= {0, *range(2, 10)} if name == "padded" else set(range(2, 10)), name
    assert not found["padded"][:, -1].any()
    assert found["padded"][:, 0].all()
    assert set(found["indices"].ravel().tolist()) == set(range(2, 10))


def test_an_impulse_is_one_element_of_each_sample():
    found = made(FREE, thorough=True)["impulse"]
    assert [np.count_nonzero(sample) for sample in found] == [1] * 4
    assert found.max() == 1


def test_a_ramp_puts_another_value_at_every_place():
    found = made(FREE, thorough=True)["ramp"]
    assert all(len(np.unique(sample)) >= sample.size - 1 for sample in found)
    assert not np.array_equal(found[0], found[1])


def test_what_a_file_holds_is_not_changed_and_only_taken_alone(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(20.0).reshape(4, 5))
    found = made(Input("x", (5,), ("channel",), file=tmp_path / "x.npy"), thorough=True)
    assert set(found) == {"noise", "alone"}


def test_a_probe_that_would_be_the_noise_again_is_not_made():
    flags = Input("mask", (6,), ("time",), dtype="bool")
    names = list(made(flags))
    assert names[0] == "noise"
    assert "large" not in names
    assert "negative" not in names


def test_only_the_probes_that_are_named_are_made_and_noise_always():
    assert list(made(FREE, names=("negative",))) == ["noise", "negative"]
    assert list(made(FREE, names=())) == ["noise"]
    assert set(made(FREE, thorough=True)) <= set(THOROUGH)


def test_a_probe_that_was_asked_for_and_not_made_is_told_with_what_it_needs():
    probes = battery([FREE], 4, 0, thorough=True)
    assert unmade(("ramp", "noise", "large"), probes) == []
    told = unmade(("indices", "even", "indices"), probes)
    assert told == [
        "the probe indices was not made: it needs whole numbers that are drawn from a declared range",
        "the probe even was not made: it needs an axis that is declared free",
    ]
    assert all(unmade((name,), probes[:1]) for name in THOROUGH if name != "noise")


def test_a_batch_of_one_has_nobody_to_be_alone_from():
    assert "alone" not in made(FREE, batch=1)
    assert alone(given({"x": np.ones((1, 7, 5))}, [FREE])) == ()


def test_calibrated_statistics_are_near_those_that_were_measured_and_never_equal():
    mean, variance = np.array([5.0, -2.0, 0.0]), np.array([4.0, 0.25, 0.0])
    found = near(mean, variance, np.random.default_rng(0))
    assert np.all(np.abs(found[0] - mean) <= 0.5 * np.sqrt(variance + 1e-12))
    assert np.all(found[0] != mean)
    assert np.all(found[1] > 0)
    assert np.all(found[1][:2] / variance[:2] >= 0.5)
    assert np.all(found[1][:2] / variance[:2] <= 2.001)
