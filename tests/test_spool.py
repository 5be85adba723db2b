"""What is put into a spool comes back bit for bit, in memory while there is room and from a file beyond it."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity import spool as spooling
from parity.spool import Spool, mapped

STATUS = Path("/proc/self/status")
SHAPES = [(), (1,), (0, 4), (3, 5), (7, 9, 11), (2, 181, 183), (600_001,), (3, 2, 400_000), (1, 1, 700_000, 1)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["f2", "f4", "f8", "i8", "?", "c16", "U3", "M8[s]"]),
            st.sampled_from(SHAPES),
            st.sampled_from(["C", "Fortran", "turned", "reversed", "every other"]),
        ),
        max_size=4,
    ),
    st.sampled_from([0, 1000, 2**24]),
)
def test_arrays_of_any_type_shape_and_layout_come_back_bit_for_bit_in_their_order(wanted, room):
    arrays = {}
    for number, (dtype, shape, layout) in enumerate(wanted):
        count = int(np.prod(shape))
        array = np.random.default_rng(number).integers(0, 2, count).astype(dtype).reshape(shape)
        arrays[str(number)] = {
            "C": lambda a: a,
            "Fortran": np.asfortranarray,
            "turned": np.transpose,
            "reversed": lambda a: a[::-1] if a.ndim else a,
            "every other": lambda a: np.repeat(a[..., None], 2, axis=-1)[..., 0],
        }[layout](array)
    spool = Spool(room)
    for name, array in arrays.items():
        spool.put(name, array, fleeting=True)
    found = spool.arrays()
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes()
        assert not np.shares_memory(found[name], array)


def test_memory_is_taken_while_there_is_room_and_a_file_beyond_it_that_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spool = Spool(room=20)
    for name, size in (("a", 2), ("b", 4), ("c", 1)):
        spool.put(name, np.full(size, 1.0))
        assert list(tmp_path.iterdir()) == []
    assert {name: mapped(array) is not None for name, array in spool.arrays().items()} == {
        "a": False,
        "b": True,
        "c": True,
    }


def test_a_fleeting_array_is_held_as_it_was_and_any_other_one_as_it_is():
    spool, array = Spool(), np.zeros(3)
    spool.put("was", array, fleeting=True)
    spool.put("is", array)
    array[:] = 1
    assert {name: each.tolist() for name, each in spool.arrays().items()} == {"was": [0] * 3, "is": [1] * 3}


def test_what_was_put_can_be_read_while_more_is_put():
    spool = Spool(room=0)
    spool.put("a", np.arange(5))
    early = spool.arrays()
    spool.put("b", np.arange(7))
    assert early["a"].tolist() == spool.arrays()["a"].tolist() == list(range(5))
    assert spool.arrays()["b"].tolist() == list(range(7))


def test_what_another_spool_has_on_the_disk_is_not_written_again():
    first, second = Spool(room=0), Spool(room=0)
    first.put("a", np.ones((4, 5)))
    kept = first.arrays()["a"]
    second.put("a", kept.T)
    assert mapped(second.arrays()["a"]) is mapped(kept)


def test_what_stands_in_a_file_cannot_be_written_to():
    spool = Spool(room=0)
    spool.put("a", np.ones(4))
    with pytest.raises(ValueError, match="read-only"):
        spool.arrays()["a"][0] = 2


@pytest.mark.skipif(not STATUS.exists(), reason="memory is told by /proc")
def test_a_large_array_is_put_away_without_a_copy_of_it():
    """A turned view of 64 MiB is written piece by piece: memory that is nobody's cache grows by far less."""
    array = np.ones((64, 64, 128, 32), np.float32).transpose(0, 2, 3, 1)
    peaks = []
    pieces = spooling._pieces

    def watched(each):
        for piece in pieces(each):
            peaks.append(anonymous())
            yield piece

    spool = Spool(room=0)
    before = anonymous()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spooling, "_pieces", watched)
        spool.put("a", array)
    assert max(peaks) - before < 2**24
    assert spool.arrays()["a"][63, 127, 31, 63] == 1


def anonymous():
    """Bytes of this process that are in no file."""
    with STATUS.open() as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon"))
