"""The terminal's page of a small document that was written by hand."""

import copy
import io

import pytest
from rich.console import Console

from parity.formats.text import SUFFIX, render
from parity.together import together

NUMBERS = {
    "compared_shapes": [[4, 7], [4, 7]],
    "max_abs": 0.25,
    "gap": 0.2,
    "floor": 3e-7,
    "allowed": None,
    "scale": 2.0,
    "cosine": 0.75,
    "where": [3, 6],
}
ROW = {
    "kind": "dense",
    "carries": False,
    "faulty": False,
    "source": False,
    "reference_shape": [4, 7],
    "candidate_shape": [4, 7],
    "reference_parameters": 12345,
    "candidate_parameters": 12345,
    "max_abs": 0.0,
    "isolated": 0.0,
    "gap": 0.0,
    "floor": 3e-7,
    "allowed": None,
}
NOTHING = dict.fromkeys(("max_abs", "isolated", "gap", "floor", "allowed"))
DOCUMENT = {
    "case": "mine",
    "title": "A [title] of its own",
    "verdict": "divergence",
    "expected": {"verdict": "parity", "causes": [], "met": False},
    "reasons": ["a first reason", "a second"],
    "notes": [],
    "reference": {"framework": "keras", "versions": {"keras": "3.0"}, "parameters": {"total": 12345}},
    "candidate": {"framework": "torch", "versions": {"torch": "2.5"}, "parameters": {"total": 11345}},
    "layers": [
        ROW | {"reference": "first", "candidate": "fc1", "status": "same"},
        ROW | {"reference": "turned", "candidate": "view", "status": "same", "kind": "reshape", "carries": True},
        ROW
        | {"reference": "second", "candidate": "fc2", "status": "shape", "faulty": True, "source": True}
        | {"candidate_shape": [4, 6], "candidate_parameters": 11345, **NOTHING},
        ROW
        | {"reference": None, "candidate": "loner", "status": "lonely"}
        | {"reference_shape": None, "reference_parameters": None, **NOTHING},
    ],
    "outputs": [{"name": "output", **NUMBERS}],
    "ledger": {
        "difference": 1000,
        "sum": "1,000 kernel (of another size)",
        "balances": [
            {
                "reference": "second",
                "candidate": "fc2",
                "reference_count": 12345,
                "candidate_count": 11345,
                "difference": 1000,
                "explanation": "kernel: 12,345 against 11,345",
            }
        ],
        "entries": [
            {"reference": "first/kernel", "candidate": "fc1.weight", "use": "ported", "reason": ""},
            {"reference": "second/kernel", "candidate": "fc2.weight", "use": "mismatched", "reason": "other shapes"},
        ],
    },
    "onnx": None,
    "findings": [
        {
            "cause": "width",
            "status": "suspected",
            "before": None,
            "after": None,
            "mend": "",
            "doubt": "",
            "layer": "second",
            "sentence": "gives 6 channels",
            "place": {"file": "/home/me/net.py", "line": 12, "code": "nn.Linear(5, 6)"},
        }
    ],
    "explained": False,
    "left": [],
    "lent": [],
    "timings": {"run": 1.25},
}
MEND = "net.py:12  this  →  mended()"
ONNX = {"reference_candidate": 0.5, "reference_onnx": 0.0, "candidate_onnx": None, "implies": "it says", "reason": ""}


def changed(**parts):
    return copy.deepcopy(DOCUMENT) | parts


def line(page: str, word: str) -> str:
    (found,) = [each for each in page.splitlines() if word in each]
    return found


def test_each_layer_has_its_mark_its_numbers_and_its_note():
    page = render(DOCUMENT)
    assert line(page, "fc1").split() == ["✓", "first", "fc1", "4×7", "12,345", "0", "0", "3e-07"]
    assert line(page, "fc2 ").split("  ")[0].startswith("✗")
    assert all(word in line(page, "fc2 ") for word in ("4×7 | 4×6", "12,345 ≠ 11,345", "begins here"))
    assert line(page, "loner").split() == ["·", "–", "loner", "4×7", "12,345", "–", "–", "–", "no", "partner"]


@pytest.mark.parametrize(
    ("status", "mark", "note"),
    [
        ("hidden", "≈", "differs below the floor"),
        ("untested", "?", "settings differ"),
        ("moved", "?", "in another order"),
        ("stepwise", "?", "step by step on one side"),
        ("overflow", "?", "infinite on both sides"),
        ("nan", "?", "NaN on both sides"),
        ("empty", "?", "empty on both sides"),
        ("order unknown", "?", "axes lost on the way"),
    ],
)
def test_a_status_that_is_neither_right_nor_wrong_is_told_in_words(status, mark, note):
    row = ROW | {"reference": "first", "candidate": "fc1", "status": status}
    told = line(render(changed(layers=[row])), "fc1")
    assert told.split()[0] == mark
    assert note in told


def test_alone_gap_and_floor_stand_in_their_columns():
    row = ROW | {"reference": "first", "candidate": "fc1", "status": "differs", "faulty": True}
    page = render(changed(layers=[row | {"isolated": 0.125, "gap": 0.5, "floor": 2e-6}]))
    assert line(page, "alone").split()[-3:] == ["alone", "gap", "floor"]
    assert line(page, "fc1").split() == ["✗", "first", "fc1", "4×7", "12,345", "0.12", "0.5", "2e-06"]


def test_where_a_tolerance_decides_the_float32_distance_is_held_against_it():
    row = ROW | {"reference": "first", "candidate": "fc1", "status": "same", "isolated": None}
    tolerated = {"gap": 0.5, "floor": 2e-6, "max_abs": 0.75, "allowed": 1.5}
    page = render(changed(layers=[row | tolerated], outputs=[{"name": "output", **NUMBERS, **tolerated}]))
    assert line(page, "alone").split()[-4:] == ["alone", "max", "abs", "allowed"]
    assert line(page, "fc1").split()[-3:] == ["–", "0.75", "1.5"]
    assert line(page, "output:") == "output: max abs 0.75 at (3, 6), allowed 1.5, scale 2"


def test_the_page_ends_with_the_verdict_and_its_reasons():
    assert [each.strip() for each in render(DOCUMENT).splitlines()[-3:]] == [
        "DIVERGENCE  mine  (parity was expected)",
        "· a first reason",
        "· a second",
    ]


def test_a_note_is_told_with_parity_too():
    met = {"verdict": "parity", "causes": [], "met": True}
    page = render(changed(verdict="parity", expected=met, reasons=[], notes=["worth knowing"]))
    assert [each.strip() for each in page.splitlines()[-2:]] == ["PARITY  mine", "note: worth knowing"]


@pytest.mark.parametrize(
    ("verdict", "expected", "headline"),
    [
        ("parity", {"verdict": "parity", "causes": [], "met": True}, "PARITY  mine"),
        (
            "divergence",
            {"verdict": "divergence", "causes": [], "met": True},
            "DIVERGENCE  mine  (as this case expects)",
        ),
        ("parity", {"verdict": "divergence", "causes": [], "met": False}, "PARITY  mine  (divergence was expected)"),
        (
            "divergence",
            {"verdict": "divergence", "causes": ["stride", "width"], "met": False},
            "DIVERGENCE  mine  (the causes stride, width were expected)",
        ),
        (
            "parity",
            {"verdict": "parity", "causes": ["stride"], "met": False},
            "PARITY  mine  (the causes stride were expected)",
        ),
        (
            "inconclusive",
            {"verdict": "parity", "causes": [], "met": False},
            "INCONCLUSIVE  mine  (parity was expected)",
        ),
    ],
)
def test_the_headline_is_the_plain_truth_and_what_was_expected_of_it(verdict, expected, headline):
    assert render(changed(verdict=verdict, expected=expected), quiet=True).rstrip() == headline


def test_only_verbose_tells_layers_that_move_data_the_whole_ledger_and_the_times():
    short, long = render(DOCUMENT), render(DOCUMENT, verbose=1)
    for word in ("turned", "first/kernel → fc1.weight", "run 1.25 s"):
        assert word not in short
        assert word in long


def test_the_ledger_tells_counts_and_every_layer_whose_counts_differ():
    page = render(DOCUMENT)
    assert "1 ported, 1 mismatched; totals differ by 1,000 kernel (of another size)" in page
    assert "second: 12,345 − 11,345 = 1,000  kernel: 12,345 against 11,345" in page


def test_a_cause_comes_with_its_place_and_code():
    page = render(DOCUMENT)
    assert "width  second: gives 6 channels" in page
    assert "net.py:12  nn.Linear(5, 6)" in page
    assert "/home/me" not in page


def test_the_output_is_told_with_gap_floor_scale_and_the_place_of_the_largest_distance():
    assert line(render(DOCUMENT), "output:") == "output: gap 0.2, floor 3e-07, scale 2; in float32 0.25 at (3, 6)"


def test_an_output_of_nothing_but_zeros_is_told_as_compared():
    """There is no cosine then, which is no reason to speak of shapes."""
    zeros = {"max_abs": 0.0, "gap": 0.0, "floor": 0.0, "scale": 0.0, "cosine": None, "where": [0, 0]}
    told = line(render(changed(outputs=[{"name": "output", **NUMBERS, **zeros}])), "output:")
    assert told == "output: gap 0, floor 0, scale 0; in float32 0 at (0, 0)"
    assert "[[" not in told


def test_an_output_that_cannot_be_compared_is_told_by_both_shapes():
    lost = dict.fromkeys(("max_abs", "gap", "floor", "allowed", "scale", "cosine", "where"))
    page = render(changed(outputs=[{"name": "output", **lost, "compared_shapes": [[4, 7], [4, 6]]}]))
    assert "not compared" in line(page, "output:")
    assert "7" in line(page, "output:")
    assert "6" in line(page, "output:")


def test_three_distances_or_the_reason_why_there_are_none():
    assert (
        line(render(changed(onnx=ONNX)), "distances")
        == "distances: keras–torch 0.5 · keras–onnx 0 · torch–onnx – — it says"
    )
    told = line(render(changed(onnx=ONNX | {"reason": "failed", "implies": "no third reference: failed"})), "distances")
    assert told == "distances: no third reference: failed"


def test_plain_text_has_no_codes_no_markup_eaten_and_no_blanks_at_the_ends():
    page = render(DOCUMENT)
    assert "A [title] of its own" in page
    assert "\x1b" not in page
    assert not [each for each in page.splitlines() if each != each.rstrip()]
    assert SUFFIX == ".txt"


def test_a_console_is_printed_to_in_colour_where_it_has_any():
    def printed(**options):
        console = Console(file=io.StringIO(), width=120, **options)
        assert render(DOCUMENT, console=console) == ""
        return console.file.getvalue()

    coloured = printed(force_terminal=True, color_system="standard", no_color=False)
    assert "\x1b[1;31mDIVERGENCE" in coloured
    assert "\x1b" not in printed(force_terminal=False)


def test_findings_are_counted_by_how_they_stand():
    finding = DOCUMENT["findings"][0]
    proved = finding | {
        "status": "confirmed",
        "cause": "bn-epsilon",
        "before": 0.5,
        "after": 1e-16,
        "mend": "net.py:12  this  →  mended()",
    }
    refused = finding | {"doubt": "not called as before"}
    page = render(changed(findings=[proved, refused, finding | {"status": "unknown"}], explained=True))
    assert "causes: 1 confirmed, 1 suspected, 1 unknown" in page
    assert "alone it differs by 0.5, mended in memory by 1e-16" in page
    assert line(page, "mended()").strip() == MEND
    assert "not proved: not called as before" in page
    assert "mended at once, in memory, the two networks are the same" in page
    assert "mended at once" not in render(DOCUMENT)
    part = render(changed(findings=[proved], left=["norm", "fc"]))
    assert "with all that is confirmed mended at once, in memory, they still part at norm, fc" in part


def test_what_all_causes_come_to_at_once_is_one_sentence():
    def told(**words):
        found = {**DOCUMENT, "explained": False, "left": [], "lent": [], "findings": [], **words}
        return together(found)

    confirmed = [{"status": "confirmed"}]
    assert told() == ""
    assert told(explained=True, findings=confirmed) == (
        "with all that is confirmed mended at once, in memory, the two networks are the same"
    )
    assert told(left=["a", "b"], findings=confirmed).endswith("in memory, they still part at a, b")
    assert told(explained=True, lent=["a"], findings=[{"status": "stated"}]) == (
        "with the reference's values in the place of a, the two networks are the same"
    )
    assert ", and the reference's values in the place of a, " in told(explained=True, lent=["a"], findings=confirmed)
