"""What passes between parity and a worker arrives as it was sent, and leaves no file behind."""

import io
import os
import pickle
import tempfile
from dataclasses import dataclass
from multiprocessing import Pipe

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.nouns import Probe
from parity.spool import Spool, mapped
from parity.worker import wire

DTYPES = ["f2", "f4", "f8", "i1", "i8", "u1", "u2", "c8", "c16", "?", "U3", "S5", "M8[ns]", "m8[s]"]
modest = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Where files are made in this test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def passed(message):
    near, far = Pipe()
    wire.send(near, message)
    return wire.receive(far)


def written(message):
    """What the files hold that go with a message."""
    writer = wire._Writer(io.BytesIO())
    writer.dump(message)
    return [os.pread(each, os.fstat(each).st_size, 0) for each in writer.descriptors()]


def laid_out(array, layout):
    """The same values in another memory layout."""
    wide = np.repeat(array[..., None], 2, axis=-1)
    return {
        "C": np.ascontiguousarray(array),
        "Fortran": np.asfortranarray(array),
        "strided": wide[..., 0],
        "reversed": np.ascontiguousarray(array[::-1])[::-1],
        "read-only": np.broadcast_to(array, array.shape),
    }[layout]


def filled(dtype, shape, seed):
    bits = np.random.default_rng(seed).integers(0, 256, (int(np.prod(shape)), np.dtype(dtype).itemsize), dtype=np.uint8)
    if np.dtype(dtype).kind == "U":
        return np.array([chr(97 + int(row[0]) % 26) * 3 for row in bits], dtype).reshape(shape)
    if np.dtype(dtype).kind == "b":
        bits %= 2
    return bits.reshape(-1).view(dtype).reshape(shape)  # any bits: NaN payloads, infinities and subnormals among them


@modest
@given(
    st.sampled_from(DTYPES),
    st.sampled_from(["C", "Fortran", "strided", "reversed", "read-only"]),
    st.sampled_from([(1,), (3, 5), (0, 4), (2, 0), (7, 9, 11), (181, 183), (41, 43, 39), (wire.SMALL,)]),
    st.integers(0, 2**32 - 1),
)
def test_an_array_of_any_type_order_and_size_arrives_bit_for_bit_and_writable(tmp_path, dtype, layout, shape, seed):
    array = laid_out(filled(dtype, shape, seed), layout)
    received = passed(array)
    assert (received.dtype, received.shape) == (array.dtype, array.shape)
    assert received.tobytes() == array.tobytes()
    assert received.flags.writeable
    assert list(tmp_path.iterdir()) == []


@modest
@given(st.lists(st.tuples(st.sampled_from(DTYPES), st.integers(1, 40_000)), min_size=1, max_size=5), st.integers(0, 99))
def test_many_arrays_of_one_message_share_a_file_and_keep_apart(tmp_path, wanted, seed):
    message = {str(at): filled(dtype, (size,), seed + at) for at, (dtype, size) in enumerate(wanted)}
    received = passed(message)
    assert {name: array.tobytes() for name, array in received.items()} == {
        name: array.tobytes() for name, array in message.items()
    }
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [wire.SMALL // 8 - 1, wire.SMALL // 8, wire.SMALL // 8 + 1])
def test_only_an_array_that_is_worth_it_goes_by_a_file(tmp_path, count):
    array = np.arange(count, dtype=np.int64)
    assert len(written(array)) == (count * 8 >= wire.SMALL)
    assert np.array_equal(passed(array), array)


def test_writing_into_what_was_received_changes_nothing_for_the_sender(tmp_path):
    sent = np.zeros(wire.SMALL)
    passed(sent)[:] = 1
    assert not sent.any()


def test_no_array_of_objects_goes_to_a_file(tmp_path):
    near, far = Pipe()
    objects = np.array([{"a": 1}] * wire.SMALL, dtype=object)
    assert written(objects) == []
    wire.send(near, objects)
    assert wire.receive(far)[-1] == {"a": 1}


def test_a_mapped_file_holds_raw_numbers_and_no_pickle(tmp_path):
    sent = np.random.default_rng(0).normal(size=wire.SMALL)
    (file,) = written({"x": sent})
    assert file == sent.tobytes()
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(file)


def test_one_array_that_is_sent_twice_is_written_once(tmp_path):
    sent = np.arange(wire.SMALL)
    (file,) = written((sent, sent))
    assert len(file) == sent.nbytes
    one, other = passed((sent, sent))
    assert np.array_equal(one, sent)
    assert np.array_equal(other, sent)


def test_nouns_with_arrays_in_them_arrive_whole(tmp_path):
    probe = Probe(
        "noise", {"x": np.random.default_rng(0).normal(size=(4, 99, 99))}, {"x": ("batch", "height", "width")}
    )
    received = passed(("run", (probe,)))[1][0]
    assert (received.name, received.axes) == (probe.name, probe.axes)
    assert received.arrays["x"].tobytes() == probe.arrays["x"].tobytes()


def test_messages_that_follow_each_other_do_not_mix(tmp_path):
    near, far = Pipe()
    for number in range(3):
        wire.send(near, np.full(wire.SMALL, number))
    assert [int(wire.receive(far)[0]) for _ in range(3)] == [0, 1, 2]
    assert list(tmp_path.iterdir()) == []


@dataclass
class Fleeting:
    """Hands pickle an array that lives no longer than the moment in which it is written."""

    number: int

    def __getstate__(self):
        return np.full(wire.SMALL, self.number)

    def __setstate__(self, state):
        self.number = int(state[0])


def test_an_array_that_is_gone_once_it_is_written_is_not_taken_for_the_next_one(tmp_path):
    assert [each.number for each in passed([Fleeting(number) for number in range(6)])] == list(range(6))


def test_a_large_array_of_named_fields_arrives(tmp_path):
    sent = np.zeros(wire.SMALL, [("a", "<f4"), ("b", "<i8")])
    sent["b"] = np.arange(wire.SMALL)
    assert passed(sent).tobytes() == sent.tobytes()


def test_what_is_mapped_already_is_handed_over_as_it_stands_in_any_view_of_it_and_cannot_be_written_to():
    spool = Spool(room=0)
    for number in range(3):
        spool.put(str(number), filled("f4", (64, 3, 5, 70), number))
    kept = spool.arrays()
    views = [kept["0"], kept["1"].transpose(0, 2, 3, 1), kept["2"][5:, ::-1], kept["0"][..., 1:]]
    first = mapped(kept["0"])
    assert [len(file) for file in written(views)] == [os.fstat(first.descriptor).st_size], "they were written again"
    received = passed([*views, np.ones(wire.SMALL)])
    for one, other in zip(views, received[:-1], strict=True):
        assert (one.dtype, one.shape, one.strides) == (other.dtype, other.shape, other.strides)
        assert one.tobytes() == other.tobytes()
        assert not other.flags.writeable
    assert received[-1].all() and received[-1].flags.writeable
    assert [each.tobytes() for each in passed(received[:-1])] == [each.tobytes() for each in views], "and once more"


def test_a_handed_over_array_outlives_its_maker_and_its_file_goes_with_the_last_array():
    def still_open():
        try:
            os.fstat(descriptor)
        except OSError:
            return False
        return True

    spool = Spool(room=0)
    spool.put("x", np.arange(wire.SMALL))
    received = passed(spool.arrays())
    descriptor = mapped(received["x"]).descriptor
    del spool
    assert np.array_equal(received["x"], np.arange(wire.SMALL))
    assert still_open()
    del received
    assert not still_open()


def test_an_end_that_is_gone_before_its_files_came_is_an_end_of_the_message():
    near, far = Pipe()
    near.send_bytes((1).to_bytes(4) + b"")
    near.close()
    with pytest.raises(EOFError):
        wire.receive(far)
