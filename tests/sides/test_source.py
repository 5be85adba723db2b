"""Whose a parameter is: the layer's that was the first to read it, or a part of it."""

import numpy as np

from parity.sides._source import Owners, Source


def test_a_part_is_the_first_reader_s_and_the_rest_of_its_array_is_free():
    owners, table, other = Owners(), np.zeros((4, 3)), np.zeros((4, 3))
    owners.note(Source(table, np.arange(6)), "first")
    owners.note(Source(table, np.arange(3, 9)), "second")  # which the first one owns a part of
    assert owners.of(Source(table, np.arange(5, 7))) == "first"
    assert owners.of(Source(table, np.arange(6, 9))) is None
    assert owners.of(Source(table)) == "first"
    assert owners.of(Source(other)) is None


def test_only_readings_of_the_same_array_are_held_against_each_other(monkeypatch):
    """Every call of a network asks, and a network has as many arrays as calls."""
    owners, arrays = Owners(), [np.zeros(3) for _ in range(50)]
    compared, plain = [], Source.overlaps
    monkeypatch.setattr(Source, "overlaps", lambda one, other: compared.append(other) or plain(one, other))
    for number, array in enumerate(arrays):
        owners.note(Source(array), f"layer {number}")
    assert [owners.of(Source(array)) for array in arrays] == [f"layer {number}" for number in range(50)]
    assert len(compared) == 50
