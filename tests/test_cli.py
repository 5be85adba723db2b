"""The command line as its users meet it: words in, text and exit code out."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

import parity
from parity import cases
from parity.case import Case
from parity.cli import main
from parity.errors import SideFailed
from parity.line import Options
from parity.nouns import Difference, Ledger, Outline
from parity.verdict import Verdict

PARITY = Path(sys.executable).with_name("parity")
SCHEMA = json.loads((Path(parity.__file__).parent / "report.schema.json").read_text())
SHIPPED = list(cases.listed(cases.shipped()))
CASE = """\
title = "A title of its own"

[reference]
framework = "torch"
build = "net:build"

[candidate]
framework = "torch"
build = "net:build"

[[inputs]]
name = "x"
shape = [3]
axes = "channel"
"""


def told(*words: str | Path) -> Result:
    """What the words come to in this process; nothing but SystemExit may come out of the command."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def written(folder: Path, text: str | bytes = CASE, name: str = "mine") -> Path:
    """A case's folder, which is never run."""
    case = folder / name
    case.mkdir(parents=True, exist_ok=True)
    (case / "net.py").write_text("def build():\n    raise AssertionError\n")
    (case / "case.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return case


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A working folder that belongs to no project."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -- wrong usage -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["check", "magnitud"], ["'magnitud'", "did you mean 'magnitude'?"]),
        (["check", "qqq"], ["'qqq'", *SHIPPED]),
        (["check", "zoo-cnv"], ["'zoo-cnv'", "did you mean 'zoo-conv'?"]),
        (["check"], ["no case", "--all"]),
        (["check", "--all", "magnitude"], ["--all"]),
        (["check", "magnitude", "--report", "report.pdf"], ["report.pdf", ".json", ".md"]),
        (["check", "magnitude", "--report", "report"], ["report", ".json", ".md"]),
        (["check", "magnitude", "--report", "missing/report.md"], ["missing"]),
        (["check", "magnitude", "phase", "--report", "report.md"], ["--report", "one case"]),
        (["check", "magnitude", "--cases", "missing"], ["missing", "case.toml"]),
        (["check", "magnitude/missing"], ["magnitude/missing", "case.toml"]),
        (["check", "magnitude", "--batch", "0"], ["--batch"]),
        (["check", "magnitude", "--timeout", "0"], ["--timeout"]),
        (["check", "magnitude", "--rtol", "-1"], ["--rtol"]),
        (["check", "magnitude", "--rtol", "nan"], ["--rtol"]),
        (["check", "magnitude", "--atol", "inf"], ["--atol"]),
        (["check", "magnitude", "--seed", "-1"], ["--seed"]),
        (["check", "magnitude", "--probe", "lareg"], ["lareg", "did you mean 'large'?"]),
        (["check", "magnitude", "--probe", "zzz"], ["zzz", "large", "negative", "alone", "impulse"]),
        (["check", "magnitude", "phase", "--inputs", "x.npy"], ["--inputs", "one case"]),
        (["check", "magnitude", "--jsn"], ["--jsn", "--json"]),
        (["show", "phas"], ["did you mean 'phase'?"]),
        (["show"], ["CASE"]),
        (["chekc"], ["chekc", "check"]),
    ],
    ids=" ".join,
)
def test_wrong_words_end_in_exit_code_2_before_anything_runs_and_name_the_right_ones(
    words, expected, nowhere, monkeypatch
):
    monkeypatch.setattr("parity.line.check", lambda *_: pytest.fail("a case was run"))
    result = told(*words)
    assert result.exit_code == 2
    assert not result.stdout
    assert not [word for word in expected if word not in result.stderr], result.stderr
    assert len(result.stderr.splitlines()) < 6
    assert "Traceback" not in result.stderr
    assert not list(nowhere.iterdir())


@pytest.mark.parametrize(
    ("before", "after", "line", "expected"),
    [
        ('title = "A', 'titel = "A', 1, "did you mean 'title'?"),
        ('framework = "torch"', 'framework = "pytorch"', 4, "did you mean 'torch'?"),
        ('build = "net:build"', "build = 3", 5, "a string"),
        ('build = "net:build"', 'build = "net"', 5, "module:callable"),
        ('build = "net:build"', 'build = "absent:build"', 5, "absent.py"),
        ("shape = [3]", "shape = [0]", 13, "positive"),
        ('axes = "channel"', 'axes = "length channel"', 14, "1 different names"),
        ('axes = "channel"', 'axis = "channel"', 14, "did you mean 'axes'?"),
        ("[[inputs]]", "[[input]]", 11, "did you mean 'inputs'?"),
        ("shape = [3]", "shape = [3", 13, "not TOML"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 24 else "",
)
def test_a_broken_case_file_is_told_with_its_file_and_line(before, after, line, expected, nowhere):
    assert before in CASE
    case = written(nowhere, CASE.replace(before, after, 1))
    result = told("check", case)
    assert result.exit_code == 2
    assert expected in result.stderr
    places = [f"{case / 'case.toml'}:{number}:" for number in (line, line + 1)]
    # An unclosed bracket shows on the line behind it; everything else on its own.
    assert places[0] in result.stderr or (expected == "not TOML" and places[1] in result.stderr)


def test_a_case_file_that_is_not_text_is_wrong_usage_and_not_a_crash(nowhere):
    case = written(nowhere, b'title = "\xff\xfe"\n')
    result = told("check", case)
    assert result.exit_code == 2
    assert str(case / "case.toml") in result.stderr


@pytest.mark.parametrize(
    "text", ["[tool]\nparity = 3\n", "tool = 3\n", '[tool.parity]\ncases = "missing"\n', "[tool\n"]
)
def test_a_broken_pyproject_is_wrong_usage_that_names_the_file(text, nowhere):
    (nowhere / "pyproject.toml").write_text(text)
    result = told("list")
    assert result.exit_code == 2
    assert "pyproject.toml" in result.stderr


def test_a_mistake_in_an_inline_table_is_told_with_its_line(nowhere):
    side = '[reference]\nframework = "torch"\nbuild = "net:build"\n'
    assert side in CASE
    case = written(nowhere, CASE.replace(side, 'reference = { framework = "torhc", build = "net:build" }\n'))
    result = told("check", case)
    assert result.exit_code == 2
    assert f"{case / 'case.toml'}:3: framework = 'torhc'; did you mean 'torch'?" in result.stderr


def test_the_path_of_a_case_file_itself_stands_for_its_folder(nowhere):
    case = written(nowhere, CASE.replace("shape = [3]", "shape = [0]"))
    result = told("check", case / "case.toml")
    assert result.exit_code == 2
    assert f"{case / 'case.toml'}:13: shape = [0]" in result.stderr


# -- what needs no run -----------------------------------------------------------------------------


def test_list_names_each_shipped_case_with_its_title(nowhere):
    lines = told("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [*SHIPPED, "zoo"]
    assert {"magnitude", "magnitude-as-published", "phase", "phase-as-published"} <= set(SHIPPED)
    for line, name in zip(lines, SHIPPED, strict=False):
        assert line.split(maxsplit=1)[1] == next(iter(cases.find(name, cases.shipped()))).title


def test_list_names_gives_bare_names_for_a_script(nowhere):
    assert told("list", "--names").stdout == "".join(f"{name}\n" for name in [*SHIPPED, "zoo"])


def test_a_folder_of_cases_is_chosen_by_option(nowhere):
    written(nowhere / "elsewhere", name="b")
    written(nowhere / "elsewhere", name="a")
    (nowhere / "elsewhere" / "no-case").mkdir()
    assert told("list", "--names", "--cases", nowhere / "elsewhere").stdout == "a\nb\n"
    assert "A title of its own" in told("list", "--cases", nowhere / "elsewhere").stdout


def test_a_family_is_listed_case_by_case_and_shown_or_ported_only_one_at_a_time(nowhere):
    several = CASE.replace("of its own", "for {width}") + '[matrix]\nwidth = ["narrow", "wide"]\n'
    case = written(nowhere / "elsewhere", several)
    listed = told("list", "--cases", nowhere / "elsewhere").stdout.splitlines()
    assert [line.split() for line in listed] == [
        [f"mine-{it}", *f"A title for {it}".split()] for it in ("narrow", "wide")
    ]
    for words in (("show", case), ("port", case, "-o", nowhere / "weights.npz")):
        result = told(*words)
        assert result.exit_code == 2
        assert "mine stands for 2 cases; expected one, as mine-narrow" in result.stderr.replace(str(case), "mine")


def test_a_folder_of_cases_is_chosen_by_the_nearest_pyproject_and_the_option_stands_above_it(nowhere, monkeypatch):
    written(nowhere / "checks", name="ours")
    written(nowhere / "elsewhere", name="theirs")
    (nowhere / "pyproject.toml").write_text('[tool.parity]\ncases = "checks"\n')
    (nowhere / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(nowhere / "deep" / "down")
    assert told("list", "--names").stdout == "ours\n"
    assert told("list", "--names", "--cases", nowhere / "elsewhere").stdout == "theirs\n"
    assert "did you mean 'ours'?" in told("check", "our").stderr


def test_an_empty_folder_of_cases_is_wrong_usage_for_all(nowhere):
    result = told("check", "--all", "--cases", nowhere)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "holds no case" in result.stderr


def test_help_tells_each_command_each_option_and_the_exit_codes(nowhere):
    words = ("check", "list", "port", "show", "Exit codes", "3 inconclusive")
    assert all(word in told("--help").stdout for word in words)
    assert told("-h").stdout == told("--help").stdout
    options = "--all --cases --seed --batch --rtol --atol --probe --thorough --no-onnx --no-expect --timeout --report"
    options += " --json -q -v --weights --as-is --candidate-weights"
    assert not [option for option in options.split() if option not in told("check", "--help").stdout]
    options = "-o --output --to --from --force --json --cases --seed --batch --timeout"
    assert not [option for option in options.split() if option not in told("port", "--help").stdout]


def test_version_is_that_of_the_installed_package(nowhere):
    assert told("--version").stdout.split()[-1] == parity.__version__ == version("parity")


def test_shell_completion_offers_the_cases_that_begin_so():
    words = {"COMP_WORDS": "parity check ph", "COMP_CWORD": "2", "_PARITY_COMPLETE": "bash_complete"}
    done = subprocess.run([PARITY], env=os.environ | words, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["plain,phase", "plain,phase-as-published"]


# -- from verdicts to exit codes, with runs that are given ------------------------------------------


def verdict(case: Case, word: str) -> Verdict:
    """A verdict of two networks without layers."""
    outline = Outline("torch", {"torch": "2.0"}, ("x",), (), {})
    difference = Difference("output", (2, 3), (2, 3), 2.0, 1.0, 0.5, 0.5, 0.9, (1, 2), gap=1.0, floor=1e-6, share=1e6)
    return Verdict(
        case,
        word,
        ("a reason",),
        ("a note",),
        outline,
        outline,
        (),
        (difference,),
        Ledger((), ()),
        (),
        None,
        ("noise, probe weights",),
        {},
    )


@pytest.fixture
def given(monkeypatch, nowhere):
    """Cases named by what they come to; the list holds the folders of those that were run."""
    for word in ("parity", "divergence", "inconclusive", "failing"):
        written(nowhere, name=word)
    written(nowhere, CASE + '[expect]\nverdict = "divergence"\n', name="expected")
    ran = []

    def line(case: Case, options: Options) -> Verdict:
        ran.append(case.folder)
        if case.name == "failing":
            raise SideFailed("candidate", "building its network", "its process was killed by SIGKILL")
        return verdict(case, "divergence" if case.name == "expected" else case.name)

    monkeypatch.setattr("parity.line.check", line)
    return ran


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("./parity", 0),
        ("./expected", 0),
        ("./divergence", 1),
        ("./inconclusive", 3),
        ("./failing", 4),
        ("./parity ./divergence", 1),
        ("./divergence ./inconclusive ./parity", 3),
        ("./failing ./inconclusive ./divergence", 4),
        ("./expected --no-expect", 1),
    ],
)
def test_the_exit_code_is_that_of_the_worst_case_and_every_case_gets_its_turn(given, words, code):
    result = told("check", *words.split())
    assert result.exit_code == code
    assert [folder.name for folder in given] == [word[2:] for word in words.split() if word.startswith("./")]
    for name in (folder.name for folder in given):
        assert name in (result.stderr if name == "failing" else result.stdout)


def test_the_path_of_a_case_file_is_the_case(given, nowhere):
    assert told("check", "divergence/case.toml").exit_code == 1
    assert given == [nowhere / "divergence"]


def test_what_is_asked_for_reaches_the_line(given, monkeypatch):
    asked = []
    monkeypatch.setattr("parity.line.check", lambda case, options: asked.append(options) or verdict(case, "parity"))
    words = "--seed 3 --batch 5 --rtol 0.25 --atol 0.5 --timeout 7 --no-onnx --thorough --probe large --probe alone"
    words += " --inputs batches"
    told("check", "./parity", *words.split())
    told("check", "./parity")
    first, plain = asked
    assert (first.seed, first.batch, first.rtol, first.atol, first.timeout) == (3, 5, 0.25, 0.5, 7.0)
    assert (first.onnx, first.thorough, first.probes[-2:]) == (False, True, ("large", "alone"))
    assert (first.inputs, plain.inputs) == (Path("batches"), None)
    assert (plain.seed, plain.batch, plain.onnx, plain.thorough) == (0, Options().batch, True, False)
    assert plain.probes == Options().probes


def test_a_note_is_told_under_the_verdict(given):
    assert "note: a note" in told("check", "./parity").stdout


def test_quiet_prints_one_line_for_each_case(given):
    lines = told("check", "-q", "./parity", "./expected", "./divergence").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["PARITY", "parity"],
        ["DIVERGENCE", "expected"],
        ["DIVERGENCE", "divergence"],
    ]
    assert "as this case expects" in lines[1]
    assert "parity was expected" in lines[2]


def test_json_of_several_cases_is_one_list_in_which_a_failing_side_has_no_document(given):
    result = told("check", "./parity", "./failing", "./divergence", "--json")
    assert [document["verdict"] for document in json.loads(result.stdout)] == ["parity", "divergence"]
    assert "SIGKILL" in result.stderr


def test_no_report_is_written_of_a_side_that_fails(given, nowhere):
    (nowhere / "old.md").write_text("what stood there")
    assert told("check", "./failing", "--report", "old.md", "--report", "new.json").exit_code == 4
    assert (nowhere / "old.md").read_text() == "what stood there"
    assert not (nowhere / "new.json").exists()


def test_a_report_that_cannot_be_written_is_wrong_usage_and_not_a_divergence(given, nowhere):
    (nowhere / "folder.json").mkdir()
    result = told("check", "./parity", "--report", "folder.json")
    assert result.exit_code == 2
    assert "folder.json" in result.stderr


def test_a_fault_of_paritys_own_is_never_told_as_a_verdict(given, monkeypatch):
    """Python ends with 1 on an uncaught exception, and 1 is the exit code of a divergence."""
    monkeypatch.setattr("parity.line.check", lambda *_: [][0])
    result = told("check", "./parity")
    assert (result.exit_code, result.stdout) == (70, "")
    assert "parity itself failed" in result.stderr
    assert "IndexError" in result.stderr


def test_an_interrupt_is_never_told_as_a_verdict(given, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("parity.line.check", interrupted)
    result = told("check", "./parity", "./divergence")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")


@pytest.mark.parametrize("columns", ["", "wide", "0"])
def test_an_odd_width_in_the_environment_does_no_harm(given, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert "PARITY  parity" in told("check", "./parity").stdout


def test_a_case_is_named_by_its_name_or_by_any_path_to_its_folder(given, nowhere):
    (nowhere / "linked").symlink_to(nowhere / "divergence")
    told("check", "divergence", "./divergence/", str(nowhere / "divergence"), "linked", "--cases", ".")
    assert given == [nowhere / "divergence"] * 4


# -- whole runs ------------------------------------------------------------------------------------

whole = pytest.mark.xdist_group("whole runs")
"""On one worker, which makes the runs that these tests share once."""


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The installed command in a process and a folder of its own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "GLOG_", "ABSL_"))}
    return subprocess.run(
        [PARITY, *words], cwd=folder, env=plain | environment, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """`magnitude-as-published` with two reports: the process's result and the folder in which it ran."""
    folder = tmp_path_factory.mktemp("published")
    words = ("check", "magnitude-as-published", "--report", "x.json", "--report", "x.md")
    return run(folder, *words, TERM="xterm-256color"), folder


@pytest.fixture(scope="module")
def unexpected(tmp_path_factory):
    """The same case judged as if parity were expected, as JSON, without colour and without ONNX."""
    folder = tmp_path_factory.mktemp("unexpected")
    words = ("check", "magnitude-as-published", "--no-expect", "--no-onnx", "--json", "--report", "y.json")
    return run(folder, *words, NO_COLOR="1")


@whole
def test_an_expected_divergence_is_told_as_the_plain_truth_and_exits_0(published):
    done, _ = published
    assert done.returncode == 0, done.stderr
    assert "DIVERGENCE" in done.stdout
    assert "as this case expects" in done.stdout
    assert "PARITY" not in done.stdout


@whole
def test_a_pipe_gets_no_escape_codes_no_progress_and_no_noise_of_the_frameworks(published, unexpected):
    for done in (published[0], unexpected):
        assert done.stderr == ""
        assert "\x1b" not in done.stdout
        assert "\r" not in done.stdout


@whole
def test_lines_for_a_pipe_are_neither_folded_nor_padded(published):
    lines = published[0].stdout.splitlines()
    assert not [line for line in lines if line != line.rstrip()]


@whole
def test_both_reports_are_written_and_say_the_same(published):
    _, folder = published
    assert {path.name for path in folder.iterdir()} == {"x.json", "x.md"}
    document = json.loads((folder / "x.json").read_text())
    Draft202012Validator(SCHEMA).validate(document)
    page = (folder / "x.md").read_text()
    assert document["verdict"] == "divergence"
    assert document["expected"]["met"] is True
    assert page.startswith("# magnitude-as-published: DIVERGENCE\n")
    named = [row["reference"] or row["candidate"] for row in document["layers"]]
    assert not [name for name in named if name not in page]


@whole
def test_onnx_stands_with_the_reference_of_a_wrong_port(published):
    document = json.loads((published[1] / "x.json").read_text())
    assert document["onnx"]["reference_onnx"] < 1e-5 < document["onnx"]["candidate_onnx"]
    assert "the candidate stands alone" in document["onnx"]["implies"]
    assert "the candidate stands alone" in published[0].stdout


@whole
def test_no_expect_judges_the_same_case_as_unexpected_and_exits_1(unexpected):
    assert unexpected.returncode == 1, unexpected.stderr
    document = json.loads(unexpected.stdout)
    assert document["expected"] == {"verdict": "parity", "causes": [], "met": False}


@whole
def test_json_prints_one_valid_document_and_nothing_else(unexpected):
    document = json.loads(unexpected.stdout)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["case"] == "magnitude-as-published"
    assert document["onnx"] is None


@whole
def test_two_runs_of_a_case_give_the_same_numbers(published, unexpected):
    first, second = json.loads((published[1] / "x.json").read_text()), json.loads(unexpected.stdout)
    for document in (first, second):
        for key in ("onnx", "timings", "expected"):
            del document[key]
    assert first == second
