"""Reports: what is written, that it is written whole or not at all, and that its schema and its page hold."""

import json
import os
import stat
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

import parity
from parity import report, shelf
from parity.case import Case, Expectation, SideSpec
from parity.errors import UsageError
from parity.judge import Judgement
from parity.nouns import Balance, Difference, Entry, Finding, Layer, Ledger, Match, Outline, Parameter, Place
from parity.third import Third
from parity.verdict import Verdict

SCHEMA = json.loads((Path(parity.__file__).parent / "report.schema.json").read_text())
PAGE = Path(__file__).parents[1] / "docs" / "report.md"


def outline(framework: str, name: str, width: int) -> Outline:
    kernel = Parameter("kernel", f"{name}.weight", (5, width), "input output")
    spare = Parameter("spare", f"{name}.spare", (3,), counted=False)
    layer = Layer(
        name, "dense", ("input:x",), (2, width), (), parameters=(kernel,), built=Place("/home/me/net.py", 12, "Dense()")
    )
    return Outline(framework, {framework: "3.0"}, ("x",), (layer,), {"output": name}, (spare,))


def verdict(**changes) -> Verdict:
    """One dense layer on either side, of other widths, with a little of everything that a report can tell."""
    one, other = outline("keras", "dense", 7), outline("torch", "fc", 6)
    shaped = Difference("dense", (2, 7), (2, 6))
    nan = Difference(
        "output",
        (2, 7),
        (2, 7),
        scale=3.0,
        max_abs=float("inf"),
        mean_abs=float("nan"),
        relative=float("inf"),
        where=(1, 2),
        gap=float("inf"),
        floor=3e-5,
        rounding=2e-12,
        share=float("inf"),
        isolated=0.25,
        isolated_share=8e3,
        probe="noise, probe weights",
        reference_nan=2,
        reference_inf=1,
    )
    rows = (
        Judgement(Match(one.layers[0], other.layers[0]), shaped, "shape", mismatched=True, source=True),
        Judgement(Match(None, other.layers[0]), Difference("fc", None, (2, 6)), "lonely"),
    )
    ledger = Ledger(
        (Entry("dense", "kernel", "dense.weight", "fc.weight", 35, "mismatched", "(5, 7) against (5, 6)"),),
        (Balance("dense", "fc", 35, 30, "kernel: 35 against 30", False), Balance("", "extra", 0, 4)),
    )
    finding = Finding(
        "width", "suspected", "dense", "gives 6 channels, the reference 7", "7", "6", Place("/me/net.py", 3)
    )
    parts = {
        "case": Case(
            "mine",
            "A title",
            Path(),
            SideSpec("keras", "a:b", Path()),
            SideSpec("torch", "a:b", Path()),
            (),
            expect=Expectation("divergence", ("width",)),
        ),
        "verdict": "divergence",
        "reasons": ("1 of 2 layers differ",),
        "notes": ("the probe large was left out: too large",),
        "reference": one,
        "candidate": other,
        "layers": rows,
        "outputs": (nan,),
        "ledger": ledger,
        "findings": (finding,),
        "onnx": Third({"onnx": "1.0"}, float("inf"), 1e-7, None),
        "probes": ("noise, probe weights", "alone, probe weights"),
        "timings": {"run": 0.12345},
    }
    return Verdict(**(parts | changes))


DOCUMENT = verdict().to_dict()


# -- the document ----------------------------------------------------------------------------------


def test_the_schema_is_itself_valid():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"onnx": None, "findings": (), "layers": (), "outputs": (), "reasons": (), "notes": (), "verdict": "parity"},
        {"onnx": Third(reason="the export failed\nfor many reasons"), "verdict": "inconclusive"},
    ],
    ids=["all", "bare", "no-export"],
)
def test_a_document_holds_to_the_schema_and_survives_json(changes):
    document = verdict(**changes).to_dict()
    Draft202012Validator(SCHEMA).validate(document)
    assert json.loads(report.render(document, "json")) == document


@pytest.mark.parametrize(
    "status",
    [
        "same",
        "hidden",
        "untested",
        "differs",
        "shape",
        "nan",
        "lonely",
        "moved",
        "stepwise",
        "order unknown",
        "overflow",
        "empty",
    ],
)
def test_every_status_of_a_layer_is_in_the_schema(status):
    rows = (Judgement(verdict().layers[0].match, Difference("dense", None, None), status),)
    Draft202012Validator(SCHEMA).validate(verdict(layers=rows).to_dict())


def test_the_schema_refuses_what_a_report_must_not_hold():
    validator = Draft202012Validator(SCHEMA)
    for change in ({"verdict": "ok"}, {"schema": "parity/2"}, {"more": 1}, {"layers": [{"reference": "a"}]}):
        with pytest.raises(ValidationError):
            validator.validate(DOCUMENT | change)
    for key in DOCUMENT:
        with pytest.raises(ValidationError):
            validator.validate({name: value for name, value in DOCUMENT.items() if name != key})


def test_numbers_that_json_has_not_are_null_and_counted_beside():
    (output,) = DOCUMENT["outputs"]
    assert [output[name] for name in ("max_abs", "mean_abs", "relative", "gap", "cosine")] == [None] * 5
    assert (output["reference_nan"], output["candidate_nan"], output["reference_inf"]) == (2, 0, 1)
    assert output["agrees"] is False
    assert DOCUMENT["onnx"]["reference_candidate"] is None
    assert "NaN" not in report.render(DOCUMENT, "json")


def test_each_number_stands_under_its_own_name():
    (output,) = DOCUMENT["outputs"]
    assert (output["scale"], output["floor"], output["rounding"], output["isolated"]) == (3.0, 3e-5, 2e-12, 0.25)
    assert (output["where"], output["allowed"]) == ([1, 2], None)
    allowed = Difference("output", (2, 7), (2, 7), max_abs=0.5, allowed=0.75)
    (tolerated,) = verdict(outputs=(allowed,)).to_dict()["outputs"]
    assert (tolerated["max_abs"], tolerated["allowed"], tolerated["agrees"]) == (0.5, 0.75, True)


def test_notes_and_probes_are_told_and_each_number_names_its_probe():
    assert DOCUMENT["notes"] == ["the probe large was left out: too large"]
    assert DOCUMENT["probes"] == ["noise, probe weights", "alone, probe weights"]
    assert DOCUMENT["outputs"][0]["probe"] == "noise, probe weights"
    for name in ("text", "markdown"):
        assert "the probe large was left out: too large" in report.render(DOCUMENT, name)


def test_a_layer_that_only_moves_data_is_marked_so():
    view = Layer("view", "reshape", ("fc",), (2, 6), (), carries=True)
    rows = (*verdict().layers, Judgement(Match(None, view), Difference("view", None, (2, 6)), "lonely"))
    document = verdict(layers=rows).to_dict()
    assert [row["carries"] for row in document["layers"]] == [False, False, True]


def test_counts_are_those_of_the_outlines():
    counts = {"total": 35, "trainable": 35, "non_trainable": 0, "buffers": 3}
    assert DOCUMENT["reference"] == {"framework": "keras", "versions": {"keras": "3.0"}, "parameters": counts}
    assert DOCUMENT["ledger"]["difference"] == (35 - 30) + (0 - 4)
    assert DOCUMENT["layers"][0]["reference_place"] == {"file": "/home/me/net.py", "line": 12, "code": "Dense()"}
    assert DOCUMENT["layers"][1]["reference"] is None
    assert DOCUMENT["layers"][1]["reference_parameters"] is None


def test_met_needs_the_verdict_and_every_cause_that_is_named():
    assert DOCUMENT["expected"] == {"verdict": "divergence", "causes": ["width"], "met": True}
    assert not verdict(findings=()).to_dict()["expected"]["met"]
    assert not verdict(verdict="inconclusive").to_dict()["expected"]["met"]


@pytest.mark.parametrize(
    ("third", "words"),
    [
        (Third({}, 1.0, 1e-7, 1.0), "the candidate stands alone"),
        (Third({}, 1.0, 1.0, 1e-7), "the reference stands alone"),
        (Third({}, 1e-7, 1e-7, 1e-7), "agrees with both"),
        (Third({}, 1.0, 1.0, 1.0), "agrees with neither"),
        (Third({}, None, 1e-7, None), "the candidate stands alone"),
        (Third({}, float("nan"), float("nan"), float("nan")), "agrees with neither"),
        (Third(reason="no such op\nsecond line"), "no such op"),
    ],
)
def test_what_three_distances_imply(third, words):
    assert third.implies.endswith(words)


# -- files -----------------------------------------------------------------------------------------


def test_each_suffix_asks_for_its_own_format(tmp_path):
    for suffix, name in {".json": "json", ".md": "markdown", ".txt": "text"}.items():
        verdict().save(tmp_path / f"report{suffix}")
        assert (tmp_path / f"report{suffix}").read_text(encoding="utf-8") == report.render(DOCUMENT, name)
    assert set(shelf.read("parity.formats", "SUFFIX").values()) >= {".json", ".md", ".txt"}


@pytest.mark.parametrize("name", ["report.pdf", "report", "report.", ".md", "report.JSON"])
def test_another_suffix_is_refused_with_the_right_ones_and_nothing_is_written(tmp_path, name):
    with pytest.raises(UsageError, match=r"\.json, \.md, \.txt"):
        report.save(DOCUMENT, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_report_takes_the_place_of_an_old_one_and_is_readable_by_those_whom_the_umask_allows(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    before = os.umask(0o027)
    try:
        report.save(DOCUMENT, path)
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert json.loads(path.read_text()) == DOCUMENT
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def fail(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("broken", ["render", "write", "chmod", "replace"])
def test_a_report_is_whole_or_not_there_wherever_writing_it_fails(tmp_path, monkeypatch, broken):
    path = tmp_path / "report.json"
    path.write_text("what stood there")
    if broken == "render":
        document = DOCUMENT | {"timings": {"run": float("nan")}}
    else:
        document = DOCUMENT
        names = {"write": ("os.fdopen", fail), "chmod": ("os.chmod", fail), "replace": ("os.replace", fail)}
        monkeypatch.setattr(*names[broken])
    with pytest.raises((UsageError, OSError, ValueError)):
        report.save(document, path)
    monkeypatch.undo()
    assert path.read_text() == "what stood there"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["missing/report.md", "folder.md", "file.md/report.md", f"{'n' * 300}.md"])
def test_a_place_that_cannot_be_written_is_wrong_usage_that_names_it_and_leaves_no_draft(tmp_path, name):
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "file.md").write_text("a file")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError, match=r"report\.md|folder\.md|nnnn"):
        report.save(DOCUMENT, tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before


# -- the page --------------------------------------------------------------------------------------


def properties(schema) -> set[str]:
    """Every property name anywhere in a schema."""
    if isinstance(schema, list):
        return set().union(*map(properties, schema))
    if not isinstance(schema, dict):
        return set()
    named = schema.get("properties", {})
    return set(named).union(*map(properties, [*named.values(), *(v for k, v in schema.items() if k != "properties")]))


def enumerated(schema) -> set[str]:
    """Every word of every `enum` anywhere in a schema."""
    if isinstance(schema, list):
        return set().union(*map(enumerated, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("enum", ())).union(*map(enumerated, schema.values()))


def test_the_page_names_every_property_and_every_word_of_the_schema_as_code():
    page = PAGE.read_text(encoding="utf-8")
    missing = {name for name in properties(SCHEMA) if f"`{name}`" not in page}
    assert not missing
    missing = {word for word in enumerated(SCHEMA) if f'`"{word}"`' not in page}
    assert not missing


def test_the_example_of_the_page_holds_to_the_schema():
    page = PAGE.read_text(encoding="utf-8")
    (example,) = [block.split("```")[0] for block in page.split("```json\n")[1:]]
    document = json.loads(example)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["ledger"]["difference"] == sum(each["difference"] for each in document["ledger"]["balances"])
