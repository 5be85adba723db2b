"""The Markdown page of a small document that was written by hand."""

import copy

import pytest

from parity.figures import bound
from parity.formats.markdown import SUFFIX, render

NUMBERS = {
    "max_abs": 0.3,
    "gap": 0.25,
    "floor": 3.2e-8,
    "isolated": 0.125,
    "allowed": None,
    "scale": 2.0,
    "cosine": 0.75,
}
NOTHING = dict.fromkeys(NUMBERS)
DOCUMENT = {
    "case": "mine",
    "title": "A title",
    "verdict": "divergence",
    "expected": {"verdict": "parity", "causes": [], "met": False},
    "reasons": ["a first reason", "a second"],
    "notes": ["worth knowing"],
    "reference": {
        "framework": "keras",
        "versions": {"keras": "3.0", "tensorflow": "2.0"},
        "parameters": {"total": 12345, "trainable": 12000, "non_trainable": 345, "buffers": 6},
    },
    "candidate": {
        "framework": "torch",
        "versions": {"torch": "2.5"},
        "parameters": {"total": 11345, "trainable": 11345, "non_trainable": 0, "buffers": 0},
    },
    "layers": [
        {
            "reference": "dense",
            "candidate": "fc|1",
            "kind": "dense",
            "status": "differs",
            "faulty": True,
            "reference_shape": [4, 7],
            "candidate_shape": [4, 6],
            "reference_parameters": 12345,
            "candidate_parameters": 0,
            **NUMBERS,
        },
        {
            "reference": None,
            "candidate": "relu",
            "kind": "relu",
            "status": "lonely",
            "faulty": False,
            "reference_shape": None,
            "candidate_shape": [4, 6],
            "reference_parameters": None,
            "candidate_parameters": 0,
            **NOTHING,
        },
    ],
    "outputs": [{"name": "output", **NUMBERS}],
    "ledger": {
        "difference": 1000,
        "sum": "1,000 kernel (of another size)",
        "balances": [
            {
                "reference": "dense",
                "candidate": "fc|1",
                "reference_count": 12345,
                "candidate_count": 11345,
                "difference": 1000,
                "explanation": "kernel: 12,345 against 11,345",
            }
        ],
        "entries": [
            {"reference": "dense/kernel", "candidate": "fc.weight", "use": "mismatched", "reason": "other shapes"},
            {"reference": "dense/bias", "candidate": "fc.bias", "use": "ported", "reason": ""},
        ],
    },
    "onnx": {
        "reference_candidate": 0.5,
        "reference_onnx": 3.2e-8,
        "candidate_onnx": None,
        "implies": "ONNX agrees with the reference, the candidate stands alone",
        "reason": "",
    },
    "findings": [
        {
            "cause": "width",
            "status": "stated",
            "layer": "dense",
            "sentence": "gives 6 channels",
            "mend": "net.py:12  nn.Linear(5, 6)  →  nn.Linear(5, 7)",
            "place": {"file": "/home/me/net.py", "line": 12, "code": "nn.Linear(5, 6)"},
        }
    ],
    "explained": False,
    "left": [],
    "lent": [],
}


def changed(**parts):
    return copy.deepcopy(DOCUMENT) | parts


def tables(page: str) -> list[list[list[str]]]:
    """Every table of a page as rows of cells, its rule left out; escaped bars are no borders."""
    found, rows = [], []
    for line in [*page.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip().replace("\0", "|") for cell in line.replace("\\|", "\0").split("|")[1:-1]])
        elif rows:
            found.append([rows[0], *rows[2:]])
            rows = []
    return found


def test_the_head_says_what_came_out_what_was_expected_and_why():
    lines = render(DOCUMENT).splitlines()
    assert lines[0] == "# mine: DIVERGENCE"
    assert lines[2] == "A title; parity was expected."
    assert lines[3] == ""
    assert lines[4:7] == ["- a first reason", "- a second", "- Note: worth knowing"]
    met = changed(expected={"verdict": "divergence", "causes": [], "met": True})
    assert render(met).splitlines()[2] == "A title, as this case expects."


def test_every_table_is_rectangular_and_every_value_stands_in_its_column():
    sides, layers, outputs, distances, ledger, open_entries, causes = tables(render(DOCUMENT))
    for table in (sides, layers, outputs, distances, ledger, open_entries, causes):
        assert len({len(row) for row in table}) == 1
    assert sides[1] == ["reference", "keras 3.0 tensorflow 2.0", "12,345", "12,000", "345", "6"]
    assert layers[0][-3:] == ["alone", "gap", "floor"]
    assert layers[1] == ["dense", "fc|1", "**differs**", "4×7", "4×6", "12,345", "0", "0.12", "0.25", "< 1e-05"]
    assert layers[2] == ["–", "relu", "lonely", "–", "4×6", "–", "0", "–", "–", "–"]
    assert outputs[:2] == [["output", "gap", "floor", "scale", "cosine"], ["output", "0.25", "< 1e-05", "2", "0.75"]]
    assert distances[1:] == [
        ["reference and candidate", "0.5"],
        ["reference and ONNX", "< 1e-05"],
        ["candidate and ONNX", "–"],
    ]
    assert ledger[1] == ["dense", "fc|1", "12,345", "11,345", "1,000", "kernel: 12,345 against 11,345"]
    assert open_entries[1:] == [["dense/kernel", "fc.weight", "mismatched", "other shapes"]]
    assert causes[1] == [
        "width",
        "stated",
        "dense",
        "gives 6 channels",
        "`net.py:12` `nn.Linear(5, 6)`",
        "`nn.Linear(5, 6) → nn.Linear(5, 7)`",
    ]


@pytest.mark.parametrize("number", [9.9e-6, 1e-6, 3.2e-8, 1e-12])
def test_what_is_only_rounding_is_told_as_a_bound_that_holds(number):
    """Rounding differs from machine to machine, and a page in a repository must not."""
    output = {"name": "o", **NUMBERS, "gap": number, "floor": number}
    row = tables(render(changed(outputs=[output])))[2][1]
    for told in row[1:3]:
        assert told == f"< {bound(number)}"
        assert 10 * number <= float(told[2:])


@pytest.mark.parametrize("number", [9.9e-6, 3.2e-8, 1e-12])
def test_a_difference_above_the_floor_is_told_by_its_digits_however_small(number):
    output = {"name": "o", **NUMBERS, "gap": number, "floor": number / 2}
    row = tables(render(changed(outputs=[output])))[2][1]
    assert float(row[1]) == pytest.approx(number, rel=0.05)
    assert row[2].startswith("< ")


def test_where_a_tolerance_decides_the_float32_distance_is_held_against_it():
    tolerant = {**NUMBERS, "allowed": 0.5, "max_abs": 0.3}
    layers = [{**DOCUMENT["layers"][0], **tolerant}, DOCUMENT["layers"][1]]
    _, layers, outputs, *_ = tables(render(changed(layers=layers, outputs=[{"name": "o", **tolerant}])))
    assert layers[0][-2:] == outputs[0][1:3] == ["max abs", "allowed"]
    assert layers[1][-1] == outputs[1][2] == "0.5"
    assert layers[1][-2] == outputs[1][1] == "0.3"


def test_what_is_not_there_takes_no_room():
    bare = changed(onnx=None, findings=[], outputs=[], layers=[], reasons=[], notes=[])
    bare["ledger"] = {"difference": 0, "sum": "0", "balances": [], "entries": []}
    page = render(bare)
    assert "Third reference" not in page
    assert "causes" not in page
    assert "Note" not in page
    assert len(tables(page)) == 4
    assert SUFFIX == ".md"


def test_a_cell_is_never_broken_by_what_it_holds():
    """A line break in an explanation, and a bar or a backtick in a line of code."""
    document = changed()
    document["findings"][0]["place"]["code"] = "a | b"
    document["ledger"]["entries"][0]["reason"] = "two\nlines"
    page = render(document)
    for table in tables(page):
        assert len({len(row) for row in table}) == 1
    *_, open_entries, causes = tables(page)
    assert "two" in open_entries[1][3]
    assert "lines" in open_entries[1][3]
    assert "a | b" in causes[1][4]
