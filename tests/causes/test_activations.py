"""How a network ends, and what its activations compute."""

import pytest
import torch  # before Keras, which brings TensorFlow
from told import (
    IMAGES,
    SEQUENCES,
    VECTORS,
    L,
    Net,
    check,
    confirmed,
    findings,
    model,
    named,
    ops,
    parity_is_told,
    stack,
)
from torch import nn
from torch.nn import functional as F

from parity.sides.keras import noting_places as noting_keras
from parity.sides.torch import noting_places


def behind(function):
    """Two dense layers with something between them, in PyTorch."""
    return nn.Sequential(nn.Linear(11, 6), function, nn.Linear(6, 4))


def between(layer):
    """The same in Keras."""
    return stack(VECTORS, L.Dense(6, name="first"), layer, L.Dense(4, name="second"))


@pytest.mark.parametrize("kind", ["softmax", "sigmoid"])
def test_probabilities_against_logits_at_the_end(kind):
    reference = stack(VECTORS, L.Dense(6, activation="relu"), L.Dense(4, activation=kind, name="end"))
    candidate = behind(nn.ReLU())
    finding = confirmed(reference, candidate, VECTORS, "softmax-or-logits", f"end/{kind}")
    assert (finding.reference_value, finding.candidate_value) == (kind, "none")


@pytest.mark.parametrize(
    ("kind", "words"), [("softmax", "F.softmax(s.b(s.a(x)), dim=1)"), ("sigmoid", "F.sigmoid(s.b(s.a(x)))")]
)
def test_the_line_to_write_names_the_axis_where_the_function_needs_one(kind, words):
    reference = stack(VECTORS, L.Dense(6), L.Dense(4, activation=kind))
    candidate = Net(lambda s, x: s.b(s.a(x)), a=nn.Linear(11, 6), b=nn.Linear(6, 4))
    (found,) = check(reference, candidate, VECTORS).to_dict()["findings"]
    assert found["mend"].endswith(words), found["mend"]


def test_logits_against_probabilities_at_the_end():
    candidate = nn.Sequential(nn.Linear(11, 6), nn.ReLU(), nn.Linear(6, 4), nn.Softmax(1))
    reference = stack(VECTORS, L.Dense(6, activation="relu"), L.Dense(4))
    confirmed(reference, candidate, VECTORS, "softmax-or-logits", "3")


def test_a_keras_candidate_that_ends_in_probabilities():
    candidate = stack(VECTORS, L.Dense(6, activation="relu"), L.Dense(4, activation="softmax"))
    finding = named(behind(nn.ReLU()), candidate, VECTORS, "softmax-or-logits")
    assert finding.reference_value == "none"


def test_a_softmax_in_the_middle_is_a_missing_activation_and_another_one_at_the_end_a_wrong_one():
    reference = stack(VECTORS, L.Dense(6, activation="softmax", name="first"), L.Dense(4))
    confirmed(
        reference, nn.Sequential(nn.Linear(11, 6), nn.Linear(6, 4)), VECTORS, "missing-activation", "first/softmax"
    )
    reference = stack(VECTORS, L.Dense(4, activation="softmax", name="end"))
    candidate = nn.Sequential(nn.Linear(11, 4), nn.LogSoftmax(1))
    confirmed(reference, candidate, VECTORS, "wrong-activation", "end/softmax")


@pytest.mark.parametrize(
    ("layer", "function", "values"),
    [
        (L.ELU(0.5), nn.ELU(), ("alpha 0.5", "alpha 1")),
        (L.ReLU(6), nn.Hardtanh(0, 1), ("high 6", "high 1")),
        (L.Activation("softplus"), nn.Softplus(beta=2), ("beta 1", "beta 2")),
        (L.ReLU(threshold=0.5), nn.ReLU(), ("threshold 0.5", "threshold not set")),
        (L.Activation("soft_shrink"), nn.Softshrink(0.2), ("threshold 0.5", "threshold 0.2")),
        (L.Activation("celu"), nn.CELU(2.0), ("alpha 1", "alpha 2")),
    ],
    ids=["elu", "clip", "softplus", "relu", "shrink", "celu"],
)
def test_an_activation_with_another_number(layer, function, values):
    reference = stack(VECTORS, L.Dense(6), layer, L.Dense(4))
    finding = confirmed(reference, behind(function), VECTORS, "activation-setting", reference.layers[1].name)
    assert (finding.reference_value, finding.candidate_value) == values


def test_an_activation_of_a_keras_candidate_with_another_number():
    named(behind(nn.ELU(0.5)), between(L.ELU()), VECTORS, "activation-setting")


def test_a_slope_has_a_cause_of_its_own():
    assert findings(between(L.LeakyReLU()), behind(nn.LeakyReLU()), VECTORS) == [("confirmed", "leaky-slope")]


def test_the_call_of_a_module_that_was_built_out_of_sight_takes_no_slope():
    def candidate(module):
        return Net(lambda s, x: s.b(s.act(s.a(x))), a=nn.Linear(11, 6), act=module, b=nn.Linear(6, 4))

    finding = confirmed(between(L.LeakyReLU(name="act")), candidate(nn.LeakyReLU()), VECTORS, "leaky-slope", "act")
    assert not finding.mend
    leak = candidate(lambda x: F.leaky_relu(x, 0.1))
    finding = confirmed(between(L.LeakyReLU(name="act")), leak, VECTORS, "leaky-slope", "act")
    assert finding.mend.endswith("F.leaky_relu(x, 0.1)  →  F.leaky_relu(x, 0.3)")


@pytest.mark.parametrize(
    ("layer", "function"), [(L.ReLU(6), nn.ReLU()), (L.Activation("silu"), nn.Hardswish())], ids=["relu6", "silu"]
)
def test_relu6_and_silu_are_not_what_their_kin_is(layer, function):
    (found,) = findings(between(layer), behind(function), VECTORS)
    assert found == ("confirmed", "wrong-activation")


def old(x):
    """The hard sigmoid of Keras 2."""
    return torch.clamp(0.2 * x + 0.5, 0, 1)


def test_the_hard_sigmoid_of_keras_2_in_the_port():
    candidate = Net(lambda s, x: s.b(old(s.a(x))), a=nn.Linear(11, 6), b=nn.Linear(6, 4))
    reference = stack(VECTORS, L.Dense(6, activation="hard_sigmoid", name="first"), L.Dense(4))
    confirmed(reference, candidate, VECTORS, "hard-sigmoid-keras2", "first/hard_sigmoid")


def test_the_hard_sigmoid_of_keras_2_in_the_reference():
    reference = model(VECTORS, lambda x: L.Dense(4)(ops.clip(0.2 * L.Dense(6)(x) + 0.5, 0, 1)))
    assert findings(reference, behind(nn.Hardsigmoid()), VECTORS) == [("confirmed", "hard-sigmoid-keras2")]


def test_another_line_between_0_and_1_is_not_the_one_of_keras_2():
    candidate = Net(lambda s, x: s.b(torch.clamp(0.25 * s.a(x) + 0.5, 0, 1)), a=nn.Linear(11, 6), b=nn.Linear(6, 4))
    told = findings(between(L.Activation("hard_sigmoid")), candidate, VECTORS)
    assert "hard-sigmoid-keras2" not in {cause for _, cause in told}


def test_the_same_hard_sigmoid_written_out_is_parity():
    candidate = Net(lambda s, x: s.b(F.relu6(s.a(x) + 3) / 6), a=nn.Linear(11, 6), b=nn.Linear(6, 4))
    parity_is_told(between(L.Activation("hard_sigmoid")), candidate, VECTORS)


def test_a_clip_that_the_reference_makes_in_two_steps_is_not_called_one_too_many_behind_another_fault():
    reference = model(VECTORS, lambda x: ops.clip(L.Dense(4)(L.Dense(6, activation="relu")(x)), -1.5, 1.5))
    candidate = Net(lambda s, x: torch.clamp(s.b(s.a(x)), -1.5, 1.5), a=nn.Linear(11, 6), b=nn.Linear(6, 4))
    assert findings(reference, candidate, VECTORS) == [("confirmed", "missing-activation")]


def transposed():
    """A transposed convolution of Keras's, which cuts its own end off, with an activation; and what reads it."""
    return stack(
        SEQUENCES,
        L.Conv1DTranspose(6, 3, strides=2, padding="same", activation="relu", name="up"),
        L.Conv1D(4, 1, name="end"),
    )


def cut(function):
    """The same in PyTorch, of which a slice cuts the end off; `function` is of what the layer gives."""
    up, end = nn.ConvTranspose1d(5, 6, 3, stride=2), nn.Conv1d(6, 4, 1)
    return Net(lambda s, x: s.end(function(s.up(x))), up=up, end=end)


def test_an_activation_that_is_missing_behind_a_layer_that_is_cut():
    finding = confirmed(
        transposed(), cut(lambda y: y[..., :-1]), SEQUENCES, "missing-activation", "up/relu", turned=True
    )
    assert "F.relu(s.up(x))" in finding.mend


@pytest.mark.parametrize("again", [False, True])
def test_an_activation_before_a_cut_is_the_same_as_behind_it(again):
    candidate = cut(lambda y: F.relu(F.relu(y)[..., :-1]) if again else F.relu(y)[..., :-1])
    parity_is_told(transposed(), candidate, SEQUENCES, turned=True)


@pytest.mark.parametrize(
    "function",
    [lambda y: F.relu(y)[..., 1:], lambda y: F.relu(y + 0.1)[..., :-1], lambda y: torch.tanh(y)[..., :-1]],
    ids=["cut at the other end", "another number", "another function"],
)
def test_what_an_activation_before_a_cut_reads_is_compared_behind_it(function):
    verdict = check(transposed(), cut(function), SEQUENCES, turned=True)
    assert verdict.verdict == "divergence", str(verdict)
    begins = {row.match.name for row in verdict.layers if row.source}
    assert begins & {"up", "up/relu", "add", "tanh"}, begins


def sloping(**shared):
    """A learned slope between two convolutions, in Keras."""
    return stack(IMAGES, L.Conv2D(5, 3), L.PReLU(name="sloping", **shared), L.Conv2D(4, 3))


def slopes(build):
    """The same in PyTorch."""
    with noting_places():
        return nn.Sequential(nn.Conv2d(3, 5, 3), build(), nn.Conv2d(5, 4, 3))


@pytest.mark.parametrize(
    ("shared", "build", "told", "mend"),
    [
        ([1, 2], lambda: nn.PReLU(), "one for each channel (5) in the reference and one for all (1) here", "(5)"),
        ([1, 2, 3], lambda: nn.PReLU(5), "one for all (1) in the reference and one for each channel (5)", "(1)"),
        (None, lambda: nn.PReLU(5), "one for each place of each channel (100) in the reference", ""),
    ],
)
def test_slopes_that_are_shared_otherwise(shared, build, told, mend):
    verdict = check(sloping(shared_axes=shared), slopes(build), IMAGES, turned=True)
    assert [(each.status, each.cause, each.layer) for each in verdict.findings] == [
        ("stated", "prelu-shared-axes", "sloping")
    ], str(verdict)
    assert told in verdict.findings[0].sentence
    written = verdict.findings[0].mend.partition("→")[2]
    assert (f"nn.PReLU{mend}" in written.replace("num_parameters=", "")) if mend else not written


def test_a_keras_candidate_that_shares_no_slopes():
    rows = IMAGES[:, 0]
    reference = Net(lambda s, x: s.act(s.a(x).transpose(1, 2)).transpose(1, 2), a=nn.Linear(3, 5), act=nn.PReLU(5))
    with noting_keras():
        candidate = stack(rows, L.Dense(5), L.PReLU())
    verdict = check(reference, candidate, rows)
    assert [(each.status, each.cause) for each in verdict.findings] == [("stated", "prelu-shared-axes")], str(verdict)
    assert verdict.findings[0].mend.endswith("L.PReLU()  →  L.PReLU(shared_axes=[1])")


def test_slopes_that_are_shared_alike_are_parity():
    parity_is_told(sloping(shared_axes=[1, 2]), slopes(lambda: nn.PReLU(5)), IMAGES, turned=True)
    parity_is_told(sloping(shared_axes=[1, 2, 3]), slopes(nn.PReLU), IMAGES, turned=True)
