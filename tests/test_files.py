"""What weight files are called, what is told of one that does not fit, and a file that is whole or not there."""

import os
import stat
import zipfile

import pytest

from parity.errors import UsageError
from parity.files import READ, WRITTEN, check_fit, check_readable, check_writable, check_zip, draft, few, suffix_of


@pytest.mark.parametrize("framework", ["keras", "torch"])
def test_every_suffix_that_is_written_is_read(framework, tmp_path):
    assert set(WRITTEN[framework]) <= set(READ[framework])
    for suffix in WRITTEN[framework]:
        check_writable(tmp_path / f"x{suffix}", framework)
    for suffix in READ[framework]:
        (tmp_path / f"x{suffix}").write_bytes(b"")
        check_readable(tmp_path / f"x{suffix}", framework)


def test_no_suffix_belongs_to_both_frameworks():
    assert not set(READ["keras"]) & set(READ["torch"])


def test_the_longest_suffix_counts(tmp_path):
    assert suffix_of(tmp_path / "x.weights.h5", READ["keras"]) == ".weights.h5"
    assert suffix_of(tmp_path / "x.h5", READ["keras"]) == ".h5"
    assert suffix_of(tmp_path / "x.H5", READ["keras"]) is None


def test_what_does_not_fit_is_one_error_that_names_all_of_it(tmp_path):
    expected, found = {"a": (1,), "b": (2,), "c": (3,)}, {"b": (2, 2), "c": (3,), "d": (4,)}
    check_fit(tmp_path, expected, expected)
    with pytest.raises(UsageError) as caught:
        check_fit(tmp_path, expected, found)
    told = str(caught.value)
    assert "missing from it: a; unknown to the network: d; of another shape: b is (2, 2) there and (2,)" in told


def test_names_from_files_are_cut_and_counted():
    assert few(["x" * 999]) == "x" * 117 + "…"
    assert few("abcdef") == "a, b, c, d and 2 more"
    assert few(()) == ""


def test_a_draft_becomes_the_file_at_the_end_and_leaves_nothing_where_it_does_not(tmp_path):
    file = tmp_path / "x.weights.h5"
    with draft(file, ".weights.h5") as place:
        assert (place.parent, place.name.endswith(".weights.h5")) == (tmp_path, True)
        assert not file.exists()
        place.write_text("whole")
    assert file.read_text() == "whole"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~mask
    with pytest.raises(ZeroDivisionError), draft(file, ".weights.h5") as place:
        place.write_text("half")
        raise ZeroDivisionError
    assert file.read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_folder_into_which_nothing_may_be_written_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be written"), draft(tmp_path / "missing" / "x.pt", ".pt"):
        pass


def test_an_archive_is_an_archive_and_no_larger_than_it_looks(tmp_path):
    with zipfile.ZipFile(tmp_path / "x", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("small", bytes(1000))
    check_zip(tmp_path / "x", "an archive")
    with zipfile.ZipFile(tmp_path / "x", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(1 << 25))
    with pytest.raises(UsageError, match="bomb claims 33,554,432 bytes"):
        check_zip(tmp_path / "x", "an archive")
    (tmp_path / "y").write_bytes(b"PK")
    with pytest.raises(UsageError, match="cannot be read as an archive"):
        check_zip(tmp_path / "y", "an archive")
