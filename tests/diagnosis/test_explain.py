"""Every cause on the shelf says what it is, how it shows and how it is mended; the guide is made of just that."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from parity.cli import main
from parity.diagnosis.diagnose import causes
from parity.diagnosis.explain import HEADINGS, markdown, pages

ROOT = Path(__file__).parents[2]


def ran(*words):
    return CliRunner().invoke(main, ["explain", *words])


def test_each_cause_has_every_heading_and_nothing_under_it_is_empty():
    assert pages().keys() == causes().keys()
    for page in pages().values():
        assert tuple(page.sections) == HEADINGS
        assert page.title
        assert all(len(words) > 10 for words in page.sections.values()), page.code


def test_a_file_without_a_heading_is_refused(monkeypatch):
    monkeypatch.setattr("parity.shelf.words", lambda package: {"lame": "A title.\n\nWhat it is: something."})
    with pytest.raises(ValueError, match="the cause lame: has What it is; expected What it is, How it shows"):
        pages()


def test_one_cause_is_told_by_its_code():
    result = ran("bn-epsilon")
    assert result.exit_code == 0
    assert result.output.startswith("bn-epsilon: Batch normalisation with another epsilon\n\nWhat it is\n  ")
    assert "1.001e-5" in result.output


def test_without_a_code_all_are_named():
    result = ran()
    assert [line.split()[0] for line in result.output.splitlines()] == list(causes())


def test_a_wrong_code_is_refused_with_the_nearest():
    result = ran("bn-epsilom")
    assert result.exit_code == 2
    assert "unknown cause 'bn-epsilom'; did you mean 'bn-epsilon'?" in result.output


def test_the_guide_is_up_to_date():
    assert (ROOT / "docs" / "causes.md").read_text(encoding="utf-8") == markdown(), "run `make docs`"


def test_the_guide_is_written_whole(tmp_path):
    assert ran("-o", str(tmp_path / "causes.md")).exit_code == 0
    assert (tmp_path / "causes.md").read_text(encoding="utf-8") == markdown()
