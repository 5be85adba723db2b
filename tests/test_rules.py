"""Every rule proves itself on its own examples, and against values that NumPy and SciPy work out."""

import math
import runpy
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch  # before Keras, which brings TensorFlow

# isort: split
import keras
from scipy import ndimage, signal
from torch import nn
from torch.nn import functional as F

from parity.case import Case, Input, SideSpec
from parity.line import Options, examine
from parity.probes import CHEAP, battery, for_candidate, given, probe_inputs
from parity.rulebook import rules
from parity.run import in_turn
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide
from parity.zoo.examples import case_of, examined, module, pieces

EXAMPLES = [
    # on one worker each, where its verdict is worked out once
    pytest.param(name, rule, example, id=name, marks=pytest.mark.xdist_group(f"rule {name}"))
    for name, rule, example in pieces()
]
HOLDING = [each for each in EXAMPLES if each.values[1].roles]
BUILT = {framework: runpy.run_path(str(module(framework)))["build"] for framework in ("keras", "torch")}


def check(reference, candidate, entry, seed=0):
    spec = SideSpec("live", "live:object", Path())
    case = Case("example", "an example", Path(), spec, spec, (entry,))
    sides = KerasSide(reference), TorchSide(candidate)
    return examine(case, *sides, battery((entry,), 3, seed), Options(seed=seed), in_turn, None)


@cache
def checked(name, example, turned=False):
    """An example's verdict, worked out once for all that is asked of it."""
    return examined(case_of(name, example, turned=turned), probes=("noise",) if turned else CHEAP)


def said(settings):
    return {name: value for name, value in settings.items() if value}


@pytest.mark.parametrize("kind", rules())
def test_every_rule_has_an_example(kind):
    assert rules()[kind].examples


@pytest.mark.parametrize(("name", "rule", "example"), EXAMPLES)
def test_an_example_is_one_function_with_one_set_of_settings_and_nothing_left_behind(name, rule, example):
    verdict = checked(name, example)
    assert verdict.verdict == "parity", verdict.reasons
    lonely = [row.match for row in verdict.layers if not (row.match.reference and row.match.candidate)]
    assert all(each.carries for each in lonely), lonely  # what only turns the axes one way and back
    pairs = [(row.match.reference, row.match.candidate) for row in verdict.layers if row.match not in lonely]
    assert all(mine.known and yours.known for mine, yours in pairs), pairs
    assert rule.kind in {mine.kind for mine, _ in pairs}
    matches = [row.match for row in verdict.layers if row.match not in lonely and not row.match.steps]
    assert [said(each.reference.settings) for each in matches] == [said(each.candidate.settings) for each in matches]
    assert verdict.ledger.unported == ()


def assert_equal_in_float64(verdict):
    """The two sides part by the rounding of float64 alone, and no difference hides in that of float32."""
    assert not [note for note in verdict.notes if "float32" in note]
    rows = [row for row in verdict.layers if row.match.reference and row.match.candidate]
    for each in [*verdict.outputs, *(row.difference for row in rows)]:
        assert each.gap < 1e-12 * each.scale, each
    for row in rows:
        assert row.difference.isolated < 1e-12 * row.difference.scale, row.match.name


@pytest.mark.parametrize(("name", "rule", "example"), EXAMPLES)
def test_an_example_computes_in_float64_what_it_computes_in_float32(name, rule, example):
    assert_equal_in_float64(checked(name, example))


@pytest.mark.parametrize(("name", "rule", "example"), HOLDING)
def test_an_example_is_ported_from_torch_to_keras_as_well(name, rule, example):
    verdict = checked(name, example, turned=True)
    assert verdict.verdict == "parity", verdict.reasons
    assert verdict.ledger.closed
    assert_equal_in_float64(verdict)


@pytest.mark.parametrize(("name", "rule", "example"), HOLDING)
def test_the_arrays_of_an_example_play_the_roles_of_its_rule(name, rule, example):
    verdict = checked(name, example)
    for outline in (verdict.reference, verdict.candidate):
        held = [each for layer in outline.layers if layer.kind == rule.kind for each in layer.parameters]
        assert {each.role for each in held} <= set(rule.roles)
        for each in held:
            if each.counted:
                assert each.trainable == rule.roles[each.role].trainable, each


@lru_cache(maxsize=4)  # the tests of an example follow one another, and few need be kept
def sides(name, example):
    """Both sides of an example, outlined, each with what its own framework says that it holds; built once."""
    return tuple(opened(name, example))


def opened(name, example):
    case = case_of(name, example)
    probe = probe_inputs(case.inputs, 3, 0)
    model, module = (BUILT[each.framework](**each.arguments) for each in (case.reference, case.candidate))
    for side, mine in ((KerasSide(model), probe), (TorchSide(module), for_candidate(probe, case.inputs))):
        outline = side.outline(mine)
        if isinstance(side, KerasSide):
            yield side, outline, lambda: [each.numpy() for each in model.weights], model.count_params()
        else:
            numbers = sum(each.numel() for each in module.parameters())
            yield side, outline, lambda: [each.numpy().copy() for each in module.state_dict().values()], numbers


@pytest.mark.parametrize(("name", "rule", "example"), HOLDING)
def test_canonical_to_native_to_canonical_is_the_identity_bit_for_bit(name, rule, example):
    for side, _, _, _ in sides(name, example):
        random = np.random.default_rng(1)
        drawn = {
            layer: {role: random.normal(size=array.shape).astype(array.dtype) for role, array in roles.items()}
            for layer, roles in side.weights().items()
        }
        side.load(drawn)
        found = side.weights()
        assert {(layer, role) for layer in found for role in found[layer]} == {
            (layer, role) for layer in drawn for role in drawn[layer]
        }
        for layer, roles in drawn.items():
            for role, array in roles.items():
                assert found[layer][role].tobytes() == array.tobytes(), (layer, role)


@pytest.mark.parametrize(("name", "rule", "example"), HOLDING)
def test_native_to_canonical_to_native_is_the_identity_bit_for_bit(name, rule, example):
    for side, _, native, _ in sides(name, example):
        before = native()
        kept = {layer: {role: array.copy() for role, array in roles.items()} for layer, roles in side.weights().items()}
        side.load({layer: {role: array + 1 for role, array in roles.items()} for layer, roles in kept.items()})
        assert not any(np.array_equal(a, b) for a, b in zip(before, native(), strict=True) if a.ndim)
        side.load(kept)
        assert [array.tobytes() for array in native()] == [array.tobytes() for array in before]


@pytest.mark.parametrize(("name", "rule", "example"), HOLDING)
def test_as_many_numbers_are_counted_as_the_framework_counts(name, rule, example):
    for _, outline, native, count in sides(name, example):
        assert outline.count() == count
        assert sum(each.size for each in outline.parameters()) == sum(array.size for array in native())


# -- against NumPy and SciPy, in Keras's axes --------------------------------------------------------------


def steps(reference, candidate, entry):
    """What both sides give for one batch: the input, the weights of the only layer that holds any, two arrays."""
    check(reference, candidate, entry)
    probe, sided = probe_inputs((entry,), 3, 0), (KerasSide(reference), TorchSide(candidate))
    theirs = for_candidate(probe, (entry,))
    for side, mine in zip(sided, (probe, theirs), strict=True):
        side.outline(mine)
    held = [roles for roles in sided[0].weights().values() if roles]
    traces = [side.run(mine) for side, mine in zip(sided, (probe, theirs), strict=True)]
    values = probe.arrays["x"].astype(np.float64)
    return values, held[0] if held else {}, [next(iter(trace.outputs.values())) for trace in traces]


def close(expected, found):
    for array in found:
        assert array.shape == expected.shape
        np.testing.assert_allclose(array, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


LENGTH = Input("x", (11, 5), ("length", "channel"), ("channel", "length"))
IMAGE = Input("x", (7, 9, 5), ("height", "width", "channel"), ("channel", "height", "width"))


@pytest.mark.parametrize(("stride", "dilation", "same"), [(1, 1, False), (2, 1, False), (1, 2, False), (1, 2, True)])
def test_a_convolution_of_length_is_scipy_s_correlation(stride, dilation, same):
    padding = "same" if same else "valid"
    x, held, found = steps(
        keras.layers.Conv1D(6, 3, strides=stride, dilation_rate=dilation, padding=padding),
        nn.Conv1d(5, 6, 3, stride=stride, dilation=dilation, padding=padding),
        LENGTH,
    )
    kernel = np.zeros(((3 - 1) * dilation + 1, 5, 6))
    kernel[::dilation] = held["kernel"]
    expected = np.stack(
        [
            sum(signal.correlate(sample[:, i], kernel[:, i, o], padding) for i in range(5))
            for sample in x
            for o in range(6)
        ]
    ).reshape(3, 6, -1)[:, :, ::stride]
    close(expected.transpose(0, 2, 1) + held["bias"], found)


def test_a_convolution_of_an_image_is_scipy_s_correlation():
    x, held, found = steps(keras.layers.Conv2D(4, (3, 2)), nn.Conv2d(5, 4, (3, 2)), IMAGE)
    # The channels are correlated as a third axis, along which the kernel reaches from end to end.
    expected = np.stack(
        [
            np.stack([signal.correlate(sample, held["kernel"][..., o], "valid")[..., 0] for o in range(4)], -1)
            for sample in x
        ]
    )
    close(expected + held["bias"], found)


def test_a_grouped_convolution_is_one_convolution_a_group():
    x, held, found = steps(keras.layers.Conv2D(10, 3, groups=5), nn.Conv2d(5, 10, 3, groups=5), IMAGE)
    kernel = held["kernel"][:, :, 0]
    maps = [[signal.correlate(sample[..., o // 2], kernel[..., o], "valid") for o in range(10)] for sample in x]
    close(np.moveaxis(np.array(maps), 1, -1) + held["bias"], found)


def test_a_dense_layer_is_a_product_with_its_kernel():
    x, held, found = steps(
        keras.layers.Dense(6), nn.Linear(5, 6), Input("x", (11, 5), ("length", "channel"), ("length", "channel"))
    )
    close(np.einsum("bli,io->blo", x, held["kernel"]) + held["bias"], found)


def test_a_dense_layer_behind_a_flatten_reads_height_width_channel_in_that_order():
    x, held, found = steps(
        keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(6)]),
        nn.Sequential(nn.Flatten(), nn.Linear(math.prod(IMAGE.shape), 6)),
        IMAGE,
    )
    close(np.einsum("bhwc,hwco->bo", x, held["kernel"].reshape(7, 9, 5, 6)) + held["bias"], found)


def test_a_batch_norm_takes_the_running_mean_and_divides_by_the_running_deviation():
    x, held, found = steps(
        keras.layers.BatchNormalization(epsilon=1e-2, momentum=0.9), nn.BatchNorm2d(5, eps=1e-2), IMAGE
    )
    mean, variance, gamma, beta = (held[role].astype(np.float64) for role in ("mean", "variance", "gamma", "beta"))
    close(gamma * (x - mean) / np.sqrt(variance + 1e-2) + beta, found)


@pytest.mark.parametrize(("size", "stride"), [((3, 5), 1), ((3, 3), 2)])
def test_a_max_pool_is_scipy_s_maximum_filter(size, stride):
    x, _, found = steps(keras.layers.MaxPooling2D(size, strides=stride), nn.MaxPool2d(size, stride=stride), IMAGE)
    centred = ndimage.maximum_filter(x, size=(1, *size, 1), mode="constant", cval=-np.inf)
    rows, columns = (slice(extent // 2, -(extent // 2), stride) for extent in size)
    close(centred[:, rows, columns], found)


def test_an_average_pool_with_same_padding_leaves_the_padding_out_of_the_mean():
    x, _, found = steps(
        keras.layers.AveragePooling1D(3, strides=2, padding="same"),
        nn.AvgPool1d(3, stride=2, padding=1, count_include_pad=False),
        LENGTH,
    )
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0)), constant_values=np.nan)
    expected = np.stack([np.nanmean(padded[:, start : start + 3], axis=1) for start in range(0, 11, 2)], axis=1)
    close(expected, found)


def test_an_adaptive_pool_takes_the_means_of_bins_that_overlap():
    x, _, found = steps(keras.layers.AdaptiveAveragePooling1D(4), nn.AdaptiveAvgPool1d(4), LENGTH)
    bins = [slice(i * 11 // 4, -(-(i + 1) * 11 // 4)) for i in range(4)]
    close(np.stack([x[:, each].mean(axis=1) for each in bins], axis=1), found)


def test_a_nearest_resize_takes_the_element_under_the_centre_of_each():
    x, _, found = steps(
        keras.layers.Resizing(10, 5, interpolation="nearest"), nn.Upsample(size=(10, 5), mode="nearest-exact"), IMAGE
    )
    rows, columns = (((np.arange(after) + 0.5) * before / after).astype(int) for before, after in ((7, 10), (9, 5)))
    close(x[:, rows][:, :, columns], found)


def test_a_product_is_summed_over_the_axes_it_names():
    def mine(x):
        return keras.layers.Dot((1, 1))([x, keras.ops.tanh(x)])

    x, _, found = steps(mine, lambda x: x @ x.tanh().mT, LENGTH)
    close(np.einsum("blc,bld->bcd", x, np.tanh(x)), found)


# -- two functions that only look alike --------------------------------------------------------------------

VECTOR = Input("x", (11,), ("channel",))


class Behind(nn.Module):
    """A dense layer and a function behind it."""

    def __init__(self, function, wide=11):
        super().__init__()
        self.dense, self.function = nn.Linear(wide, 6), function

    def forward(self, x):
        return self.function(self.dense(x))


class KerasBehind(keras.Model):
    """The same in Keras."""

    def __init__(self, function):
        super().__init__()
        self.dense, self.function = keras.layers.Dense(6), function

    def call(self, x):
        return self.function(self.dense(x))


LOOKALIKES = {
    "a factor behind which little is left": lambda: (
        KerasBehind(lambda y: y * 1e-6),
        Behind(lambda y: y * 2e-6),
        VECTOR,
    ),
    "a relu with a cap": lambda: (keras.layers.ReLU(max_value=6), nn.ReLU(), VECTOR),
    "a relu with a cap on one side that the rules do not know": lambda: (
        KerasBehind(keras.ops.relu),
        Behind(F.relu6),
        VECTOR,
    ),
    "a clip that is wider": lambda: (
        KerasBehind(lambda y: keras.ops.clip(y, -20, 20)),
        Behind(lambda y: y.clamp(-30, 30)),
        VECTOR,
    ),
    "an epsilon a tenth as large": lambda: (
        keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9),
        nn.BatchNorm2d(5, eps=1e-6),
        IMAGE,
    ),
    "heads in crossed keys": lambda: (
        KerasBehind(lambda y: {"low": y, "high": y * 2}),
        Behind(lambda y: {"high": y, "low": y * 2}),
        VECTOR,
    ),
    "an imaginary part of the other sign": lambda: (
        KerasBehind(lambda y: spectrum(y)),
        Behind(lambda y: torch.fft.fft(y).conj_physical()),
        VECTOR,
    ),
    "an output that depends on no input": lambda: (KerasBehind(lambda y: y * 0.0), Behind(lambda y: y * 0.0), VECTOR),
    "a dropout that is never switched off": lambda: (
        keras.Sequential([keras.layers.Dense(6), keras.layers.Dropout(0.5)]),
        Behind(F.dropout),
        VECTOR,
    ),
    "a softmax over the batch": lambda: (keras.layers.Softmax(), nn.Softmax(dim=0), VECTOR),
    "gelu by its approximation": lambda: (keras.layers.Activation("gelu"), nn.GELU("tanh"), VECTOR),
    "an average that counts the padding": lambda: (
        keras.layers.AveragePooling1D(3, strides=2, padding="same"),
        nn.AvgPool1d(3, stride=2, padding=1),
        LENGTH,
    ),
    "a mean over the other axis of a square": lambda: (
        lambda x: keras.ops.mean(x, axis=1),
        lambda x: x.mean(1),
        Input("x", (7, 7), ("length", "channel"), ("channel", "length")),
    ),
    "a nearest resize that looks half an element further": lambda: (
        keras.layers.Resizing(10, 5, interpolation="nearest"),
        nn.Upsample(size=(10, 5)),
        IMAGE,
    ),
    "a bilinear resize by its corners": lambda: (
        keras.layers.UpSampling2D(2, interpolation="bilinear"),
        nn.UpsamplingBilinear2d(scale_factor=2),
        IMAGE,
    ),
    "a reflection with the edge and without": lambda: (
        lambda x: keras.ops.pad(x, ((0, 0), (1, 1), (0, 0)), "symmetric"),
        nn.ReflectionPad1d(1),
        LENGTH,
    ),
    "a bound on one side that no value reaches": lambda: (
        lambda x: keras.ops.minimum(x, 1e6),
        lambda x: x.clamp(max=2e6),
        VECTOR,
    ),
    "blocks laid out in another order": lambda: (
        lambda x: keras.ops.depth_to_space(x, 2),
        nn.PixelShuffle(2),
        Input("x", (7, 9, 8), ("height", "width", "channel"), ("channel", "height", "width")),
    ),
}


def spectrum(y):
    real, imaginary = keras.ops.fft((y, keras.ops.zeros_like(y)))
    return keras.ops.cast(real, "complex64") + 1j * keras.ops.cast(imaginary, "complex64")


@pytest.mark.parametrize("pair", LOOKALIKES)
def test_two_functions_that_only_look_alike_are_never_parity(pair):
    verdict = check(*LOOKALIKES[pair]())
    assert verdict.verdict in ("divergence", "inconclusive")


# -- what must not end in a crash --------------------------------------------------------------------------


def test_a_network_that_gives_one_number_is_compared():
    verdict = check(KerasBehind(keras.ops.mean), Behind(torch.mean), VECTOR)
    assert verdict.verdict == "parity", verdict.reasons


def tied():
    """Two linear layers with one weight and two biases."""
    layers = nn.Sequential(nn.Linear(11, 11), nn.Linear(11, 11))
    layers[1].weight = layers[0].weight
    return layers


def test_a_tied_weight_with_a_bias_of_its_own_is_told_and_not_a_crash():
    two = keras.Sequential([keras.layers.Dense(11), keras.layers.Dense(11)])
    assert check(two, tied(), VECTOR).verdict == "divergence"


def test_a_tensor_that_is_conjugated_lazily_is_recorded():
    module = Behind(lambda y: torch.fft.fft(y).conj())
    side = TorchSide(module)
    probe = given({"x": np.ones((2, 11), np.float32)}, (VECTOR,))
    side.outline(probe)
    (found,) = side.run(probe).outputs.values()
    expected = np.fft.fft(module.dense(torch.ones(2, 11)).detach().numpy()).conj()
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    "spelling",
    [
        "lambda x: x.permute(0, 2, 1)",
        "lambda x: x.permute((0, 2, 1))",
        "lambda x: torch.permute(x, (0, 2, 1))",
        "lambda x: x.permute(dims=(0, 2, 1))",
        "lambda x: torch.permute(x, dims=(0, 2, 1))",
        "lambda x: x.permute(0, -1, -2)",
        "lambda x: x.transpose(1, 2)",
        "lambda x: x.transpose(dim0=-1, dim1=-2)",
        "lambda x: x.swapaxes(1, 2)",
        "lambda x: x.mT",
    ],
)
def test_every_way_to_turn_two_axes_in_torch_turns_their_names(spelling):
    side = TorchSide(BUILT["torch"](spelling))
    outline = side.outline(given({"x": np.ones((2, 5, 7), np.float32)}, (Input("x", (5, 7), ("length", "channel")),)))
    assert [str(each) for each in outline.layers[-1].axes] == ["batch", "channel", "length"]
