"""The verdict: parity is what is left when nothing else can be said, and a great deal else can be said."""

from dataclasses import replace

import numpy as np
import pytest

from parity.axes import named, unknown
from parity.compare import compare
from parity.judge import judge, judge_layers, notes
from parity.nouns import Difference, Entry, Layer, Ledger, Match, Outline, Pair, Parameter

NAN, INF = float("nan"), float("inf")
CARRIED = Entry("a", "kernel", "a/kernel", "a.weight", 15, "ported")
ONES = np.ones((2, 3))


def layer(name, reads=("input:x",), kind="dense", **more):
    return Layer(name, kind, tuple(reads), (2, 3), more.pop("axes", named("batch channel", (2, 3))), **more)


def pair(name, reads=("input:x",), kind="dense", **more):
    return Match(layer(name, reads, kind), layer(name, reads, kind), **more)


def decided(rows, outputs=((ONES, ONES),), entries=(CARRIED,), ends=None):
    """The verdict, its reasons and the judged rows, for rows of (match, reference array, candidate array)."""
    matches = tuple(match for match, _, _ in rows)
    differences = [compare(Pair(match.name, tuple(arrays))) for match, *arrays in rows]
    found = [compare(Pair(f"output.{at}", tuple(arrays))) for at, arrays in enumerate(outputs)]
    ledger = Ledger(tuple(entries), ())
    sides = [
        Outline(
            "keras", {}, ("x",), tuple(each for match in matches if (each := getattr(match, side))), ends or {"o": "a"}
        )
        for side in ("reference", "candidate")
    ]
    judged = judge_layers(matches, differences, ledger, all(each.agrees for each in found))
    return *judge(*sides, judged, found, ledger), judged


AGREES = (pair("a"), ONES, ONES)


def test_where_all_was_carried_compared_and_found_equal_it_is_parity():
    verdict, reasons, rows = decided([AGREES, (pair("b", ["a"]), ONES, ONES + 1e-7)])
    assert (verdict, reasons, [row.status for row in rows]) == ("parity", (), ["same", "same"])


def with_nan(side):
    holed = ONES.copy()
    holed[0, 1] = NAN
    return {"both": (holed, holed), "reference": (holed, ONES), "candidate": (ONES, holed)}[side]


DOUBTS = {
    "an output with NaN on both sides": ({"rows": [AGREES], "outputs": [with_nan("both")]}, "NaN on both sides"),
    "an output of NaN alone": ({"rows": [AGREES], "outputs": [(ONES * NAN, ONES * NAN)]}, "NaN on both sides"),
    "an output that overflows on both sides": ({"rows": [AGREES], "outputs": [(ONES * INF, ONES * INF)]}, "overflows"),
    "an empty output": ({"rows": [AGREES], "outputs": [(np.ones((2, 0)),) * 2]}, "is empty: (2, 0)"),
    "one empty output of two": ({"rows": [AGREES], "outputs": [(ONES, ONES), (np.ones((0, 3)),) * 2]}, "is empty"),
    "no output at all": ({"rows": [AGREES], "outputs": [], "ends": {"": ""}}, "have no output"),
    "an output that is the input": ({"rows": [AGREES], "ends": {"o": "input:x"}}, "not computed from its inputs"),
    "an output from nowhere": ({"rows": [AGREES], "ends": {"o": ""}}, "not computed from its inputs"),
    "a layer with NaN on both sides": ({"rows": [(pair("a"), *with_nan("both"))]}, "layer a gives NaN on both sides"),
    "no layer at all": ({"rows": []}, "no layer of the candidate answers"),
    "no match": (
        {"rows": [(Match(layer("a"), None), ONES, None), (Match(None, layer("b")), None, ONES)]},
        "no layer of the candidate answers",
    ),
    "matches of mere carriers": (
        {"rows": [(Match(layer("a", carries=True), layer("a", carries=True)), ONES, ONES)]},
        "no layer of the candidate answers",
    ),
    "an array that no rule carries": ({"rows": [AGREES], "entries": [replace(CARRIED, use="unknown")]}, "a/kernel"),
    "an array that no layer reads": ({"rows": [AGREES], "entries": [replace(CARRIED, use="unread")]}, "a/kernel"),
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_what_leaves_a_doubt_is_inconclusive_with_the_reason_and_never_parity(doubt):
    facts, words = DOUBTS[doubt]
    verdict, reasons, _ = decided(**facts)
    assert verdict == "inconclusive"
    assert words in " ".join(reasons)


FAULTS = {
    "an output that differs": ({"rows": [AGREES], "outputs": [(ONES, ONES + 1e-3)]}, "output.0 differs by 0.001"),
    "one output of two that differs": (
        {"rows": [AGREES], "outputs": [(ONES, ONES), (ONES, -ONES)]},
        "output.1 differs",
    ),
    "an output of another shape": ({"rows": [AGREES], "outputs": [(ONES, ONES[:, :2])]}, "(2, 3) against (2, 2)"),
    "an output that only the reference has": ({"rows": [AGREES], "outputs": [(ONES, None)]}, "candidate has no output"),
    "an output that only the candidate has": ({"rows": [AGREES], "outputs": [(None, ONES)]}, "reference has no output"),
    "NaN in the candidate only": (
        {"rows": [AGREES], "outputs": [with_nan("candidate")]},
        "1 NaN in the candidate only",
    ),
    "NaN in the reference only": (
        {"rows": [AGREES], "outputs": [with_nan("reference")]},
        "1 NaN in the reference only",
    ),
    "infinities of two signs": ({"rows": [AGREES], "outputs": [(ONES * INF, -ONES * INF)]}, "differs by inf"),
    "a layer that differs": ({"rows": [(pair("a"), ONES, ONES + 1)]}, "beginning at a"),
    "a layer of another shape": ({"rows": [(pair("a"), ONES, ONES[:1])]}, "beginning at a"),
    "arrays that do not answer each other": (
        {"rows": [AGREES], "entries": [replace(CARRIED, use="mismatched")]},
        "do not answer each other: a",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_certainly_wrong_is_a_divergence_with_the_reason(fault):
    facts, words = FAULTS[fault]
    verdict, reasons, _ = decided(**facts)
    assert verdict == "divergence"
    assert words in " ".join(reasons)


def test_with_weights_that_were_not_carried_values_prove_nothing_but_shapes_still_do():
    unknown_array = [replace(CARRIED, use="unknown")]
    assert decided([AGREES], [(ONES, ONES + 1)], unknown_array)[0] == "inconclusive"
    assert decided([AGREES], [(ONES, ONES[:1])], unknown_array)[0] == "divergence"


def test_a_divergence_tells_its_doubts_too():
    _, reasons, _ = decided([AGREES], [(ONES, ONES + 1)], [replace(CARRIED, use="unread")])
    assert len(reasons) == 2
    assert "no layer reads a/kernel" in reasons[1]


LOST = Match(layer("a", axes=unknown((2, 3))), layer("a"))


@pytest.mark.parametrize(
    ("match", "status"), [(pair("a", moved=True), "moved"), (LOST, "order unknown")], ids=["moved", "lost"]
)
def test_a_layer_in_another_order_is_charged_with_nothing_itself_and_excuses_no_output(match, status):
    rows = [(match, ONES, ONES + 1), (pair("b", ["a"]), ONES, ONES)]
    verdict, _, (row, _) = decided(rows, [(ONES, ONES + 1)])
    assert (row.status, row.faulty, verdict) == (status, False, "divergence")


def test_nan_on_both_sides_is_a_doubt_also_in_a_layer_that_moved():
    holed = with_nan("both")[0]
    verdict, reasons, _ = decided([(pair("a", moved=True), holed, holed), (pair("b", ["a"]), ONES, ONES)])
    assert verdict == "inconclusive", reasons


def test_another_stride_that_these_sizes_cannot_show_is_untested_and_inconclusive():
    mine, yours = layer("a", settings={"stride": (2,)}), layer("a", settings={"stride": (1,)})
    verdict, reasons, (row,) = decided([(Match(mine, yours), ONES, ONES)])
    assert (verdict, row.status) == ("inconclusive", "untested")
    assert "stride is (2,) against (1,)" in " ".join(reasons)


def test_a_carrier_whose_values_differ_is_not_charged():
    carrier = Match(layer("a", carries=True), layer("a", carries=True))
    _, _, (row,) = decided([(carrier, ONES, ONES + 1)])
    assert not row.faulty


def sources(rows):
    _, _, judged = decided(rows, [(ONES, ONES + 1)])
    return {row.match.name for row in judged if row.source}


WRONG = ONES + 1


def test_only_the_first_of_a_row_of_differing_layers_is_a_source():
    rows = [AGREES, (pair("b", ["a"]), ONES, WRONG), (pair("c", ["b"]), ONES, WRONG), (pair("d", ["c"]), ONES, WRONG)]
    assert sources(rows) == {"b"}


def test_each_branch_has_a_source_of_its_own():
    rows = [
        AGREES,
        (pair("left", ["a"]), ONES, WRONG),
        (pair("right", ["a"]), ONES, WRONG),
        (pair("sum", ["left", "right"]), ONES, WRONG),
    ]
    assert sources(rows) == {"left", "right"}


def test_a_layer_that_agrees_between_two_that_differ_ends_the_first_fault():
    rows = [(pair("a"), ONES, WRONG), (pair("b", ["a"]), ONES, ONES), (pair("c", ["b"]), ONES, WRONG)]
    assert sources(rows) == {"a", "c"}


def test_taint_passes_through_carriers_and_lonely_layers():
    carrier = Match(layer("flat", ["a"], carries=True), layer("flat", ["a"], carries=True))
    rows = [
        (pair("a"), ONES, WRONG),
        (carrier, ONES, WRONG),
        (Match(layer("extra", ["flat"]), None), ONES, None),
        (Match(layer("b", ["extra"]), layer("b", ["flat"])), ONES, WRONG),
    ]
    assert sources(rows) == {"a"}


def test_a_layer_without_a_partner_right_before_the_first_that_differs_explains_it_unless_that_is_set_otherwise():
    rows = [
        AGREES,
        (Match(layer("relu", ["a"], "relu"), None), ONES, None),
        (Match(layer("b", ["relu"]), layer("b", ["a"])), ONES, WRONG),
    ]
    assert sources(rows) == {"relu"}
    other = Match(layer("b", ["relu"], settings={"slope": 1}), layer("b", ["a"], settings={"slope": 2}))
    assert sources([*rows[:2], (other, ONES, WRONG)]) == {"relu", "b"}


def test_sources_follow_the_data_and_not_the_order_of_the_rows():
    rows = [(pair("c", ["b"]), ONES, WRONG), AGREES, (pair("b", ["a"]), ONES, WRONG)]
    assert sources(rows) == {"b"}


def test_a_lonely_layer_of_the_candidate_does_not_charge_the_reference_s_layer_of_the_same_name():
    kernel = Parameter("kernel", "a.weight", (5, 3))
    lonely = Match(None, layer("a", ["b"], parameters=(kernel,)))
    rows = [(Match(layer("a"), layer("b")), ONES, ONES), (lonely, None, ONES)]
    entries = [replace(CARRIED, candidate="b.weight"), Entry("a", "kernel", "", "a.weight", 15, "mismatched")]
    verdict, _, (matched, other) = decided(rows, entries=entries)
    assert (verdict, matched.faulty, other.faulty) == ("divergence", False, True)


# -- what was measured: float64, and each layer alone ------------------------------------------------------


def measured(name, *, share, gap=1e-9, isolated_share=None, floor=1e-7, scale=1.0, isolated=None):
    """A difference with these numbers; above 1 of its share it is no rounding any more."""
    return Difference(
        name,
        (2, 3),
        (2, 3),
        scale=scale,
        max_abs=gap,
        gap=gap,
        floor=floor,
        rounding=1e-14,
        share=share,
        isolated=isolated if isolated_share is None else isolated_share * floor,
        isolated_share=isolated_share,
    )


def weighed(rows, *, outputs_agree=False, doubts=()):
    """Verdict, reasons, notes and rows for (match, difference)."""
    matches, differences = zip(*rows, strict=True)
    ledger = Ledger((CARRIED,), ())
    sides = [
        Outline("keras", {}, ("x",), tuple(each for match in matches if (each := getattr(match, side))), {"o": "a"})
        for side in ("reference", "candidate")
    ]
    judged = judge_layers(matches, differences, ledger, outputs_agree)
    output = measured("output", share=0.5 if outputs_agree else 9.0, gap=1e-16 if outputs_agree else 1e-3)
    return *judge(*sides, judged, [output], ledger, doubts), notes(judged, (), *sides), judged


def test_only_layers_that_part_alone_are_sources_however_many_differ():
    rows = [
        (pair("a"), measured("a", share=90, isolated_share=90)),
        (pair("b", ["a"]), measured("b", share=90, isolated_share=0.1)),
        (pair("c", ["b"]), measured("c", share=90, isolated_share=5)),
        (pair("d", ["c"]), measured("d", share=90, isolated_share=0.9)),
    ]
    verdict, reasons, _, judged = weighed(rows)
    assert verdict == "divergence"
    assert {row.match.name for row in judged if row.source} == {"a", "c"}
    assert "4 of 4 layers differ, beginning at a, c" in " ".join(reasons)


def test_a_difference_that_float32_hides_is_parity_with_a_note_that_names_its_layer_and_size():
    rows = [
        (pair("a"), measured("a", share=0.1, gap=1e-8, isolated_share=0.1)),
        (pair("b", ["a"]), measured("b", share=0.1, gap=1e-8, isolated=1e-16)),
    ]
    verdict, reasons, told, judged = weighed(rows, outputs_agree=True)
    assert (verdict, reasons, [row.status for row in judged]) == ("parity", (), ["hidden", "hidden"])
    (note,) = told
    assert note.startswith("a differs by 1e-08")


def test_a_hidden_difference_that_no_layer_makes_alone_is_told_all_the_same():
    rows = [(pair("a"), measured("a", share=0.1, gap=1e-8, isolated=1e-16))]
    _, _, told, _ = weighed(rows, outputs_agree=True)
    assert "1 layers differ" in told[0]
    assert "beginning at a" in told[0]


def test_healthy_rows_leave_no_note():
    rows = [(pair("a"), measured("a", share=1e-8, gap=1e-16, isolated=1e-16))]
    verdict, reasons, told, _ = weighed(rows, outputs_agree=True)
    assert (verdict, reasons, told) == ("parity", (), ())


def test_a_hidden_difference_in_a_layer_that_is_mostly_rounding_is_inconclusive():
    rows = [(pair("a"), measured("a", share=0.1, gap=1e-8, floor=2.0**-11))]
    verdict, reasons, _, _ = weighed(rows, outputs_agree=True)
    assert verdict == "inconclusive"
    assert "too ill-conditioned" in " ".join(reasons)


def test_a_doubt_from_elsewhere_forbids_parity_and_is_the_reason():
    rows = [(pair("a"), measured("a", share=1e-8, gap=1e-16))]
    verdict, reasons, _, _ = weighed(rows, outputs_agree=True, doubts=["the dice were thrown"])
    assert (verdict, reasons) == ("inconclusive", ("the dice were thrown",))
