"""A shelf reads every file of a folder, in the order of their names, and passes none over."""

import sys
from pathlib import Path

import pytest

import parity.rules
from parity import shelf
from parity.rulebook import rules


@pytest.fixture
def package(tmp_path, monkeypatch, request):
    """An empty package on the path, of a name that no other test has imported."""
    folder = tmp_path / f"shelf_{abs(hash(request.node.name))}"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [each for each in sys.modules if each.split(".")[0] == folder.name]:
        del sys.modules[name]


def test_each_file_gives_its_entry_under_its_own_name_in_order(package):
    for name in ("pear", "apple", "fig"):
        (package / f"{name}.py").write_text(f"ENTRY = {name.upper()!r}\n")
    assert list(shelf.read(package.name, "ENTRY").items()) == [("apple", "APPLE"), ("fig", "FIG"), ("pear", "PEAR")]


def test_a_file_whose_name_begins_with_an_underscore_is_not_on_the_shelf(package):
    (package / "_helper.py").write_text("raise AssertionError('never imported')\n")
    assert shelf.read(package.name, "ENTRY") == {}


def test_a_file_without_an_entry_is_an_error_that_names_it_and_not_a_gap(package):
    (package / "apple.py").write_text("ENTRY = 1\n")
    (package / "empty.py").write_text("")
    with pytest.raises(AttributeError, match=rf"{package.name}\.empty.*ENTRY"):
        shelf.read(package.name, "ENTRY")


def test_every_rule_file_in_the_folder_is_on_the_shelf_once():
    files = {file.stem for folder in parity.rules.__path__ for file in Path(folder).glob("[!_]*.py")}
    assert set(shelf.read("parity.rules", "RULE")) == files
    assert len(rules()) == len(files), "two rules share one kind"
