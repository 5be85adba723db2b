"""`parity.check` on live objects: the same verdict, both models as they were before, and no parity that is not true."""

import json

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
import pytest
import tensorflow as tf
from torch import nn
from torch.nn import functional as F

import parity
from parity.probes import probe_weights

X = np.random.default_rng(7).normal(size=(4, 5)).astype("float32")
PROBES = {"given": X, "large": 30 * X, "negative": -np.abs(X), "alone": X[:1]}
IMAGES = np.random.default_rng(8).normal(size=(3, 7, 9, 5)).astype("float32")


def reference(*behind):
    """Dense(5 -> 7) and what stands behind it, in Keras; a bare function is applied to the tensor."""
    entrance = keras.Input((5,))
    x = keras.layers.Dense(7)(entrance)
    for each in behind:
        x = each(x)
    return keras.Model(entrance, x)


class Candidate(nn.Module):
    """Linear(5 -> 7) and what stands behind it, in PyTorch."""

    def __init__(self, behind=lambda x: x):
        super().__init__()
        self.lin = nn.Linear(5, 7)
        self.behind = behind

    def forward(self, x):
        return self.behind(self.lin(x))


def normed():
    """A pair with every sort of array: kernels, biases, gamma, beta and running statistics."""
    one = keras.Sequential([keras.Input((5,)), keras.layers.Dense(7), keras.layers.BatchNormalization(epsilon=1e-5)])
    return one, nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7, momentum=0.01), nn.Dropout(0.5))


def drawn(verdict):
    """The probe weights of the reference's first layer, by role."""
    return probe_weights(verdict.reference, 0)[verdict.reference.layers[0].name]


def contents(*models):
    """Every number of the models, bit for bit."""
    return [
        np.asarray(each).tobytes()
        for model in models
        for each in (model.weights if isinstance(model, keras.layers.Layer) else model.state_dict().values())
    ]


# -- the verdict -----------------------------------------------------------------------------------


def test_either_framework_may_be_the_reference():
    one, other = normed()
    for pair in ((one, other), (other, one)):
        verdict = parity.check(*pair, X)
        assert verdict.verdict == "parity", str(verdict)
        assert verdict.reference.framework == ("keras" if pair[0] is one else "torch")
        assert {entry.use for entry in verdict.ledger.entries} == {"ported", "bookkeeping"}


def test_a_verdict_of_parity_is_ok_and_raises_nothing(tmp_path):
    verdict = parity.check(reference(keras.ops.relu), Candidate(F.relu), {"x": X})
    assert verdict.ok
    verdict.raise_for_divergence()
    assert str(verdict).splitlines()[-1].split() == ["PARITY", "live"]
    document = verdict.to_dict()
    assert document["probes"] == [f"{name}, probe weights" for name in ("given", "large", "negative", "alone")]
    verdict.save(tmp_path / "verdict.json")
    assert json.loads((tmp_path / "verdict.json").read_text()) == json.loads(json.dumps(document)) == document
    verdict.save(str(tmp_path / "verdict.md"))
    assert (tmp_path / "verdict.md").read_text().startswith("# live: PARITY\n")


def test_a_divergence_raises_with_the_summary_as_its_text():
    verdict = parity.check(reference(keras.ops.relu), Candidate(torch.tanh), X)
    assert not verdict.ok
    with pytest.raises(parity.NotParity) as caught:
        verdict.raise_for_divergence()
    assert isinstance(caught.value, parity.ParityError)
    assert str(caught.value) == str(verdict)
    assert "DIVERGENCE" in str(verdict)
    assert "relu" in str(verdict)
    assert "\x1b" not in str(verdict)


def test_the_largest_difference_is_where_numpy_finds_it():
    one, other = reference(), Candidate(lambda y: y + torch.arange(7) * 0.01)
    with torch.no_grad():
        other.lin.weight.copy_(torch.from_numpy(np.asarray(one.weights[0]).T.copy()))
    verdict = parity.check(one, other, X, weights="built")
    (output,) = verdict.outputs
    probe, _, weights = output.probe.partition(", ")
    held = {"kernel": np.asarray(one.weights[0]), "bias": 0.0} if weights == "built weights" else drawn(verdict)
    expected = PROBES[probe].astype("f8") @ held["kernel"].astype("f8") + held["bias"]
    assert output.max_abs == pytest.approx(0.06, rel=1e-4)
    assert output.mean_abs == pytest.approx(0.03, rel=1e-4)
    # The gap is that of the channel which stands farthest above its own floor, not of the largest distance.
    assert output.gap == pytest.approx(0.01 * round(output.gap / 0.01), rel=1e-6)
    assert 0.01 <= round(output.gap, 6) <= 0.06
    assert 0 < output.floor < 1e-4
    assert output.where[1] == 6
    assert output.scale == pytest.approx(np.abs(expected).max(), rel=1e-5)
    moved = expected + np.arange(7) * 0.01
    cosine = (expected * moved).sum() / np.linalg.norm(expected) / np.linalg.norm(moved)
    assert output.cosine == pytest.approx(cosine, rel=1e-6)


def test_onnx_is_a_third_reference_where_it_is_asked_for():
    verdict = parity.check(reference(keras.ops.relu), Candidate(torch.tanh), X, onnx=True)
    assert verdict.onnx.reference < 1e-5 < verdict.onnx.candidate
    assert parity.check(reference(), Candidate(), X).onnx is None


def test_allowed_is_atol_and_rtol_of_the_scale():
    one, other = reference(), Candidate(lambda y: y + 0.25)
    held = drawn(parity.check(one, other, X))
    share = 0.25 / min(np.abs(x @ held["kernel"] + held["bias"]).max() for x in PROBES.values())

    def ok(**tolerance):
        return parity.check(one, other, X, **tolerance).ok

    assert ok(rtol=share * 1.01)
    assert not ok(rtol=share * 0.99)
    assert ok(atol=0.2501)
    assert not ok(atol=0.2499)
    assert ok(atol=0.15, rtol=share * 0.41)


# -- what is given ---------------------------------------------------------------------------------


def test_builders_are_called_once_and_lend_the_lines_of_their_layers():
    calls = []

    def one():
        calls.append("one")
        return reference(keras.ops.relu)

    def other():
        calls.append("other")
        return Candidate(torch.tanh)

    verdict = parity.check(one, other, X)
    assert calls == ["one", "other"]
    (dense,) = [row.match for row in verdict.layers if row.match.kind == "dense"]
    assert dense.reference.place.file == dense.candidate.place.file == __file__
    assert "keras.layers.Dense(7)" in dense.reference.place.code
    assert "nn.Linear(5, 7)" in dense.candidate.place.code


def test_a_fused_activation_stands_where_its_layer_does():
    verdict = parity.check(lambda: fused("relu"), lambda: Candidate(F.relu), X)
    assert verdict.ok, str(verdict)
    dense, relu = [row for row in verdict.to_dict()["layers"] if row["reference"]]
    assert relu["kind"] == "relu"
    assert relu["reference_place"] == dense["reference_place"]
    assert "keras.layers.Dense(7, activation=" in relu["reference_place"]["code"]


def fused(activation):
    entrance = keras.Input((5,))
    return keras.Model(entrance, keras.layers.Dense(7, activation=activation)(entrance))


def test_images_are_given_once_and_turned_for_the_candidate():
    one = keras.Sequential([keras.Input((7, 9, 5)), keras.layers.Conv2D(6, (3, 2)), keras.layers.ReLU()])
    other = nn.Sequential(nn.Conv2d(5, 6, (3, 2)), nn.ReLU())
    verdict = parity.check(one, other, {"image": IMAGES}, candidate_axes={"image": "channel height width"})
    assert verdict.ok, str(verdict)
    turned = np.ascontiguousarray(IMAGES.transpose(0, 3, 1, 2))
    there = parity.Input("image", turned.shape[1:], ("channel", "height", "width"), ("height", "width", "channel"))
    back = parity.check(other, one, [there])
    assert back.ok, str(back)


def test_several_inputs_are_passed_by_position_in_the_order_given():
    a, b = keras.Input((5,)), keras.Input((3,))
    one = keras.Model([a, b], keras.ops.concatenate([a, b * 2], axis=1))
    other = Both()
    verdict = parity.check(one, other, {"first": X, "second": X[:, :3]})
    assert verdict.ok, str(verdict)
    (output,) = verdict.outputs
    assert output.scale == pytest.approx(max(np.abs(X).max(), 2 * np.abs(X[:, :3]).max()))


class Both(nn.Module):
    def forward(self, a, b):
        return torch.cat([a, b * 2], 1)


def test_inputs_may_be_drawn_and_are_the_same_for_the_same_seed():
    declared = [parity.Input("x", (5,), ("channel",), distribution="uniform", range=(2, 3))]
    arrays = []
    for seed in (1, 1, 2):
        seen = []
        candidate = Candidate(lambda y: y)
        candidate.register_forward_pre_hook(lambda module, inputs, seen=seen: seen.append(inputs[0].numpy().copy()))
        assert parity.check(reference(), candidate, declared, seed=seed, batch=6).ok
        arrays.append(seen[0])
    assert arrays[0].shape == (6, 5)
    assert 2 <= arrays[0].min() <= arrays[0].max() <= 3
    assert np.array_equal(arrays[0], arrays[1])
    assert not np.array_equal(arrays[0], arrays[2])


def test_built_compares_on_the_weights_that_the_reference_holds():
    """Only these are so large that a hundredth of the output passes the tolerance."""
    one, other = reference(), Candidate(lambda y: y * 1.01)
    one.set_weights([weight * 1e6 for weight in one.get_weights()])
    with torch.no_grad():
        other.lin.weight.mul_(1e6)
    tolerance = {"atol": 1e3, "weights": "built"}
    (output,) = parity.check(one, other, X, **tolerance).outputs
    probe, _, weights = output.probe.partition(", ")
    assert (output.agrees, weights) == (False, "built weights")
    assert output.scale == pytest.approx(np.abs(one.predict(PROBES[probe], verbose=0)).max(), rel=1e-5)
    (output,) = parity.check(other, one, X, **tolerance).outputs
    probe, _, weights = output.probe.partition(", ")
    assert (output.agrees, weights) == (False, "built weights")
    with torch.no_grad():
        expected = other.eval()(torch.from_numpy(PROBES[probe])).abs().max().item()
    assert output.scale == pytest.approx(expected, rel=1e-5)
    assert parity.check(one, other, X, atol=1e3).ok


def test_built_weights_are_run_before_the_probe_weights_and_both_are_told():
    one, other = normed()
    verdict = parity.check(one, other, X, weights="built")
    assert verdict.ok, str(verdict)
    probes = ("given", "large", "negative", "alone")
    assert verdict.probes == tuple(f"{probe}, {weights} weights" for weights in ("built", "probe") for probe in probes)


def test_arrays_of_float64_are_taken_as_float32():
    """What NumPy gives by default, and what no network in float32 takes."""
    wide = np.random.default_rng(7).normal(size=(4, 5))
    verdict = parity.check(reference(), Candidate(), wide)
    assert verdict.ok, str(verdict)
    assert parity.check(reference(), Candidate(), {"x": wide}).ok


def test_networks_in_float64_are_checked_on_declared_inputs():
    entrance = keras.Input((5,), dtype="float64")
    one = keras.Model(entrance, keras.layers.Dense(7, dtype="float64")(entrance))
    declared = [parity.Input("x", (5,), ("channel",), dtype="float64")]
    verdict = parity.check(one, Candidate().double(), declared)
    assert verdict.ok, str(verdict)


# -- left as it was --------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", ["probe", "built"])
def test_both_models_have_their_own_weights_and_modes_again_bit_for_bit(weights):
    one, other = normed()
    other.train()
    other[1].eval()
    before, grads = contents(one, other), [each.requires_grad for each in other.parameters()]
    assert parity.check(one, other, X, weights=weights).ok
    assert contents(one, other) == before
    assert [module.training for module in other.modules()] == [True, True, False, True]
    assert [each.requires_grad for each in other.parameters()] == grads
    assert not any(each.is_inference() for each in other.state_dict().values())


def test_weights_modes_and_frameworks_are_as_before_when_the_candidate_raises_with_the_ported_weights_in():
    one, other = normed()

    class Failing(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.seen = other, []

        def forward(self, x):
            self.seen.append(contents(other))
            if self.seen[-1] != self.seen[0]:
                raise ZeroDivisionError("the ported weights are in")
            return self.inner(x)

    failing = Failing()
    before, call, construct = contents(one, other), keras.layers.Layer.__call__, nn.Module.__init__
    with pytest.raises(ZeroDivisionError, match="the ported weights are in"):
        parity.check(one, failing, X)
    assert contents(one, other) == before
    assert failing.training
    assert other.training
    assert keras.layers.Layer.__call__ is call
    assert nn.Module.__init__ is construct
    assert not torch.is_inference_mode_enabled()


def test_a_module_that_changes_its_own_buffers_is_given_them_back():
    one, other = normed()

    class Training(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = other

        def forward(self, x):
            self.inner[1].train()
            return self.inner(x)

    before = contents(one, other)
    assert parity.check(one, Training(), X).verdict == "divergence"
    assert contents(one, other) == before


def test_a_model_that_builds_itself_when_it_is_called_does_not_keep_the_probe_weights():
    """A fresh bias is zero in Keras; a probe bias never is."""
    one = keras.Sequential([keras.layers.Dense(7)])
    assert parity.check(one, Candidate(), X).ok
    assert not np.asarray(one(X[:1]) * 0 + one.weights[1]).any()


@pytest.mark.parametrize("known", [False, True])
def test_a_lazy_module_is_checked_whether_or_not_it_knows_its_sizes_and_can_be_trained_afterwards(known):
    lazy, same = nn.LazyLinear(7), nn.LazyLinear(7)
    torch.manual_seed(3)
    same(torch.from_numpy(X))
    torch.manual_seed(3)
    if known:
        lazy(torch.from_numpy(X))
    verdict = parity.check(reference(), lazy, X)
    assert verdict.ok, str(verdict)
    assert contents(lazy) == contents(same)
    lazy(torch.from_numpy(X)).sum().backward()
    assert lazy.weight.grad is not None


def test_two_models_of_one_framework_are_checked_as_well_and_leave_it_as_it_was():
    """Both sides of a live check work in one process, and what they patch there is shared."""
    call = keras.layers.Layer.__call__
    try:
        for _ in range(3):
            assert parity.check(reference(keras.layers.ReLU()), reference(keras.layers.ReLU()), X).ok
        same = keras.layers.Layer.__call__ is call
    finally:
        keras.layers.Layer.__call__ = call
    assert same, "Layer.__call__ is still watched"
    for _ in range(5):
        pair = [nn.Sequential(*[nn.Sequential(nn.Linear(5, 5), nn.ReLU()) for _ in range(20)]) for _ in range(2)]
        verdict = parity.check(*pair, X)
        assert verdict.ok, verdict.reasons
        names = [layer.name for layer in verdict.reference.layers if layer.kind == "dense"]
        assert names == [f"{number}.0" for number in range(20)]


# -- wrong arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"inputs": X.tolist()}, ["inputs is list", "array"]),
        ({"inputs": torch.from_numpy(X)}, ["inputs is Tensor", "array"]),
        ({"inputs": []}, ["inputs", "array"]),
        ({"inputs": {}}, ["inputs"]),
        ({"inputs": X[:0]}, ["(0, 5)", "at least one sample"]),
        ({"inputs": {"a": X, "b": X[:2]}}, ["batch"]),
        ({"candidate_axes": {"y": "channel"}}, ["candidate_axes", "y", "x"]),
        ({"candidate_axes": {"x": "height"}}, ["candidate_axes", "'channel'"]),
        (
            {"inputs": [parity.Input("x", (5,), ("channel",))], "candidate_axes": {"nope": "channel"}},
            ["candidate_axes"],
        ),
        ({"weights": "prob"}, ["weights", "prob", "probe", "built"]),
        ({"rtol": -1.0}, ["rtol"]),
        ({"rtol": float("nan")}, ["rtol"]),
        ({"atol": float("inf")}, ["atol"]),
        ({"seed": -1}, ["seed"]),
        ({"inputs": [parity.Input("x", (5,), ("channel",))], "batch": 0}, ["batch"]),
        ({"reference": 3}, ["builtins.int", "Keras", "torch.nn.Module"]),
        ({"reference": lambda width: width}, ["function", "without arguments"]),
        ({"candidate": lambda: 3}, ["builtins.int", "torch.nn.Module"]),
    ],
    ids=[
        "list",
        "tensor",
        "no-inputs",
        "no-arrays",
        "empty-batch",
        "unequal-batches",
        "axes-of-no-input",
        "axes-of-other-names",
        "axes-beside-inputs",
        "weights",
        "negative-rtol",
        "nan-rtol",
        "infinite-atol",
        "negative-seed",
        "no-batch",
        "number",
        "builder-with-arguments",
        "builder-of-a-number",
    ],
)
def test_an_argument_that_does_not_fit_is_a_usage_error_that_names_it(arguments, expected):
    given = {"reference": reference(), "candidate": Candidate(), "inputs": X} | arguments
    with pytest.raises(parity.ParityError) as caught:
        parity.check(given.pop("reference"), given.pop("candidate"), given.pop("inputs"), **given)
    assert not [word for word in expected if word not in str(caught.value)], str(caught.value)


def test_a_report_of_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(parity.ParityError, match=r"\.json, \.md"):
        parity.check(reference(), Candidate(), X).save(tmp_path / "report.docx")
    assert not list(tmp_path.iterdir())


# -- a parity that is not true ---------------------------------------------------------------------


class Spectrum(keras.layers.Layer):
    """The discrete Fourier transform, whose numbers are complex."""

    def call(self, x):
        return tf.signal.fft(tf.cast(x, tf.complex64))


def conjugated(x):
    there = torch.fft.fft(x)
    return torch.complex(there.real, -there.imag)


FALSE = {
    # What the reference does behind its Dense, what the candidate does behind its Linear: never the same.
    "a-cap-that-no-value-reaches": ([keras.layers.ReLU(6.0)], F.relu),
    "a-cap-that-only-the-candidate-has": ([keras.ops.relu], F.relu6),
    "half-the-size-where-all-is-tiny": ([lambda y: y * 1e-6], lambda y: y * 2e-6),
    "another-divisor-at-the-end": ([lambda y: y / 1000.0], lambda y: y / 1001.0),
    "all-lost-under-a-large-offset": ([keras.ops.tanh, lambda y: y + 1e6], lambda y: F.hardtanh(y) + 1e6),
    "small-channels-beside-large-ones": (
        [lambda y: keras.ops.concatenate([y * 1e6, keras.ops.sigmoid(y)], axis=1)],
        lambda y: torch.cat([y * 1e6, F.hardsigmoid(y)], 1),
    ),
    "another-threshold-that-nothing-passes": (
        [lambda y: keras.ops.cast(y > 1000.0, "float32")],
        lambda y: (y > 2000.0).float(),
    ),
    "the-imaginary-parts": ([Spectrum()], conjugated),
    "one-more-in-integers-beyond-float64": (
        [lambda y: keras.ops.cast(y * 4, "int64") + 2**60],
        lambda y: (y * 4).long() + (2**60 + 1),
    ),
    "a-flag-beside-the-output": ([], lambda y: (y, torch.ones(4, 1))),
}


@pytest.mark.parametrize("name", FALSE)
def test_two_functions_that_differ_are_never_called_parity(name):
    behind, beyond = FALSE[name]
    verdict = parity.check(reference(*behind), Candidate(beyond), X)
    assert verdict.verdict in ("divergence", "inconclusive"), str(verdict)


def test_networks_whose_output_does_not_depend_on_their_input_are_inconclusive():
    dead = parity.check(reference(lambda y: y * 0.0), Candidate(lambda y: y * 0.0), X)
    assert dead.verdict == "inconclusive", str(dead)


def test_inputs_of_nothing_but_zeros_tell_nothing_about_a_network():
    """Without biases everything is zero, whatever the layers do."""
    one = keras.Sequential([keras.Input((5,)), keras.layers.Dense(7, use_bias=False), keras.layers.LeakyReLU(0.3)])
    other = nn.Sequential(nn.Linear(5, 7, bias=False), nn.LeakyReLU(0.01))
    assert parity.check(one, other, X).verdict == "divergence"
    assert parity.check(one, other, np.zeros_like(X)).verdict == "inconclusive"


def test_an_output_flattened_in_the_other_order_is_parity_that_tells_both_layouts():
    """Both give a vector of 105 numbers: (height width channel) here, (channel height width) there."""
    one = keras.Sequential([keras.Input((7, 9, 5)), keras.layers.Conv2D(3, 3), keras.layers.Flatten()])
    axes = {"image": "channel height width"}
    verdict = parity.check(one, nn.Sequential(nn.Conv2d(5, 3, 3), nn.Flatten()), {"image": IMAGES}, candidate_axes=axes)
    assert verdict.verdict == "parity", str(verdict)
    (note,) = verdict.notes
    assert "'batch (height width channel)'" in note
    assert "'batch (channel height width)'" in note
    assert note in " ".join(str(verdict).split())
    assert verdict.to_dict()["notes"] == [note]

    class Turned(nn.Module):
        """The same with the channels put last before they are flattened."""

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(5, 3, 3)

        def forward(self, x):
            return self.conv(x).permute(0, 2, 3, 1).flatten(1)

    turned = parity.check(one, Turned(), {"image": IMAGES}, candidate_axes=axes)
    assert (turned.verdict, turned.notes) == ("parity", ()), str(turned)


def test_a_difference_that_float32_rounds_away_is_parity_with_a_note():
    one = keras.Sequential([keras.Input((5,)), keras.layers.Dense(7), keras.layers.BatchNormalization(epsilon=1e-5)])
    other = nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7, eps=1.00001e-5, momentum=0.01))
    verdict = parity.check(one, other, X)
    assert verdict.verdict == "parity", str(verdict)
    assert any("float32 rounds away" in note for note in verdict.notes)
    (output,) = verdict.outputs
    assert output.rounding < output.gap < output.floor
    assert verdict.to_dict()["notes"] == list(verdict.notes)


# -- weights as they are, and carried for good --------------------------------------------------------


def test_as_is_compares_two_networks_on_their_own_weights_and_leaves_them():
    one, other = normed()
    before = contents(one, other)
    apart = parity.check(one, other, X, weights="as-is")
    assert apart.verdict == "divergence"
    assert "held by the two differ" in " ".join(apart.reasons)
    assert contents(one, other) == before
    parity.port(one, other, X)
    same = parity.check(one, other, X, weights="as-is")
    assert same.ok, str(same)
    assert same.notes[0].startswith("parity on these weights")
    assert same.probes == tuple(f"{name}, as-is weights" for name in PROBES)


def test_as_is_shows_what_a_port_would_have_repaired():
    """Of two equal architectures one was trained on: ported, they are the same function; as they are, they are not."""
    one, other = reference(), Candidate()
    parity.port(one, other, X)
    with torch.no_grad():
        other.lin.bias[2] += 1
    assert parity.check(one, other, X).ok
    verdict = parity.check(one, other, X, weights="as-is")
    assert verdict.verdict == "divergence"
    assert "1 array held by the two differ: lin.bias by 1" in " ".join(verdict.reasons)


@pytest.mark.parametrize("turned", [False, True])
def test_port_carries_in_place_and_returns_the_account(turned):
    one, other = normed()
    pair = (other, one) if turned else (one, other)
    if turned:
        with torch.no_grad():
            other[1].running_mean.uniform_()
    source, training = contents(pair[0]), other[1].training
    ledger = parity.port(*pair, X)
    assert ledger.closed
    assert sorted(entry.role for entry in ledger.entries if entry.use == "ported") == sorted(
        ["kernel", "bias", "gamma", "beta", "mean", "variance"]
    )
    assert contents(pair[0]) == source
    assert other[1].training is training
    expected, given = one.predict(X, verbose=0), other.eval()(torch.from_numpy(X)).detach().numpy()
    np.testing.assert_allclose(given, expected, rtol=1e-4, atol=1e-5)
    assert all(each.requires_grad for each in other.parameters())


def test_port_turns_images_for_the_candidate():
    one = keras.Sequential([keras.Input((7, 9, 5)), keras.layers.Conv2D(4, 3), keras.layers.Flatten()])
    one.add(keras.layers.Dense(3))
    other = nn.Sequential(nn.Conv2d(5, 4, 3), nn.Flatten(), nn.Linear(140, 3))
    parity.port(one, other, {"image": IMAGES}, candidate_axes={"image": "channel height width"})
    turned = torch.from_numpy(np.ascontiguousarray(IMAGES.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(other(turned).detach(), one.predict(IMAGES, verbose=0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        (lambda: nn.Linear(5, 6), "kernel"),
        (lambda: nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 7)), "1.weight"),
        (lambda: nn.ReLU(), "dense"),
    ],
)
def test_port_leaves_a_candidate_alone_that_cannot_take_everything(candidate, expected):
    other = candidate()
    before = contents(other)
    with pytest.raises(parity.NotPorted, match="could not be carried") as caught:
        parity.port(reference(), other, X)
    assert expected in str(caught.value)
    assert isinstance(caught.value, parity.ParityError)
    assert contents(other) == before


def test_port_takes_no_builder_whose_model_nobody_would_ever_see():
    with pytest.raises(parity.ParityError, match="candidate is function; expected a live Keras model"):
        parity.port(reference(), lambda: Candidate(), X)
    ledger = parity.port(lambda: reference(), Candidate(), X)
    assert ledger.closed


def test_the_stage_of_the_same_name_stays_where_it_is():
    from parity.port import account

    assert callable(account)
    assert callable(parity.port)
