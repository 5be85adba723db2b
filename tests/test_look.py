"""Several probes on one pair: the worst counts, a probe that one side refuses is told, a batch of one is compared."""

from types import SimpleNamespace

import numpy as np
import pytest

import parity
from parity.errors import NoTwin, SideFailed
from parity.look import Tolerance, doubts_of, look, worst_of
from parity.nouns import Layer, Match, Outline, Probe, Trace
from parity.probes import battery
from parity.run import Sides, in_turn

LAYER = Layer("a", "dense", ("input:x",), (4, 5), ())
MATCHES = (Match(LAYER, LAYER),)
OUTLINE = Outline("keras", {}, ("x",), (LAYER,), {"out": "a"})
INPUT = parity.Input("x", (5,), ("channel",))
PROBES = battery((INPUT,), 4, 0)


class Acting:
    """A side that computes what it is told, with or without a float64 twin."""

    def __init__(self, function, twin=True):
        self.function, self.twin, self.ran = function, twin, []

    def run(self, probe, *, double=False, given=None):
        if double and not self.twin:
            raise NoTwin("it casts")
        self.ran.append((probe.name, double))
        x = probe.arrays["x"].astype(np.float64 if double else np.float32)
        values = self.function(x, probe.name).astype(x.dtype)
        return Trace({"a": values}, {"out": values}, {} if given is None else {"a": values})

    def outputs(self, probe):
        x = probe.arrays["x"].astype(np.float32)
        return {"out": self.function(x, "by itself").astype(x.dtype)}

    def weights(self):
        return {}

    def load(self, weights):
        pass


def same(x, name):
    return 3 * x


def looked(reference=same, candidate=same, probes=PROBES, tolerance=None, twins=(True, True)):
    actors = Acting(reference, twins[0]), Acting(candidate, twins[1])
    sides = Sides(*actors, ({}, {}), in_turn)
    seen, first = look(sides, [(probe, probe) for probe in probes], MATCHES, "probe", tolerance or Tolerance())
    return SimpleNamespace(seen=seen, first=first, actors=actors)


def doubts(found):
    differences, _ = worst_of(found.seen)
    return list(doubts_of(found.seen, OUTLINE, OUTLINE, MATCHES, differences))


def test_a_healthy_pair_is_seen_on_every_probe_and_leaves_nothing_behind():
    found = looked()
    assert [each.name for each in found.seen] == [
        "noise, probe weights",
        "large, probe weights",
        "negative, probe weights",
        "alone, probe weights",
    ]
    assert doubts(found) == []
    assert [each.notes for each in found.seen] == [()] * 4
    assert all(each.agrees and not each.hidden for one in found.seen for each in (*one.differences, *one.outputs))


def test_the_first_probe_is_run_twice_in_float32_on_both_sides():
    for actor in looked().actors:
        assert [each for each in actor.ran if not each[1]].count(("noise", False)) == 2


@pytest.mark.parametrize("probe", ["noise", "large", "negative", "alone"])
def test_a_fault_that_one_probe_alone_shows_is_the_difference_that_stands(probe):
    def faulty(x, name):
        return 3 * x + (0.5 if name == probe else 0)

    differences, outputs = worst_of(looked(candidate=faulty).seen)
    for (each,) in (differences, outputs):
        assert not each.agrees
        assert each.probe == f"{probe}, probe weights"
        assert each.gap == pytest.approx(0.5)


def test_a_hidden_difference_on_one_probe_is_not_outshone_by_rounding_on_another():
    def faulty(x, name):
        return 3 * x * (1 + (1e-9 if name == "negative" else 0))

    ((difference,), (output,)) = worst_of(looked(candidate=faulty).seen)
    assert difference.agrees
    assert difference.hidden
    assert output.hidden
    assert difference.probe == "negative, probe weights"


def refusing(probe, error):
    def function(x, name):
        if name == probe:
            raise error
        return 3 * x

    return function


def test_a_further_probe_that_the_reference_refuses_is_a_note_and_no_doubt():
    error = SideFailed("reference", "running", "a batch of 4 is expected\nTraceback ...")
    found = looked(reference=refusing("alone", error))
    assert doubts(found) == []
    assert found.seen[0].notes == (
        "the probe alone was left out: the reference failed while running: a batch of 4 is expected",
    )
    assert len(found.seen) == 3


@pytest.mark.parametrize(
    "error", [SideFailed("candidate", "running", "killed"), ValueError("no such shape"), KeyError()]
)
def test_a_further_probe_that_the_candidate_refuses_is_a_doubt(error):
    found = looked(candidate=refusing("large", error))
    (doubt,) = doubts(found)
    assert doubt.startswith("the probe large was left out")
    assert [each.name for each in found.seen] == [f"{name}, probe weights" for name in ("noise", "negative", "alone")]


def test_the_first_probe_that_fails_is_the_user_s_to_see():
    with pytest.raises(ValueError, match="no such shape"):
        looked(candidate=refusing("noise", ValueError("no such shape")))


@pytest.mark.parametrize("nothing", [np.nan, np.inf])
def test_a_further_probe_on_which_both_overflow_is_left_out_with_a_note(nothing):
    def overflowing(x, name):
        return 3 * x + (nothing if name == "large" else 0)

    found = looked(overflowing, overflowing)
    assert doubts(found) == []
    assert found.seen[0].notes == ("the probe large overflows or gives NaN on both sides",)
    assert len(found.seen) == 3


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_a_further_probe_on_which_one_side_alone_overflows_is_a_difference(side):
    def overflowing(x, name):
        return 3 * x + (np.inf if name == "large" else 0)

    found = looked(**{side: overflowing})
    (difference,), _ = worst_of(found.seen)
    assert not difference.agrees
    assert difference.probe == "large, probe weights"


def test_a_candidate_that_gives_nan_everywhere_does_not_hide_behind_one_infinity_of_the_reference():
    def reference(x, name):
        values = 3 * x
        if name == "large":
            values[0, 0] = np.inf
        return values

    def candidate(x, name):
        return 3 * x + (np.nan if name == "large" else 0)

    found = looked(reference, candidate)
    (difference,), _ = worst_of(found.seen)
    assert not difference.agrees


def test_a_batch_of_one_is_compared_like_any_and_asked_whether_it_differs_alone():
    def by_company(x, name):
        return 3 * x - x.mean(0)

    found = looked(by_company, by_company)
    assert doubts(found) == [
        f"out of the {side} depends on the other samples of its batch" for side in ("reference", "candidate")
    ]


def test_a_batch_of_one_alone_shows_no_life():
    single = Probe("given", {"x": np.ones((1, 5), np.float32)}, {"x": ("batch", "channel")})
    (doubt,) = doubts(looked(probes=(single,)))
    assert "out" in doubt


def test_an_output_that_lives_on_one_probe_is_alive():
    def mostly_dead(x, name):
        return np.maximum(x - 10, 0)

    assert doubts(looked(mostly_dead, mostly_dead)) == []

    def dead(x, name):
        return np.maximum(x - 1e4, 0)

    (doubt,) = doubts(looked(dead, dead))
    assert "same for every sample" in doubt


def test_without_a_twin_each_probe_says_why_and_is_judged_in_float32():
    found = looked(twins=(True, False))
    assert [each.reason for each in found.seen] == ["it casts"] * 4
    assert doubts(found) == []
    assert not any(each.hidden for one in found.seen for each in one.differences)


def test_with_a_tolerance_no_twin_is_asked_for_and_it_alone_decides():
    def off(x, name):
        return 3 * x + 1e-3

    found = looked(candidate=off, tolerance=Tolerance(atol=2e-3))
    assert not any(double for actor in found.actors for _, double in actor.ran)
    assert all(each.agrees for one in found.seen for each in one.outputs)
    assert not any(
        each.agrees for one in looked(candidate=off, tolerance=Tolerance(atol=5e-4)).seen for each in one.outputs
    )
    assert not Tolerance().given
    assert Tolerance(rtol=0.0).given


def test_what_is_kept_of_the_first_probe_are_its_outputs():
    found = looked()
    assert found.first.reference.outputs["out"] == pytest.approx(3 * PROBES[0].arrays["x"])
    assert not found.first.reference.steps


# -- a probe in which rounding drowns what could be seen ------------------------------------------------------


class Amplifying(Acting):
    """A side that rounds coarsely on the large probe, in float64 in proportion; alone it makes `own` of that."""

    def __init__(self, off, own=0.0):
        super().__init__(same)
        self.off, self.own = off, own

    def run(self, probe, *, double=False, given=None):
        trace = super().run(probe, double=double, given=given)
        if probe.name != "large":
            return trace
        moved = trace.steps["a"] * (1 + (self.off if double else 2.0**-9))
        alone = {"a": trace.steps["a"] * (1 + self.own)} if given is not None else {}
        return Trace({"a": moved}, {"out": moved}, alone)


def amplified(off, own=0.0):
    sides = Sides(Acting(same), Amplifying(off, own), ({}, {}), in_turn)
    seen, _ = look(sides, [(probe, probe) for probe in PROBES], MATCHES, "probe", Tolerance())
    return seen


def test_a_further_probe_in_which_only_rounding_shows_is_told_and_not_counted():
    seen = amplified(1e-10)
    assert not any(each.name.startswith("large") for each in seen)
    assert any("large" in note and "rounding" in note for note in seen[0].notes)


@pytest.mark.parametrize(("off", "own"), [(1e-8, 0.0), (1e-10, 1e-10), (1e-2, 0.0)])
def test_a_probe_in_which_more_than_rounding_shows_counts(off, own):
    assert any(each.name.startswith("large") for each in amplified(off, own))


def test_a_network_that_is_another_one_while_it_is_watched_is_a_doubt():
    def masked(x, name):
        return (2 if name == "by itself" else 3) * x

    seen = looked(masked).seen
    assert [each for each in seen[0].doubts if "not what the network gives by itself" in each and "reference" in each]
    assert not [each for each in looked().seen[0].doubts if "by itself" in each]
