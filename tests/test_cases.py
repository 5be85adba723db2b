"""case.toml, strictly: every mistake is told with its file, its line and the nearest right word."""

import re
from pathlib import Path

import numpy as np
import pytest

from parity.case_file import load
from parity.cases import configured, find, known, listed, shipped
from parity.errors import CaseError, UsageError

GOOD = """\
title = "Two heads"
source = "a paper"
weights = "built"
rtol = 1e-4

[reference]
framework = "keras"
build = "net_keras:build"

[candidate]
framework = "torch"
build = "parts/net_torch:Net"
arguments = { width = 8 }

[[inputs]]
name = "image"
shape = [3, 5, 7]
axes = "height width channel"
candidate_axes = "channel height width"

[[inputs]]
name = "tokens"
shape = [9]
axes = "time"
dtype = "int64"
range = [0, 99]

[expect]
verdict = "divergence"
causes = ["bn-epsilon"]
"""


@pytest.fixture
def folder(tmp_path):
    """A case's folder with the modules that GOOD names, and no case.toml yet."""
    home = tmp_path / "heads"
    (home / "parts").mkdir(parents=True)
    (home / "net_keras.py").write_text("build = None\n")
    (home / "parts" / "net_torch.py").write_text("Net = None\n")
    return home


def written(folder, text):
    (folder / "case.toml").write_text(text)
    return folder / "case.toml"


def test_what_is_written_is_what_is_read(folder):
    (case,) = load(written(folder, GOOD))
    assert (case.name, case.title, case.source, case.folder) == ("heads", "Two heads", "a paper", folder.resolve())
    assert (case.weights, case.rtol, case.atol) == ("built", 1e-4, None)
    assert (case.reference.framework, case.reference.build) == ("keras", "net_keras:build")
    assert case.reference.folder == folder.resolve()
    # A module in another folder is imported from that folder, by its own name.
    assert (case.candidate.build, case.candidate.folder) == ("net_torch:Net", (folder / "parts").resolve())
    assert case.candidate.arguments == {"width": 8}
    image, tokens = case.inputs
    assert (image.shape, image.axes) == ((3, 5, 7), ("height", "width", "channel"))
    assert image.candidate_axes == ("channel", "height", "width")
    assert (image.dtype, image.distribution, image.range, image.file) == ("float32", "normal", None, None)
    assert (tokens.dtype, tokens.range, tokens.candidate_axes) == ("int64", (0, 99), None)
    assert (case.expect.verdict, case.expect.causes) == ("divergence", ("bn-epsilon",))


# A mistake: (text that is replaced in GOOD, by what, the line that the message must name, what it must say).
MISTAKES = {
    "an unknown key at the top": ('source = "a', 'sauce = "a', 2, "unknown key 'sauce'; did you mean 'source'?"),
    "an unknown key of a side": ('framework = "torch"', 'frame_work = "torch"', 11, "did you mean 'framework'?"),
    "an unknown key of the second input": ('dtype = "int64"', 'd_type = "int64"', 25, "did you mean 'dtype'?"),
    "an unknown key of expect": ("causes = [", "cause = [", 30, "did you mean 'causes'?"),
    "an unknown table": ("[expect]", "[expects]", 28, "unknown key 'expects'; did you mean 'expect'?"),
    "a key like no other": ("rtol =", "zzz =", 4, "unknown key 'zzz'; expected one of title, source"),
    "no title": ('title = "Two heads"\n', "", 1, "the key 'title' is missing"),
    "a title that is no string": ('"Two heads"', "3", 1, "title = 3; expected a string"),
    "weights of another kind": ('"built"', '"build"', 3, "weights = 'build'; did you mean 'built'?"),
    "a tolerance that is no number": ("1e-4", '"1e-4"', 4, "rtol = '1e-4'; expected a number"),
    "a tolerance that is a truth": ("1e-4", "true", 4, "rtol = True; expected a number"),
    "a tolerance below zero": ("1e-4", "-1e-4", 4, "rtol = -0.0001"),
    "a tolerance without end": ("1e-4", "inf", 4, "rtol = inf"),
    "a tolerance that is nan": ("1e-4", "nan", 4, "rtol = nan"),
    "a side without a framework": ('framework = "torch"\n', "", 10, "the key 'framework' is missing from [candidate]"),
    "a side without a build": ('build = "net_keras:build"\n', "", 6, "the key 'build' is missing from [reference]"),
    "a framework that is misspelled": ('"torch"', '"torhc"', 11, "framework = 'torhc'; did you mean 'torch'?"),
    "a framework like no other": (
        '"keras"',
        '"mxnet"',
        7,
        "framework = 'mxnet'; expected one of keras, tensorflow, torch.",
    ),
    "a build without a callable": (
        "net_keras:build",
        "net_keras",
        8,
        'expected "module:callable", as in "net_keras:build"',
    ),
    "a build without a module": ("net_keras:build", ":build", 8, 'expected "module:callable"'),
    "a build of a folder alone": ("net_keras:build", "parts/:build", 8, "parts/:build"),
    "a callable that is no name": ("net_keras:build", "net_keras:build()", 8, 'expected "module:callable"'),
    "a build in no file": ("net_keras:build", "nit_keras:build", 8, "nit_keras.py"),
    "a build in no file of a folder": ("parts/net_torch", "pairs/net_torch", 12, "pairs/net_torch.py"),
    "arguments that are no table": ("{ width = 8 }", "8", 13, "arguments = 8; expected a table"),
    "a python in no file": ("arguments = { width = 8 }", 'python = "../venv/bin/python"', 13, "there is no file"),
    "an input without a name": ('name = "tokens"\n', "", 21, "the key 'name' is missing from [inputs]"),
    "an input without a shape": ("shape = [3, 5, 7]\n", "", 15, "the key 'shape' is missing from [inputs]"),
    "an input without axes": ('axes = "time"\n', "", 21, "the key 'axes' is missing from [inputs]"),
    "a shape with a zero": ("[3, 5, 7]", "[3, 0, 7]", 17, "expected positive whole numbers, without the batch"),
    "a shape of fractions": ("[9]", "[9.5]", 23, "expected positive whole numbers"),
    "a shape of truths": ("[9]", "[true]", 23, "expected positive whole numbers"),
    "a shape that is a number": ("[9]", "9", 23, "shape = 9; expected an array"),
    "axes too few": ('"height width channel"', '"height channel"', 18, "expected 3 different names for [3, 5, 7]"),
    "axes twice": ('"height width channel"', '"height height channel"', 18, "expected 3 different names"),
    "axes with the batch": ('"time"', '"batch"', 24, "without the batch"),
    "other axes for the candidate": (
        '"channel height width"',
        '"channel height depth"',
        19,
        "expected 'height width channel' in the candidate's order",
    ),
    "an axis too few for the candidate": ('"channel height width"', '"channel height"', 19, "in the candidate's order"),
    "a type that is misspelled": ('"int64"', '"int46"', 25, "dtype = 'int46'; did you mean 'int64'?"),
    "a distribution like no other": (
        'dtype = "int64"',
        'distribution = "gauss"',
        25,
        "distribution = 'gauss'; expected one of normal, uniform.",
    ),
    "a free axis that there is not": (
        'candidate_axes = "channel height width"',
        'free = "hieght"',
        19,
        "there is no axis 'hieght'; did you mean 'height'?",
    ),
    "a free axis like no other": ('dtype = "int64"', 'free = "depth"', 25, "expected one of time."),
    "free channels": ('candidate_axes = "channel height width"', 'free = "channel"', 19, "the weights fix"),
    "a free batch": ('dtype = "int64"', 'free = "batch"', 25, "the batch is free anyway"),
    "a free axis twice": ('dtype = "int64"', 'free = "time time"', 25, "expected each axis once"),
    "free axes that are an array": ('dtype = "int64"', 'free = ["time"]', 25, "expected a string"),
    "a range of three": ("[0, 99]", "[0, 50, 99]", 26, "expected [low, high]"),
    "a range upside down": ("[0, 99]", "[99, 0]", 26, "expected [low, high]"),
    "a range of words": ("[0, 99]", '["a", "b"]', 26, "expected [low, high]"),
    "a range of truths": ("[0, 99]", "[false, true]", 26, "expected [low, high]"),
    "a range with nan": ("[0, 99]", "[nan, 99]", 26, "expected [low, high]"),
    "two inputs of one name": ('name = "tokens"', 'name = "image"', (16, 22), "two inputs are called 'image'"),
    "a verdict that is misspelled": ('"divergence"', '"divergance"', 29, "did you mean 'divergence'?"),
    "a verdict that no case can expect": ('"divergence"', '"error"', 29, "expected one of parity, divergence"),
    "causes that are a string": ('["bn-epsilon"]', '"bn-epsilon"', 30, "causes = 'bn-epsilon'; expected an array"),
    "causes that are numbers": ('["bn-epsilon"]', "[1]", 30, "expected an array of strings"),
    "a file of another kind": ("range = [0, 99]", 'file = "x.csv"', 26, "expected a .npy or .npz file"),
    "a file that is not there": ("range = [0, 99]", 'file = "x.npy"', 26, "there is no such file"),
    "what is not TOML": ("rtol = 1e-4", "rtol 1e-4", 4, "not TOML"),
    "a key twice": ('source = "a paper"', 'title = "again"', 2, "not TOML"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_file_its_line_and_what_was_expected(folder, mistake):
    right, wrong, line, words = MISTAKES[mistake]
    assert GOOD.count(right) == 1
    file = written(folder, GOOD.replace(right, wrong))
    with pytest.raises(CaseError) as refusal:
        load(file)
    found = re.match(rf"{re.escape(str(file))}:(\d+): (.*)", str(refusal.value), re.DOTALL)
    assert found, refusal.value
    assert words in found[2]
    assert int(found[1]) in (line if isinstance(line, tuple) else (line,))
    assert refusal.value.exit_code == 2


INLINE = {
    "a side in one line": ('reference = { framework = "keros", build = "os:getcwd" }', 6, "did you mean 'keras'?"),
    "a side in dotted keys": (
        'reference.framework = "keros"\nreference.build = "os:getcwd"',
        6,
        "did you mean 'keras'?",
    ),
    "the second of dotted keys": ('reference.framework = "keras"\nreference.build = 3', 7, "expected a string"),
    "a dotted key in quotes": ('"reference" . framework = "keras"\nreference."build" = 3', 7, "expected a string"),
    "an unknown key in one line": (
        'reference = { framework = "keras", build = "os:getcwd", pyhton = "x" }',
        6,
        "did you mean 'python'?",
    ),
    "no build in one line": ('reference = { framework = "keras" }', 6, "'build' is missing from [reference]"),
    "no build in dotted keys": ('\nreference.framework = "keras"', 7, "'build' is missing from [reference]"),
    "a key behind deeper ones": (
        'reference.framework = "keras"\nreference.build = "os:getcwd"\nreference.arguments.width.deep = 3\n'
        'reference.python = "./nowhere"',
        9,
        "there is no file",
    ),
}


@pytest.mark.parametrize("spelling", INLINE)
def test_a_mistake_in_an_inline_table_is_told_with_its_line(folder, spelling):
    table, line, words = INLINE[spelling]
    top, _, rest = GOOD.partition("[reference]")
    rest = rest[rest.index("[candidate]") :]
    file = written(folder, f"{top}{table}\n\n{rest}")
    with pytest.raises(CaseError, match=re.escape(words)) as refusal:
        load(file)
    assert f"{file}:{line}: " in str(refusal.value)


@pytest.mark.parametrize(
    ("right", "wrong", "line", "words"),
    [
        ("axes = 'time'", "axis = 'time'", 4, "did you mean 'axes'?"),
        ("shape = [3, 5]", "shape = [3, 0]", 2, "expected positive whole numbers"),
        ("shape = [9]", "shape = [9.5]", 4, "expected positive whole numbers"),
        ("name = 'tokens', ", "", 4, "the key 'name' is missing"),
        ("dtype = 'int64'", "dtype = 'int46'", 5, "did you mean 'int64'?"),
    ],
)
def test_a_mistake_in_an_array_of_inline_tables_is_told_with_its_line(folder, right, wrong, line, words):
    inputs = """inputs = [
    { name = 'image', shape = [3, 5], axes = 'height width' },

    { name = 'tokens', shape = [9], axes = 'time' },
    { name = 'mask', shape = [9], axes = 'time', dtype = 'int64' },
]
"""
    assert right in inputs
    rest = GOOD[GOOD.index("[reference]") : GOOD.index("[[inputs]]")]
    file = written(folder, inputs.replace(right, wrong, 1) + "title = 'T'\n" + rest)
    with pytest.raises(CaseError, match=re.escape(words)) as refusal:
        load(file)
    assert f"{file}:{line}: " in str(refusal.value)


def test_a_table_that_begins_on_the_first_line_is_told_by_that_line(folder):
    top, rest = GOOD.split("[reference]")[0], GOOD[GOOD.index("[candidate]") :]
    file = written(folder, f'reference.framework = "keras"\nreference.python = "python3"\n{top}{rest}')
    with pytest.raises(CaseError, match=r"case\.toml:1: the key 'build' is missing"):
        load(file)


def test_a_case_without_inputs_or_with_one_plain_table_is_refused(folder):
    top, middle = GOOD.split("[[inputs]]")[0], "\n[expect]\n"
    with pytest.raises(CaseError, match=r"case\.toml:1: the key 'inputs' is missing"):
        load(written(folder, top + middle))
    with pytest.raises(CaseError, match=r"case\.toml:1: no inputs; expected at least one"):
        load(written(folder, "inputs = []\n" + top + middle))
    with pytest.raises(CaseError, match=r"case\.toml:15: inputs = .*expected an array"):
        load(written(folder, top + '[inputs]\nname = "x"\nshape = [1]\naxes = "channel"\n'))
    with pytest.raises(CaseError, match=r"case\.toml:1: .*expected \[\[inputs\]\]"):
        load(written(folder, "inputs = [1]\n" + top + middle))


def test_a_file_that_is_not_utf8_is_a_case_error_and_not_a_crash(folder):
    (folder / "case.toml").write_bytes('title = "Größe"\n'.encode("latin-1"))
    with pytest.raises(CaseError, match=r"case\.toml:1: "):
        load(folder / "case.toml")


def test_a_module_that_is_installed_need_not_lie_beside_the_case(folder):
    (case,) = load(written(folder, GOOD.replace("net_keras:build", "json:loads")))
    assert case.reference.build == "json:loads"


def test_a_module_for_another_interpreter_may_be_one_that_only_that_one_has(folder):
    text = GOOD.replace("net_keras:build", "nowhere_here:build").replace(
        'framework = "keras"', 'framework = "keras"\npython = "python3"'
    )
    (case,) = load(written(folder, text))
    assert case.reference.python == "python3"


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_an_input_s_file_is_found_beside_the_case(folder, suffix):
    if suffix == ".npy":
        np.save(folder / "tokens.npy", np.zeros((2, 9)))
    else:
        np.savez(folder / "tokens.npz", tokens=np.zeros((2, 9)))
    (case,) = load(written(folder, GOOD.replace("range = [0, 99]", f'file = "tokens{suffix}"')))
    assert case.inputs[1].file.resolve() == (folder / f"tokens{suffix}").resolve()


def test_free_axes_are_read_by_name(folder):
    (case,) = load(written(folder, GOOD.replace('dtype = "int64"', 'dtype = "int64"\nfree = "time"')))
    image, tokens = case.inputs
    assert (image.free, tokens.free) == ((), ("time",))


def test_a_case_is_found_by_its_name_and_by_the_path_of_a_folder_anywhere(folder, tmp_path, monkeypatch):
    written(folder, GOOD)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (case,) = find("heads", tmp_path)
    assert case.name == "heads"
    assert find(str(folder), elsewhere) == find("heads", tmp_path)
    monkeypatch.chdir(folder)
    assert find(".", elsewhere) == find(str(folder), elsewhere)


def test_an_unknown_case_is_refused_with_the_nearest_name(folder, tmp_path):
    written(folder, GOOD)
    with pytest.raises(UsageError, match="unknown case 'haeds'; did you mean 'heads'\\?"):
        find("haeds", tmp_path)
    with pytest.raises(UsageError, match="unknown case 'qqq'; expected one of heads"):
        find("qqq", tmp_path)


def test_a_folder_that_holds_no_case_is_refused_as_such(tmp_path):
    with pytest.raises(UsageError, match=r"holds no case\.toml"):
        find(str(tmp_path), tmp_path)


def test_a_list_holds_the_folders_with_a_case_in_them_sorted(folder, tmp_path):
    written(folder, GOOD)
    for name in ("arms", "zebra", "empty"):
        (tmp_path / name).mkdir()
    for name in ("zebra", "arms"):
        written(tmp_path / name, "title = 'x'")
    assert listed(tmp_path) == {"arms": "x", "heads": "Two heads", "zebra": "x"}
    assert list(listed(tmp_path)) == ["arms", "heads", "zebra"]
    with pytest.raises(UsageError, match="no such folder"):
        listed(tmp_path / "nowhere")


def test_a_case_that_cannot_be_read_is_listed_with_what_is_wrong(folder, tmp_path):
    written(folder, "title = ")
    assert listed(tmp_path)["heads"].startswith("(case.toml:1: not TOML")


def test_the_nearest_pyproject_names_the_folder_of_cases(tmp_path):
    inner = tmp_path / "src" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "checks").mkdir()
    assert configured(inner) is None
    (tmp_path / "pyproject.toml").write_text('[tool.parity]\ncases = "checks"\n')
    assert configured(inner) == tmp_path / "checks"
    (tmp_path / "src" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert configured(inner) is None  # the nearest one decides, and it names none


@pytest.mark.parametrize("line", ['cases = "nowhere"', "cases = 3", 'cases = "pyproject.toml"'])
def test_a_pyproject_that_names_no_folder_is_refused(tmp_path, line):
    (tmp_path / "pyproject.toml").write_text(f"[tool.parity]\n{line}\n")
    with pytest.raises(UsageError, match="expected a folder beside this file"):
        configured(tmp_path)


def test_a_pyproject_that_is_not_toml_is_refused_with_its_path(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.parity\n")
    with pytest.raises(UsageError, match=re.escape(str(tmp_path / "pyproject.toml"))):
        configured(tmp_path)


def test_a_pyproject_whose_tool_is_no_table_is_refused_and_not_a_crash(tmp_path):
    (tmp_path / "pyproject.toml").write_text("tool = 3\n")
    with pytest.raises(UsageError, match=re.escape(str(tmp_path / "pyproject.toml"))):
        configured(tmp_path)


# -- one file for several cases --------------------------------------------------------------------

STYLES = """\
title = "Heads: {keras} against {torch}"

[matrix]
keras = ["plain", "deep"]
torch = ["modules", "numbered"]

[reference]
framework = "keras"
build = "net_keras:{keras}"
arguments = { style = { name = "{keras}", of = ["{torch}", 3] }, kept = "{}" }

[candidate]
framework = "torch"
build = "parts/net_torch:{torch}"

[candidate.environment]
STYLE = "{torch}"

[[inputs]]
name = "image"
shape = [9]
axes = "channel"

[expect]
causes = ["by-{torch}"]
"""
NAMES = ["heads-plain-modules", "heads-plain-numbered", "heads-deep-modules", "heads-deep-numbered"]


def test_a_matrix_stands_for_a_case_for_each_choice_of_its_words(folder):
    cases = load(written(folder, STYLES))
    assert [case.name for case in cases] == NAMES
    _, case, *_ = cases
    assert case.title == "Heads: plain against numbered"
    assert (case.reference.build, case.candidate.build) == ("net_keras:plain", "net_torch:numbered")
    assert case.reference.arguments == {"style": {"name": "plain", "of": ["numbered", 3]}, "kept": "{}"}
    assert (case.reference.environment, case.candidate.environment) == ({}, {"STYLE": "numbered"})
    assert case.expect.causes == ("by-numbered",)
    assert len({case.folder for case in cases}) == 1


def test_a_case_of_a_family_is_found_by_its_own_name_and_all_by_that_of_the_folder(folder, tmp_path, monkeypatch):
    written(folder, STYLES)
    assert list(listed(tmp_path)) == sorted(NAMES)
    assert listed(tmp_path)["heads-deep-modules"] == "Heads: deep against modules"
    assert known(tmp_path) == sorted(["heads", *NAMES])
    assert [case.name for case in find("heads", tmp_path)] == NAMES
    assert [case.name for case in find("heads-deep-modules", tmp_path)] == ["heads-deep-modules"]
    elsewhere = folder / "parts"
    assert [case.name for case in find(str(folder), elsewhere)] == NAMES
    assert find(f"{tmp_path}/heads-deep-modules", elsewhere) == find("heads-deep-modules", tmp_path)
    with pytest.raises(UsageError, match=r"'heads-deep-module'; did you mean 'heads-deep-modules'\?"):
        find("heads-deep-module", tmp_path)


MATRIX = {
    "a word that is misspelled in a title": (
        "Heads: {keras}",
        "Heads: {kears}",
        1,
        "{kears} is no word of [matrix]; did",
    ),
    "a word that is misspelled in a build": (
        "net_keras:{keras}",
        "net_keras:{k}",
        9,
        "{k} is no word of [matrix]; exp",
    ),
    "a word that is misspelled deep down": ('of = ["{torch}"', 'of = ["{touch}"', 10, "did you mean 'torch'?"),
    "a word that is misspelled in a list": ("by-{torch}", "by-{trch}", 25, "did you mean 'torch'?"),
    "a word in an input": ('"image"', '"{image}"', 20, "{image} is no word of [matrix]"),
    "a word that nothing uses": ("torch = [", 'size = ["s"]\ntorch = [', 5, "no string of this file holds {size}"),
    "no value": ('["plain", "deep"]', "[]", 4, "keras = []; expected an array of one string or more"),
    "a value that is no string": ('["plain", "deep"]', '["plain", 3]', 4, "expected an array of one string or more"),
    "a value alone": ('["plain", "deep"]', '"plain"', 4, "keras = 'plain'; expected an array"),
    "a value twice": ('["plain", "deep"]', '["plain", "plain"]', 4, "holds 'plain' twice"),
    "a value that ends no name": ('["plain", "deep"]', '["plain", "a/b"]', 4, "holds 'a/b'; expected letters"),
    "values that join to one name": (
        'keras = ["plain", "deep"]\ntorch = ["modules", "numbered"]',
        'keras = ["a", "a-b"]\ntorch = ["b-c", "c"]',
        3,
        "two cases would be called 'heads-a-b-c'",
    ),
    "no table": ('[matrix]\nkeras = ["plain", "deep"]\ntorch = ["modules", "numbered"]', "matrix = 3", 3, "matrix = 3"),
    "no words": ('keras = ["plain", "deep"]\ntorch = ["modules", "numbered"]', "", 3, "expected a table of words"),
    "a variable that is no string": (
        'STYLE = "{torch}"',
        "STYLE = 3",
        17,
        'STYLE = 3; expected a string, as in STYLE = "3"',
    ),
    "a variable that no process has": (
        'STYLE = "{torch}"',
        'STYLE = "\\u0000{torch}"',
        17,
        "no process can have such a variable",
    ),
}


@pytest.mark.parametrize("mistake", MATRIX)
def test_a_mistake_in_a_matrix_or_an_environment_is_told_with_its_line(folder, mistake):
    right, wrong, line, words = MATRIX[mistake]
    assert STYLES.count(right) == 1
    file = written(folder, STYLES.replace(right, wrong))
    with pytest.raises(CaseError, match=rf"^{re.escape(f'{file}:{line}: ')}.*{re.escape(words)}"):
        load(file)


def test_one_name_for_the_cases_of_two_folders_is_refused_with_the_line_of_the_matrix(folder, tmp_path):
    written(folder, STYLES)
    (tmp_path / "heads-deep-modules").mkdir()
    written(tmp_path / "heads-deep-modules", "title = 'x'")
    for ask in (listed, known, lambda where: find("heads", where)):
        with pytest.raises(
            CaseError, match=r"heads/case\.toml:3: 'heads-deep-modules' is also what .*deep-modules/case"
        ):
            ask(tmp_path)


def test_every_shipped_case_can_be_read():
    names = listed(shipped())
    assert names
    for name in names:
        (case,) = find(name, shipped())
        assert case.title == names[name]
        assert Path(case.reference.folder, case.reference.build.partition(":")[0] + ".py").is_file()
