"""Weights that a port script carried wrongly: each fault is planted into a right port, named, proved, and left."""

import itertools

from torch import nn  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import parity
from parity.diagnosis import trial
from parity.diagnosis.diagnose import causes
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.guises import suspected
from parity.diagnosis.network import Network
from parity.judge import Judgement
from parity.nouns import Difference, Layer, Ledger, Match, Outline, Parameter, Probe
from parity.own_weights import alike, compared
from parity.run import Sides, in_turn

L = keras.layers
RANDOM = np.random.default_rng(11)
IMAGES = RANDOM.normal(size=(4, 7, 9, 3)).astype("float32")
STEPS = RANDOM.normal(size=(4, 7, 5)).astype("float32")
ROWS = RANDOM.normal(size=(4, 5)).astype("float32")
AXES = {"image": "channel height width"}


class Last(nn.Module):
    """A recurrent layer's outputs, without its state."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0]


def keras_net(shape, *layers):
    """A Keras network in which nothing is at a default."""
    net = keras.Sequential([keras.Input(shape), *layers])
    random = np.random.default_rng(3)
    for variable in net.weights:
        spread = "gamma" in variable.path or "variance" in variable.path
        values = random.uniform(0.5, 1.5, variable.shape) if spread else random.normal(0, 0.4, variable.shape)
        variable.assign(values.astype("float32"))
    return net


def check(reference, candidate, x, **options):
    """The verdict on the weights as they are; the candidate's stay bit for bit."""
    before = contents(candidate)
    verdict = parity.check(reference, candidate, x, weights="as-is", **options)
    assert contents(candidate) == before
    return verdict


def contents(net):
    if isinstance(net, nn.Module):
        return {name: tensor.numpy().tobytes() for name, tensor in net.state_dict().items()}
    return {variable.path: variable.numpy().tobytes() for variable in net.weights}


def found(verdict):
    assert verdict.verdict == "divergence", str(verdict)
    assert verdict.explained, str(verdict)
    assert {each.status for each in verdict.findings} == {"confirmed"}, str(verdict)
    return {(each.cause, each.layer) for each in verdict.findings}


def one(verdict, cause, layer):
    assert found(verdict) == {(cause, layer)}
    (finding,) = verdict.findings
    assert finding.after < 1e-6 < finding.before
    return finding


def spoiled(net, **changes):
    """Put arrays of NumPy into a network, by the names that it has for them (`__` for a dot)."""
    state = net.state_dict()
    with torch.no_grad():
        for name, array in changes.items():
            state[name.lstrip("_").replace("__", ".")].copy_(torch.from_numpy(np.array(array)))


def small():
    """A network with a square dense layer, behind a flatten, a normalisation and two convolutions."""
    reference = keras_net(
        (7, 9, 3),
        L.Conv2D(5, 3, padding="same", name="stem"),
        L.BatchNormalization(epsilon=1e-5, name="norm"),
        L.Activation("relu"),
        L.Conv2D(5, 3, name="body"),
        L.Flatten(),
        L.Dense(11, name="first"),
        L.Activation("tanh"),
        L.Dense(11, name="second"),
        L.Activation("tanh"),
        L.Dense(11, name="third"),
    )
    candidate = nn.Sequential(
        *(nn.Conv2d(3, 5, 3, padding=1), nn.BatchNorm2d(5), nn.ReLU(), nn.Conv2d(5, 5, 3), nn.Flatten()),
        *(nn.Linear(175, 11), nn.Tanh(), nn.Linear(11, 11), nn.Tanh(), nn.Linear(11, 11)),
    )
    parity.port(reference, candidate, {"image": IMAGES}, candidate_axes=AXES)
    return reference, candidate


def looked(reference, candidate):
    return check(reference, candidate, {"image": IMAGES}, candidate_axes=AXES)


def kernel(reference, name):
    return reference.get_layer(name).kernel.numpy()


# -- Keras is ported to PyTorch -----------------------------------------------------------------------


def test_a_right_port_has_no_finding():
    verdict = looked(*small())
    assert verdict.ok and not verdict.findings


def test_a_kernel_behind_a_flatten_that_was_only_transposed():
    reference, candidate = small()
    spoiled(candidate, _5__weight=kernel(reference, "first").T)
    finding = one(looked(reference, candidate), "flatten-order", "first")
    assert (finding.reference_value, finding.candidate_value) == ("channel height width", "height width channel")
    script = finding.mend.replace("net[5].weight = first.kernel", "kernel(reference, 'first')")
    mended = eval(script, {"kernel": kernel, "reference": reference})
    spoiled(candidate, _5__weight=mended)
    assert looked(reference, candidate).ok


@pytest.mark.parametrize(
    ("order", "told", "value"),
    [
        ((3, 2, 1, 0), "height and width exchanged", "width height input output"),
        ((2, 3, 0, 1), "input and output exchanged", "height width output input"),
        ((2, 3, 1, 0), "height and width exchanged and input and output exchanged", "width height output input"),
    ],
)
def test_a_kernel_of_a_convolution_with_its_axes_exchanged(order, told, value):
    reference, candidate = small()
    spoiled(candidate, _3__weight=kernel(reference, "body").transpose(order))
    finding = one(looked(reference, candidate), "conv-kernel-axes", "body")
    assert told in finding.sentence
    assert (finding.reference_value, finding.candidate_value) == ("height width input output", value)
    assert finding.mend == "net[3].weight = body.kernel.transpose(3, 2, 0, 1)"


@pytest.mark.parametrize("axes", [(2, 3), (2,), (3,)])
def test_a_kernel_that_was_turned_over(axes):
    reference, candidate = small()
    spoiled(candidate, _0__weight=np.flip(candidate[0].weight.detach().numpy(), axes))
    finding = one(looked(reference, candidate), "conv-kernel-axes", "stem")
    names = {2: "height", 3: "width"}
    assert finding.sentence.endswith("turned over along " + " and ".join(names[axis] for axis in axes))


def test_a_square_kernel_that_was_not_transposed():
    reference, candidate = small()
    spoiled(candidate, _7__weight=kernel(reference, "second"))
    finding = one(looked(reference, candidate), "dense-untransposed", "second")
    assert finding.mend == "net[7].weight = second.kernel.T"


@pytest.mark.parametrize(
    ("theirs", "ours", "array", "told"),
    [
        (L.Conv1D(5, 3), nn.Conv1d(5, 5, 3), lambda k: k.transpose(1, 2, 0), "input and output exchanged"),
        (L.Conv1D(5, 5), nn.Conv1d(5, 5, 5), lambda k: k.transpose(0, 1, 2), "length and output exchanged"),
        (L.Conv1DTranspose(5, 3), nn.ConvTranspose1d(5, 5, 3), lambda k: k.transpose(1, 2, 0), "input and output"),
        (L.Conv1DTranspose(4, 3), nn.ConvTranspose1d(5, 4, 3), lambda k: k.T[..., ::-1], "turned over along length"),
    ],
)
def test_kernels_of_other_convolutions(theirs, ours, array, told):
    reference, candidate = keras_net((7, 5), theirs), nn.Sequential(ours)
    parity.port(reference, candidate, {"x": STEPS}, candidate_axes={"x": "channel length"})
    spoiled(candidate, _0__weight=array(theirs.kernel.numpy()).copy())
    verdict = check(reference, candidate, {"x": STEPS}, candidate_axes={"x": "channel length"})
    assert told in one(verdict, "conv-kernel-axes", theirs.name).sentence


@pytest.mark.parametrize(("at", "name"), [(0, "stem"), (3, "body"), (5, "first")])
def test_a_kernel_that_was_reshaped_and_not_transposed(at, name):
    reference, candidate = small()
    whole = kernel(reference, name).reshape(candidate[at].weight.shape)
    spoiled(candidate, **{f"_{at}__weight": whole})
    one(looked(reference, candidate), "reshaped-kernel", name)


@pytest.mark.parametrize("taken", [p for p in itertools.permutations(range(4)) if p != (0, 1, 2, 3)][::5])
def test_the_arrays_of_a_norm_in_one_anothers_places(taken):
    reference, candidate = small()
    names = ["weight", "bias", "running_mean", "running_var"]
    arrays = [candidate.state_dict()[f"1.{name}"].numpy().copy() for name in names]
    spoiled(candidate, **{f"_1__{name}": arrays[at] for name, at in zip(names, taken, strict=True)})
    one(looked(reference, candidate), "bn-weight-order", "norm")


def test_a_norms_arrays_fallen_out_of_step():
    reference, candidate = small()
    state = {name: tensor.numpy().copy() for name, tensor in candidate.state_dict().items()}
    shifted = {"_1__bias": state["1.weight"], "_1__running_mean": state["1.bias"], "_1__weight": state["0.bias"]}
    spoiled(candidate, **shifted)
    verdict = looked(reference, candidate)
    assert found(verdict) == {("bn-weight-order", "norm"), ("layers-exchanged", "norm")}


def test_two_layers_exchanged():
    reference, candidate = small()
    state = {name: tensor.numpy().copy() for name, tensor in candidate.state_dict().items()}
    for role in ("weight", "bias"):
        spoiled(candidate, **{f"_7__{role}": state[f"9.{role}"], f"_9__{role}": state[f"7.{role}"]})
    verdict = looked(reference, candidate)
    assert found(verdict) == {("layers-exchanged", "second"), ("layers-exchanged", "third")}
    assert verdict.findings[0].sentence.endswith(
        "kernel and bias are taken from third in the reference, and the other way round"
    )


def test_one_module_used_for_two():
    reference, candidate = small()
    spoiled(candidate, _9__weight=candidate[7].weight.detach().numpy(), _9__bias=candidate[7].bias.detach().numpy())
    finding = one(looked(reference, candidate), "layers-exchanged", "third")
    assert "taken from second in the reference, which holds it too" in finding.sentence


def test_a_fault_in_a_layer_that_is_called_twice_explains_both_calls():
    shared, one_more = L.Dense(5, name="shared"), L.Activation("tanh")
    x = keras.Input((5,))
    reference = keras.Model(x, shared(one_more(shared(x))))

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.shared = nn.Linear(5, 5)

        def forward(self, x):
            return self.shared(torch.tanh(self.shared(x)))

    candidate = Twice()
    parity.port(reference, candidate, ROWS)
    spoiled(candidate, shared__weight=reference.get_layer("shared").kernel.numpy())
    one(check(reference, candidate, ROWS), "dense-untransposed", "shared")


def test_channels_in_another_order():
    reference, candidate = small()
    order = [2, 0, 4, 1, 3]
    spoiled(
        candidate,
        _3__weight=candidate[3].weight.detach().numpy()[order],
        _3__bias=candidate[3].bias.detach().numpy()[order],
    )
    finding = one(looked(reference, candidate), "channel-order", "body")
    assert finding.candidate_value == "2 0 4 1 3"


def test_two_channels_exchanged_and_colours_reversed():
    reference, candidate = small()
    spoiled(
        candidate,
        _0__weight=candidate[0].weight.detach().numpy()[:, ::-1],
        _9__weight=candidate[9].weight.detach().numpy()[[0, 4, 2, 3, 1, 5, 6, 7, 8, 9, 10]],
    )
    verdict = looked(reference, candidate)
    assert found(verdict) == {("channel-order", "stem"), ("channel-order", "third")}
    assert [each.sentence for each in verdict.findings] == [
        "its kernel is the reference's with its inputs 0 and 2 exchanged",
        "its kernel is the reference's with its outputs 1 and 4 exchanged",
    ]


def test_channels_reordered_for_a_pixel_shuffle():
    reference = keras_net((7, 9, 3), L.Conv2D(12, 3, name="up"))
    candidate = nn.Sequential(nn.Conv2d(3, 12, 3))
    parity.port(reference, candidate, {"image": IMAGES}, candidate_axes=AXES)
    turned = candidate[0].weight.detach().numpy().reshape(4, 3, 3, 3, 3).swapaxes(0, 1).reshape(12, 3, 3, 3)
    spoiled(candidate, _0__weight=turned)
    finding = one(looked(reference, candidate), "channel-order", "up")
    assert "4×3, transposed" in finding.sentence


@pytest.mark.parametrize("factor", [0.5, 1 / 255, -1.0, 3.0])
def test_an_array_times_a_constant(factor):
    reference, candidate = small()
    spoiled(candidate, _5__weight=candidate[5].weight.detach().numpy() * np.float32(factor))
    finding = one(looked(reference, candidate), "scaled-array", "first")
    assert finding.candidate_value == f"{factor:.6g}"


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_weights_that_went_through_half_precision(kind):
    reference, candidate = small()
    for name, tensor in candidate.state_dict().items():
        if tensor.dtype == torch.float32:
            spoiled(candidate, **{f"_{name.replace('.', '__')}": tensor.to(kind).float().numpy()})
    verdict = looked(reference, candidate)
    assert found(verdict) == {("dtype-rounded", name) for name in ("stem", "norm", "body", "first", "second", "third")}
    assert {each.candidate_value for each in verdict.findings} == {str(kind).partition(".")[2]}


@pytest.mark.parametrize(("value", "name"), [(0.0, "zero"), (1.0, "one")])
def test_an_array_that_was_never_loaded(value, name):
    reference, candidate = small()
    spoiled(candidate, _1__bias=np.full(5, value, np.float32))
    finding = one(looked(reference, candidate), "missing-keys", "norm")
    assert f"its beta is {name} throughout" in finding.sentence


def test_a_layer_as_its_framework_draws_it():
    reference, candidate = small()
    torch.manual_seed(1)
    candidate[7].reset_parameters()
    finding = one(looked(reference, candidate), "missing-keys", "second")
    assert "its kernel and bias are as PyTorch draws weights" in finding.sentence


def test_a_depthwise_kernel_multiplier_first():
    reference = keras_net((7, 9, 3), L.DepthwiseConv2D(3, depth_multiplier=2, name="deep"))
    candidate = nn.Sequential(nn.Conv2d(3, 6, 3, groups=3))
    parity.port(reference, candidate, {"image": IMAGES}, candidate_axes=AXES)
    native = kernel(reference, "deep")
    spoiled(candidate, _0__weight=native.transpose(3, 2, 0, 1).reshape(6, 1, 3, 3))
    finding = one(looked(reference, candidate), "depthwise-order", "deep")
    assert finding.mend == "net[0].weight = deep.kernel.transpose(2, 3, 0, 1).reshape(-1, 1, 3, 3)"
    spoiled(candidate, _0__weight=native.transpose(2, 3, 0, 1).reshape(6, 1, 3, 3))
    assert looked(reference, candidate).ok


def recurrent(kind):
    layers = {"gru": (L.GRU, nn.GRU), "lstm": (L.LSTM, nn.LSTM)}[kind]
    reference = keras_net((7, 5), layers[0](6, return_sequences=True, name="memory"))
    candidate = Last(layers[1](5, 6, batch_first=True))
    parity.port(reference, candidate, STEPS)
    return reference, candidate


def test_the_gates_of_a_gru_that_were_only_transposed():
    reference, candidate = recurrent("gru")
    cell = reference.get_layer("memory").cell
    rows = cell.bias.numpy()
    spoiled(
        candidate,
        layer__weight_ih_l0=cell.kernel.numpy().T,
        layer__weight_hh_l0=cell.recurrent_kernel.numpy().T,
        layer__bias_ih_l0=rows[0],
        layer__bias_hh_l0=rows[1],
    )
    finding = one(check(reference, candidate, STEPS), "gru-gate-order", "memory")
    assert (finding.reference_value, finding.candidate_value) == ("reset update new", "update reset new")
    assert "np.concatenate([r, z, n], -1).T" in finding.mend


def test_the_gates_of_an_lstm_reordered_although_they_need_not_be():
    reference, candidate = recurrent("lstm")
    for name, tensor in candidate.state_dict().items():
        first, second, *rest = np.split(tensor.numpy(), 4)
        if name != "layer.bias_hh_l0":
            spoiled(candidate, **{name.replace(".", "__"): np.concatenate([second, first, *rest])})
    finding = one(check(reference, candidate, STEPS), "gru-gate-order", "memory")
    assert finding.candidate_value == "forget input candidate output"


def test_one_bias_copied_into_both():
    reference, candidate = recurrent("lstm")
    spoiled(candidate, layer__bias_hh_l0=candidate.layer.bias_ih_l0.detach().numpy())
    finding = one(check(reference, candidate, STEPS), "lstm-bias", "memory")
    assert "counts twice" in finding.sentence


@pytest.mark.parametrize("fault", ["exchanged", "added"])
def test_the_two_biases_of_a_gru(fault):
    reference, candidate = recurrent("gru")
    one_bias, other = (getattr(candidate.layer, f"bias_{each}_l0").detach().numpy().copy() for each in ("ih", "hh"))
    pair = (other, one_bias) if fault == "exchanged" else (one_bias + other, np.zeros_like(other))
    spoiled(candidate, layer__bias_ih_l0=pair[0], layer__bias_hh_l0=pair[1])
    one(check(reference, candidate, STEPS), "lstm-bias", "memory")


def test_without_a_float64_twin_the_proof_is_made_in_float32():
    reference = keras_net((5,), L.Dense(7, name="narrow"), L.Dense(7, name="square"))

    class Narrow(nn.Sequential):
        def forward(self, x):
            return super().forward(x.float()) if x.dtype == torch.float32 else x / 0 + self.missing

    candidate = Narrow(nn.Linear(5, 7), nn.Linear(7, 7))
    parity.port(reference, candidate, ROWS)
    spoiled(candidate, _1__weight=kernel(reference, "square"))
    one(check(reference, candidate, ROWS), "dense-untransposed", "square")


def test_three_faults_in_one_network():
    reference, candidate = small()
    spoiled(
        candidate,
        _0__weight=kernel(reference, "stem").T,
        _1__weight=candidate[1].bias.detach().numpy(),
        _5__weight=kernel(reference, "first").T,
        _5__bias=candidate[5].bias.detach().numpy() * np.float32(2),
        _9__weight=kernel(reference, "third"),
    )
    assert found(looked(reference, candidate)) == {
        ("conv-kernel-axes", "stem"),
        ("bn-weight-order", "norm"),
        ("flatten-order", "first"),
        ("scaled-array", "first"),
        ("dense-untransposed", "third"),
    }


def test_a_fault_in_the_code_and_one_in_the_weights_of_one_layer():
    reference, candidate = small()
    candidate[1].eps = 0.3
    spoiled(candidate, _1__bias=candidate[1].running_mean.numpy())
    verdict = looked(reference, candidate)
    assert found(verdict) == {("bn-epsilon", "norm"), ("bn-weight-order", "norm")}


# -- PyTorch is ported to Keras -----------------------------------------------------------------------


def turned():
    """The same networks the other way round; Keras has the weights of PyTorch's."""
    reference, candidate = small()
    return candidate, reference


def given_to(net, layer, **arrays):
    for name, array in arrays.items():
        getattr(net.get_layer(layer), name).assign(array)


def looked_back(reference, candidate):
    inputs = [parity.Input("image", (3, 7, 9), ("channel", "height", "width"), ("height", "width", "channel"))]
    return check(reference, candidate, inputs, batch=4)


def test_a_flatten_ported_to_keras():
    reference, candidate = turned()
    given_to(candidate, "first", kernel=reference[5].weight.detach().numpy().T)
    finding = one(looked_back(reference, candidate), "flatten-order", "5")
    assert (finding.reference_value, finding.candidate_value) == ("height width channel", "channel height width")
    script = finding.mend.replace("first.kernel = net[5].weight", "weight")
    given_to(candidate, "first", kernel=eval(script, {"weight": reference[5].weight.detach().numpy()}))
    assert looked_back(reference, candidate).ok


def test_several_faults_ported_to_keras():
    reference, candidate = turned()
    weights = {name: tensor.numpy() for name, tensor in reference.state_dict().items()}
    given_to(candidate, "stem", kernel=weights["0.weight"].T)
    given_to(candidate, "norm", moving_mean=weights["1.running_var"], moving_variance=weights["1.running_mean"])
    given_to(candidate, "second", kernel=weights["7.weight"])
    given_to(candidate, "third", bias=np.zeros(11))
    assert found(looked_back(reference, candidate)) == {
        ("conv-kernel-axes", "0"),
        ("bn-weight-order", "1"),
        ("dense-untransposed", "7"),
        ("missing-keys", "9"),
    }


def test_one_of_two_biases_lost_on_the_way_to_keras():
    candidate, reference = recurrent("lstm")
    with torch.no_grad():
        reference.layer.bias_hh_l0.uniform_(-1, 1)
    candidate.get_layer("memory").cell.bias.assign(reference.layer.bias_ih_l0.detach().numpy())
    finding = one(check(reference, candidate, STEPS), "lstm-bias", "layer")
    assert "alone, where two are added" in finding.sentence


def test_the_gates_of_a_gru_copied_to_keras():
    candidate, reference = recurrent("gru")
    cell, layer = candidate.get_layer("memory").cell, reference.layer
    cell.kernel.assign(layer.weight_ih_l0.detach().numpy().T)
    finding = one(check(reference, candidate, STEPS), "gru-gate-order", "layer")
    assert "np.concatenate([z, r, n]).T" in finding.mend


# -- what is not to be named --------------------------------------------------------------------------


def test_other_weights_are_said_to_be_others():
    reference, candidate = small()
    random = np.random.default_rng(8)
    spoiled(candidate, _3__weight=random.normal(0, 0.4, (5, 5, 3, 3)), _3__bias=random.normal(0, 0.4, 5))
    finding = one(looked(reference, candidate), "other-array", "body")
    assert finding.sentence == "its kernel and bias are none of the reference's"


def test_a_transposed_kernel_with_one_number_changed_is_another():
    reference, candidate = small()
    native = kernel(reference, "second").copy()
    native[3, 4] += 1e-3
    spoiled(candidate, _7__weight=native)
    one(looked(reference, candidate), "other-array", "second")


def test_weights_are_not_asked_of_where_they_are_carried():
    reference, candidate = small()
    spoiled(candidate, _7__weight=kernel(reference, "second"))
    assert parity.check(reference, candidate, {"image": IMAGES}, candidate_axes=AXES).ok


def test_an_array_that_makes_no_difference_is_a_note_behind_one_that_does():
    reference, candidate = small()
    gamma = reference.get_layer("norm").gamma
    gamma.assign(gamma.numpy() * [1, 1, 1, 0, 1])
    parity.port(reference, candidate, {"image": IMAGES}, candidate_axes=AXES)
    mean = candidate[1].running_mean.numpy() + np.float32([0, 0, 0, 1, 0])
    spoiled(candidate, _0__weight=kernel(reference, "stem").T, _1__running_mean=mean)
    verdict = looked(reference, candidate)
    one(verdict, "conv-kernel-axes", "stem")
    assert "norm: its mean is none of the reference's, which makes no difference here" in verdict.notes


def test_a_bias_that_is_split_otherwise_over_the_two_is_the_same():
    reference, candidate = recurrent("lstm")
    half = candidate.layer.bias_ih_l0.detach().numpy() / 2
    spoiled(candidate, layer__bias_ih_l0=half, layer__bias_hh_l0=half)
    assert check(reference, candidate, STEPS).ok


def test_two_directions_exchanged_and_the_gates_of_one():
    layers = [L.Bidirectional(L.GRU(6, return_sequences=True)) for _ in range(2)]
    reference = keras_net((7, 5), *layers)
    candidate = Last(nn.GRU(5, 6, num_layers=2, bidirectional=True, batch_first=True))
    parity.port(reference, candidate, STEPS)
    state = {name: tensor.numpy().copy() for name, tensor in candidate.layer.state_dict().items()}
    reset, update, new = np.split(state["weight_ih_l1_reverse"], 3)
    spoiled(
        candidate.layer,
        weight_hh_l0=state["weight_hh_l0_reverse"],
        weight_hh_l0_reverse=state["weight_hh_l0"],
        weight_ih_l1_reverse=np.concatenate([update, reset, new]),
    )
    verdict = check(reference, candidate, STEPS)
    assert {(cause, layer.rpartition("/")[2].partition("_gru")[0]) for cause, layer in found(verdict)} == {
        ("layers-exchanged", "forward"),
        ("layers-exchanged", "backward"),
        ("gru-gate-order", "backward"),
    }


# -- the families, on arrays alone --------------------------------------------------------------------


def evidence_of(kind, wanted, own, role="kernel", **settings_):
    """One pair of arrays, as the causes are asked of it."""
    parameter = Parameter(role, "weight", wanted.shape)
    layers = [Layer(name, kind, (), (2, 3), (), settings_, (parameter,)) for name in ("one", "other")]
    outlines = [
        Outline(framework, {}, (), (layer,), {"output": layer.name})
        for framework, layer in zip(("keras", "torch"), layers, strict=True)
    ]
    match = Match(*layers)
    row = Judgement(match, Difference("one", (2, 3), (2, 3)), "differs")
    arrays = compared({"one": {role: wanted}}, {"other": {role: own}}, (match,))
    return Evidence(row, Network(*outlines, [row], False, arrays))


def guises(code, *pair, **how):
    """What one cause says of one pair of arrays."""
    evidence = evidence_of(*pair, **how)
    return [guise for role in evidence.apart for guise in causes()[code].guises(evidence, role)]


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999), st.permutations(range(4)), st.integers(2, 5), st.sets(st.sampled_from([0, 1])))
def test_any_permutation_and_flip_of_a_kernels_axes_is_found(seed, order, size, flipped):
    wanted = drawn(seed, size, size, size, size)
    own = np.flip(wanted, tuple(flipped)).transpose(order)
    told = guises("conv-kernel-axes", "conv", wanted, own, groups=1)
    if tuple(order) == (0, 1, 2, 3) and not flipped:
        assert not told
    else:
        names = ["height", "width", "input", "output"]
        (guise,) = told
        assert guise.values[1].partition(",")[0] == " ".join(names[axis] for axis in order)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999), st.permutations(range(4)), st.sampled_from([(5, 4, 3), (4, 3)]))
def test_any_order_of_gates_is_found(seed, order, shape):
    wanted = drawn(seed, *shape)
    own = np.take(wanted, order, -2)
    told = guises("gru-gate-order", "lstm", wanted, own)
    if order == sorted(order):
        assert not told
    else:
        names = ("input", "forget", "candidate", "output")
        assert [each.values[1] for each in told] == [" ".join(names[gate] for gate in order)]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999), st.permutations(range(7)), st.sampled_from([-1, -2]))
def test_any_order_of_channels_is_found(seed, order, axis):
    wanted = drawn(seed, 3, 7, 7)
    told = guises("channel-order", "conv", wanted, np.take(wanted, order, axis))
    assert [each.values[1] for each in told] == ([] if order == sorted(order) else [" ".join(map(str, order))])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.sampled_from([2.0, -1.0, 0.1, 255.0, 1e-3]))
def test_any_factor_is_found(seed, factor):
    wanted = drawn(seed, 5, 7)
    (guise,) = guises("scaled-array", "dense", wanted, wanted * np.float32(factor))
    assert guise.values[1] == f"{factor:.6g}"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999))
def test_other_random_arrays_are_nothing_but_others(seed):
    one_array, other = drawn(seed, 3, 3, 6, 6), drawn(seed + 1, 3, 3, 6, 6)
    for code, cause in causes().items():
        if cause.guises and code != "other-array":
            assert not guises(code, "conv", one_array, other, groups=1), code


@pytest.mark.parametrize("array", [np.zeros((3, 3)), np.full((3, 3), 0.7), np.eye(3)], ids=["zeros", "constant", "eye"])
def test_of_equal_and_symmetric_arrays_nothing_is_said(array):
    array = array.astype("float32")
    for code, cause in causes().items():
        if cause.guises:
            assert not guises(code, "dense", array, array.T.copy()), code


def test_a_constant_is_no_multiple_and_no_permutation_of_another():
    ones, halves = np.ones((4, 4), np.float32), np.full((4, 4), 0.5, np.float32)
    for code in ("scaled-array", "channel-order", "dense-untransposed", "missing-keys"):
        assert not guises(code, "dense", ones, halves), code


def test_two_orders_that_fit_alike_are_both_told():
    wanted = drawn(0, 3, 3, 5, 5)
    wanted = wanted + np.flip(wanted, (0, 1))  # so that a turn by half is none
    own = np.flip(wanted, 0)
    ((code, suspicion),) = suspected(evidence_of("conv", wanted, own, groups=1), causes())
    assert code == "conv-kernel-axes"
    assert suspicion.sentence == (
        "its kernel is the reference's turned over along height "
        "(or, which fits as well: the reference's turned over along width)"
    )
    assert np.shares_memory(suspicion.weights["other"]["kernel"], wanted)


def test_large_arrays_are_told_apart_and_found_equal_in_slabs():
    array = drawn(0, 1500, 1500)
    assert alike(array, array.T.T)
    assert alike(array, np.nextafter(array, np.float32(np.inf)))
    other = array.copy()
    other[777, 778] += 1
    assert not alike(array, other)


def test_the_candidate_has_its_weights_again_where_a_trial_raises(monkeypatch):
    """Asked of the trial itself: whoever checks live objects restores them once more."""
    held = {"layer": {"kernel": drawn(0, 3, 4), "bias": drawn(1, 4)}}
    loaded = []

    class Fake:
        def load(self, weights):
            loaded.append(weights)

    def failing(*arguments, **options):
        raise RuntimeError("no run")

    monkeypatch.setattr(trial, "run", failing)
    sides = Sides(Fake(), Fake(), ({}, held), in_turn)
    probe = Probe("noise", {}, {})
    tried = trial.Trial(sides, [(probe, probe)], (), Ledger((), ()))
    right = {"layer": {"kernel": drawn(2, 3, 4)}}
    with pytest.raises(RuntimeError, match="no run"):
        tried.rows((), ["noise"], right)
    assert loaded[0] is right
    assert list(loaded[1]["layer"]) == ["kernel"] and loaded[1]["layer"]["kernel"] is held["layer"]["kernel"]
