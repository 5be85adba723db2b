"""Every measure against plain arithmetic over whole arrays, at every seam between blocks, rows and threads."""

import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity import block, extent
from parity.extent import census, distances, measure

NAN, INF = float("nan"), float("inf")
REALS = [np.float16, np.float32, np.float64, np.dtype(">f4"), np.longdouble]
WHOLES = [np.int8, np.int32, np.int64, np.uint8, np.uint64, np.bool_]
COMPLEX = [np.complex64, np.complex128]
LAYOUTS = {
    "contiguous": lambda array: np.copy(array, order="C"),
    "transposed": lambda array: np.copy(array.T, order="C").T,
    "strided": lambda array: np.repeat(array, 2, axis=0)[::2] if array.ndim else array,
    "backward": lambda array: np.copy(array[::-1], order="C")[::-1] if array.ndim else array,
    "last axis strided": lambda array: np.repeat(array, 3, axis=-1)[..., ::3] if array.ndim else array,
}
often = settings(max_examples=150, deadline=None)


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    """Seams every few elements, so that small arrays cross all of them, and two threads whatever the machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"BLOCK": 24, "UNIT": 2, "LANES": 6, "_cores": lambda: 2}.items():
            patch.setattr(extent, name, value)
        patch.setattr(block, "RUN", 5)
        yield


@pytest.fixture
def large_blocks(monkeypatch):
    """As they are outside of the tests."""
    for name, value in {"BLOCK": 2**18, "UNIT": 4, "LANES": 2**10}.items():
        monkeypatch.setattr(extent, name, value)
    monkeypatch.setattr(block, "RUN", 2**13)


def array_of(random, shape, dtype, holes):
    """Numbers of all signs with zeros among them; `holes` of them NaN or infinite."""
    dtype = np.dtype(dtype)
    values = np.asarray(random.normal(size=shape) * (random.random(shape) > 0.1) * 20)
    if dtype.kind == "c":
        values = values + 1j * random.normal(size=shape)
    if dtype.kind in "bu":
        values = abs(values)
    array = np.asarray(values).astype(dtype)
    if dtype.kind in "fc" and array.size:
        for _ in range(holes):
            array.flat[random.integers(array.size)] = random.choice([NAN, INF, -INF])
    return array


def expected(one, other):
    """Distances pair by pair, in Python's own numbers: integers without bound, floats, complex."""

    def apart(a, b):
        if a == b:
            return 0.0
        gap = float(abs(a - b))
        return INF if math.isnan(gap) else gap

    flat = [[wide(value) for value in array.ravel().tolist()] for array in (one, other)]
    return np.array([apart(a, b) for a, b in zip(*flat, strict=True)]).reshape(one.shape)


def wide(value):
    if isinstance(value, (bool, int)):
        return int(value)
    return complex(value) if isinstance(value, complex) else float(value)


shapes = st.one_of(
    st.lists(st.integers(1, 6), max_size=4).map(tuple),
    st.sampled_from([(23,), (24,), (25,), (48,), (49,), (97,), (3, 24), (3, 25), (5, 49), (2, 3, 25), (25, 3), (9, 1)]),
)
kinds = st.sampled_from([*REALS, *WHOLES, *COMPLEX])


@often
@given(shapes, kinds, kinds, st.sampled_from([*LAYOUTS]), st.sampled_from([*LAYOUTS]), st.integers(0, 3), st.data())
def test_every_measure_is_that_of_plain_arithmetic(shape, dtype, second, layout, other_layout, holes, data):
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    one, other = array_of(random, shape, dtype, holes), array_of(random, shape, second, holes)
    same = random.random(shape) < 0.3
    if dtype is second:
        other = np.where(same, one, other).astype(second)
    found = measure(LAYOUTS[layout](one), LAYOUTS[other_layout](other), bound=10.0)
    apart = expected(one, other)
    assert found.max_abs == pytest.approx(apart.max(), rel=1e-15)
    assert apart[found.where] == pytest.approx(found.max_abs, rel=1e-15)
    assert found.mean_abs == pytest.approx(math.fsum(apart.ravel()) / apart.size, rel=1e-13)
    assert found.rms == pytest.approx(math.sqrt(math.fsum(apart.ravel() ** 2) / apart.size), rel=1e-13)
    assert found.above == sum(apart.ravel() > 10.0)
    assert found.nan == (sum(np.isnan(one).ravel()), sum(np.isnan(other).ravel()))
    assert found.inf == (sum(np.isinf(one).ravel()), sum(np.isinf(other).ravel()))
    magnitudes = np.where(np.isfinite(one), abs(one.astype(np.complex128)), 0.0)
    assert found.scale == magnitudes.max()
    axes = tuple(range(max(len(shape) - 1, 0) if len(shape) > 1 else len(shape)))
    assert found.distances == pytest.approx(np.atleast_1d(apart.max(axis=axes)), rel=1e-15)
    assert np.array_equal(found.magnitudes, np.atleast_1d(magnitudes.max(axis=axes)))
    assert np.array_equal(distances(one, other), found.distances)
    left, right = (array.astype(np.complex128).ravel() for array in (one, other))
    norms = np.linalg.norm(left) * np.linalg.norm(right)
    if np.isfinite(norms) and norms:
        assert found.cosine == pytest.approx(np.vdot(left, right).real / norms, abs=1e-14)
    else:
        assert found.cosine is None


@often
@given(st.integers(1, 120), st.integers(0, 119), st.integers(0, 119))
def test_the_first_of_several_largest_is_where_the_difference_is(size, at, again):
    one, other = np.zeros((2, size), np.float32)
    other[[at % size, again % size]] = -1
    assert measure(one, other).where == (min(at % size, again % size),)


@pytest.mark.parametrize("value", [0, 2**53, 2**63 - 2])
@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_whole_numbers_one_apart_are_one_apart_however_large(value, dtype):
    one, other = np.array([value, 5], dtype), np.array([value + 1, 5], dtype)
    for found in (measure(one, other), measure(other, one)):
        assert (found.max_abs, found.where, found.mean_abs) == (1, (0,), 0.5)


@pytest.mark.parametrize("one", [-(2**63), -1, 0, 2**63 - 1])
@pytest.mark.parametrize("other", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_signed_and_unsigned_numbers_are_not_subtracted_around_the_corner(one, other):
    pair = np.array([one], np.int64), np.array([other], np.uint64)
    for found in (measure(*pair), measure(*reversed(pair))):
        assert found.max_abs == pytest.approx(float(Fraction(abs(one - other))), rel=1e-15)


def test_a_difference_of_float32_is_the_float64_one():
    one, other = np.float32([1.0, 3e38]), np.float32([2.0**-40, -3e38])
    found = measure(one, other)
    assert found.max_abs == float(one[1]) - float(other[1])
    assert found.distances[0] == found.max_abs
    assert measure(one[:1], other[:1]).max_abs == 1 - 2.0**-40


def test_nothing_but_zeros_of_any_sign_have_no_scale_and_no_sign():
    found = measure(np.float32([-0.0, -0.0]), np.float32([0.0, -0.0]), extras=True)
    assert (found.max_abs, found.flips, found.cosine, str(found.scale)) == (0, 0, None, "0.0")
    assert not np.signbit(found.magnitudes).any()


@pytest.mark.parametrize(("one", "other"), [(1e-20, 1.0), (1e20, 1.0), (1e-170, 1e-170), (1e170, 1e170), (1e-160, 1.0)])
def test_the_cosine_of_vectors_of_unlike_or_extreme_length_is_that_of_the_dot_product(one, other):
    random = np.random.default_rng(0)
    one, other = one * random.normal(size=100), other * random.normal(size=100)
    with np.errstate(over="ignore", under="ignore"):
        norms = np.linalg.norm(one) * np.linalg.norm(other)
        wanted = np.vdot(one, other) / norms if norms and np.isfinite(norms) else None
    assert measure(one, other).cosine == (None if wanted is None else pytest.approx(wanted, abs=1e-14))


@pytest.mark.parametrize("shape", [(0,), (4, 0), (0, 4), (2, 0, 3)])
def test_empty_arrays_have_no_distance_and_no_place(shape):
    found = measure(np.zeros(shape), np.zeros(shape), bound=0, extras=True)
    assert (found.max_abs, found.where, found.mean_abs, found.cosine, found.above) == (0, None, 0, None, 0)
    assert found.argmax_agreement is None
    assert found.distances.shape == ((shape[-1],) if len(shape) > 1 else (1,))


def test_arrays_of_different_shapes_are_refused_even_where_they_would_broadcast():
    for compare in (measure, distances):
        with pytest.raises(ValueError, match=r"\(2, 3\) and \(1, 3\)"):
            compare(np.zeros((2, 3)), np.zeros((1, 3)))


def test_extras_and_the_count_above_a_bound_come_only_when_asked_for():
    found = measure(np.ones(3), np.ones(3))
    assert (found.above, found.flips, found.ulps, found.argmax_agreement) == (None, None, None, None)


# -- extras ----------------------------------------------------------------------------------------


@often
@given(st.sampled_from([np.float32, np.float64]), st.integers(1, 60), st.integers(0, 2**32 - 1), st.integers(0, 3))
def test_ulps_are_counted_by_stepping_through_the_numbers(dtype, size, seed, holes):
    random = np.random.default_rng(seed)
    one, steps = array_of(random, size, dtype, holes), random.integers(0, 12, size)
    one *= dtype(random.choice([1, np.finfo(dtype).smallest_subnormal]))  # around zero, one step is a subnormal
    other, toward = one.copy(), random.choice([-INF, INF], size).astype(dtype)
    taken = np.zeros(size, int)
    for number in range(12):
        going = (number < steps) & (other != toward) & ~np.isnan(one)
        other = np.where(going, np.nextafter(other, toward), other)
        taken += going
    found = measure(one, other, extras=True).ulps
    lengths = [int(number).bit_length() for number in taken[~np.isnan(one)]]
    assert found == tuple(lengths.count(length) for length in range(33 if dtype is np.float32 else 65))


def test_the_widest_gaps_fall_into_the_right_bin():
    for dtype, bits in ((np.float32, 32), (np.float64, 64)):
        kind = np.dtype(f"i{bits // 8}")
        largest = int(np.array(INF, dtype).view(kind))
        assert measure(np.array([-INF], dtype), np.array([INF], dtype), extras=True).ulps[bits] == 1
        for gap in (2**30 - 1, 2**30, largest - 1, largest):
            found = measure(np.zeros(1, dtype), np.array([gap], kind).view(dtype), extras=True)
            assert found.ulps[gap.bit_length()] == 1, (dtype, gap)
    assert measure(np.zeros(1), np.array([2**60 - 1]).view(float), extras=True).ulps[60] == 1


def test_ulps_are_for_pairs_of_one_format_only():
    assert measure(np.float32([1]), np.float64([1]), extras=True).ulps is None
    assert measure(np.float16([1]), np.float16([1]), extras=True).ulps is None
    assert measure(np.array([1.0], ">f4"), np.array([1.0], "<f4"), extras=True).ulps[0] == 1


@often
@given(shapes, st.sampled_from([*REALS, *WHOLES]), st.sampled_from([*LAYOUTS]), st.integers(0, 2), st.data())
def test_the_arg_max_agrees_in_as_many_rows_as_numpy_s(shape, dtype, layout, holes, data):
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    one, other = (array_of(random, shape, dtype, holes) for _ in range(2))
    other = np.where(random.random((*shape[:-1], 1) if shape else ()) < 0.5, one, other).astype(dtype)
    rows = [np.atleast_1d(array).reshape(-1, shape[-1] if shape else 1) for array in (one, other)]
    agree = np.argmax(rows[0], axis=1) == np.argmax(rows[1], axis=1)
    agree &= ~(np.isnan(rows[0]).any(axis=1) | np.isnan(rows[1]).any(axis=1))
    found = measure(LAYOUTS[layout](one), other, extras=True)
    assert found.argmax_agreement == pytest.approx(agree.mean())


def test_complex_numbers_have_no_largest_and_no_sign():
    found = measure(np.array([1j]), np.array([1j]), extras=True)
    assert (found.argmax_agreement, found.flips) == (None, None)


@often
@given(shapes, st.sampled_from([*REALS, *WHOLES]), st.sampled_from([*REALS, *WHOLES]), st.integers(0, 2), st.data())
def test_flips_are_pairs_of_strictly_opposite_sign(shape, dtype, second, holes, data):
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    one, other = array_of(random, shape, dtype, holes), array_of(random, shape, second, holes)
    wanted = np.count_nonzero(np.sign(one.astype(float)) * np.sign(other.astype(float)) == -1)
    assert measure(one, other, extras=True).flips == wanted


# -- census, files, threads, memory ----------------------------------------------------------------


@often
@given(shapes, kinds, st.sampled_from([*LAYOUTS]), st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_the_census_of_one_array_is_numpy_s(shape, dtype, layout, holes, seed):
    array = array_of(np.random.default_rng(seed), shape, dtype, holes)
    assert census(LAYOUTS[layout](array)) == (np.isnan(array).sum(), np.isinf(array).sum())


@pytest.mark.parametrize("offset", [0, 3])
def test_memory_maps_are_measured_like_arrays_also_where_they_are_not_aligned(tmp_path, offset):
    random = np.random.default_rng(0)
    one, other = random.normal(size=(2, 40, 7)).astype(np.float32)
    maps = []
    for name, array in (("one", one), ("other", other)):
        (tmp_path / name).write_bytes(b"\0" * offset + array.tobytes())
        maps.append(np.memmap(tmp_path / name, np.float32, "r", offset, array.shape))
    wanted, found = measure(one, other, extras=True), measure(*maps, extras=True)
    for name in ("max_abs", "where", "mean_abs", "rms", "cosine", "scale", "ulps", "argmax_agreement", "flips"):
        assert getattr(found, name) == getattr(wanted, name), name


@pytest.mark.parametrize("shape", [(5000,), (70, 70), (3, 1500)])
def test_nothing_depends_on_the_number_of_threads(monkeypatch, shape):
    random = np.random.default_rng(1)
    one, other = random.normal(size=(2, *shape))
    found = []
    for cores in (1, 2, 3, 4):
        monkeypatch.setattr(extent, "_cores", lambda cores=cores: cores)
        each = measure(one, other, bound=1.0, extras=True)
        found.append([value.tolist() if isinstance(value, np.ndarray) else value for value in vars(each).values()])
    assert all(each == found[0] for each in found)


def test_more_channels_than_the_threads_may_hold_are_measured_all_the_same(monkeypatch):
    monkeypatch.setattr(extent, "CHANNEL_BYTES", 100)
    one, other = np.random.default_rng(2).normal(size=(2, 3, 500))
    assert np.array_equal(distances(one, other), abs(one - other).max(axis=0))


def test_large_blocks_give_the_same(large_blocks):
    random = np.random.default_rng(3)
    one, other = random.normal(size=(2, 3, 2**16 + 5, 7)).astype(np.float32)
    other[1, 7, 3] = NAN
    found = measure(one, other)
    apart = np.abs(one.astype(float) - other.astype(float))
    assert (found.max_abs, found.where, found.nan) == (INF, (1, 7, 3), (0, 1))
    assert np.array_equal(found.distances, np.where(np.isnan(apart), INF, apart).max(axis=(0, 1)))
    other[1, 7, 3] = one[1, 7, 3]
    found, apart[1, 7, 3] = measure(one, other), 0
    assert found.where == np.unravel_index(apart.argmax(), apart.shape)
    assert found.mean_abs == pytest.approx(apart.mean(), rel=1e-13)


@pytest.mark.parametrize("layout", [*LAYOUTS])
@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.complex128])
def test_no_more_than_64_mib_are_worked_in(large_blocks, monkeypatch, dtype, layout):
    monkeypatch.setattr(extent, "_cores", lambda: 64)
    one = LAYOUTS[layout](np.ones((2**12, 2**11), dtype))
    other = one.copy(order="K")
    other[5, 6] = NAN if np.dtype(dtype).kind != "i" else 7
    assert peak(lambda: measure(one, other, bound=0.5, extras=True)) < 64
    assert peak(lambda: census(one)) < 8


def test_no_more_than_64_mib_are_worked_in_beside_the_answer_where_there_are_millions_of_channels(large_blocks):
    one = np.ones((2, 2**22), np.float32)
    answer = 2 * 8 * one.shape[1] / 2**20
    assert peak(lambda: measure(one, one, extras=True)) - answer < 64


def peak(work):
    """MiB that are held at once while this is done."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
