"""What is kept of many builds: moments of all elements, a sample, what stands still, and orthonormal rows."""

import numpy as np
import pytest

from parity.fresh.drawing import POSITIONS, Drawer, Wanted, joined, orthogonal


def seen(wanted, builds):
    first, *rest = builds
    drawer = Drawer([wanted], first)
    for weights in rest:
        drawer.see(weights)
    return drawer.drawn()[0]


def arrays(count, make):
    return [{"one": {"a": make(number), "b": make(-number)}} for number in range(count)]


def test_moments_are_those_of_every_element_and_the_sample_holds_a_few_of_them():
    rng = np.random.default_rng(0)
    builds = arrays(4, lambda _: rng.normal(0.5, 2, (70, 90)).astype("f4"))
    drawn = seen(Wanted((("one", "a"),), (70, 90)), builds)
    whole = np.array([each["one"]["a"] for each in builds[1:]], np.float64)
    assert drawn.sample.shape == (3, 1, POSITIONS)
    assert np.allclose(drawn.mean[:, 0], whole.mean((1, 2)))
    assert np.allclose(drawn.square[:, 0], (whole**2).mean((1, 2)))
    assert np.array_equal(drawn.high[:, 0], whole.max((1, 2)))
    assert np.isin(drawn.sample[1], whole[1].astype("f4")).all()
    assert drawn.still is None and not drawn.fixed and drawn.orthogonal == ""


def test_a_sum_is_seen_as_one_array_and_its_gates_apart():
    builds = arrays(3, lambda number: np.full((2, 3, 4), number, "f4") + np.arange(3)[:, None])
    drawn = seen(Wanted((("one", "a"), ("one", "b")), (2, 3, 4), gates=1), builds)
    assert drawn.fixed, "what one gains the other loses"
    assert [float(drawn.block(at).mean[0, 0]) for at in range(3)] == [0, 2, 4]
    assert drawn.block(2).fixed and drawn.block(2).shape == (2, 4)
    assert set(drawn.block(2).held) == {4.0}


def test_elements_that_no_seed_moves_are_told_and_left_out_of_the_moments():
    rng = np.random.default_rng(1)

    def padded(_):
        table = rng.normal(size=(6, 5)).astype("f4")
        table[2] = 7
        return table

    drawn = seen(Wanted((("one", "a"),), (6, 5)), arrays(5, padded))
    assert np.flatnonzero(drawn.still).tolist() == [10, 11, 12, 13, 14]
    assert set(drawn.held) == {7.0} and drawn.high.max() < 7
    parts = [seen(Wanted((("one", "a"),), (6, 5)), arrays(3, padded)) for _ in range(2)]
    assert joined(parts).still.sum() == 5 and len(joined(parts).mean) == 4


@pytest.mark.parametrize("shape", [(12, 5), (5, 12), (3, 2, 7)])
def test_orthonormal_rows_or_columns_are_seen_with_their_gain(shape):
    rng = np.random.default_rng(2)
    flat = (int(np.prod(shape[:-1])), shape[-1])
    q, _ = np.linalg.qr(rng.normal(size=(max(flat), min(flat))))
    array = (1.5 * (q if flat[0] > flat[1] else q.T)).reshape(shape).astype("f4")
    assert orthogonal(array) == ("whole", pytest.approx(1.5, rel=1e-4))
    array.flat[0] += 0.01
    assert orthogonal(array) == ("", 0.0)


def test_gates_that_are_orthogonal_each_by_itself_are_not_one_orthogonal_matrix():
    rng = np.random.default_rng(3)
    gates = [np.linalg.qr(rng.normal(size=(6, 6)))[0] for _ in range(4)]
    array = np.stack(gates, axis=1).astype("f4")  # hidden gate unit
    assert orthogonal(array, 1)[0] == "gates"
    # Keras and PyTorch draw all gates as one matrix: its rows are orthonormal, no gate's are.
    fused = np.linalg.qr(rng.normal(size=(24, 6)))[0].T.reshape(6, 4, 6).astype("f4")
    assert orthogonal(fused, 1) == ("whole", pytest.approx(1, rel=1e-4))


def test_a_pattern_is_told_from_numbers_that_were_drawn_once():
    def held(array):
        return seen(Wanted((("one", "a"),), array.shape), arrays(3, lambda _: array))

    rng = np.random.default_rng(4)
    assert held(np.eye(9, dtype="f4") * np.float32(np.sqrt(2))).patterned
    assert held(np.zeros(5, "f4")).patterned
    assert not held(rng.normal(size=(5,)).astype("f4")).patterned
    assert not held(rng.normal(size=(20, 20)).astype("f4")).patterned
