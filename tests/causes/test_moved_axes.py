"""Maps and heads whose axes are to be moved, and are given another shape, or moved into a wrong order, instead."""

import torch  # isort: skip - before Keras, which brings TensorFlow
import pytest
from told import IMAGES, SEQUENCES, L, Net, check, model, parity_is_told, stack
from torch import nn

SQUARE = IMAGES[:, :, :6]


def mapped(like):
    """Two convolutions of a map in Keras."""
    return stack(like, L.Conv2D(5, 3, name="first"), L.ReLU(), L.Conv2D(4, 3))


def fronted(front):
    """The same in PyTorch, which brings the channels of what it is given to the front by itself."""
    return Net(lambda s, x: s.b(s.a(front(x)).relu()), a=nn.Conv2d(3, 5, 3), b=nn.Conv2d(5, 4, 3))


def misplaced(reference, candidate, arrays, layer, mend):
    """Assert that axes that are not moved rightly are what is found and proved, and that this line is written."""
    verdict = check(reference, candidate, arrays)
    assert verdict.verdict in ("divergence", "inconclusive"), str(verdict)
    told = {(each.status, each.cause, each.layer) for each in verdict.findings}
    assert told == {("confirmed", "view-not-permute", layer)}, str(verdict)
    assert verdict.explained, str(verdict)
    assert {each.mend.partition("→")[2].strip() for each in verdict.findings} == {mend}
    return verdict.findings[0]


@pytest.mark.parametrize(
    ("like", "front", "mend"),
    [
        (IMAGES, lambda x: x.view(-1, 3, 6, 7), "x.permute(0, 3, 1, 2)"),
        (IMAGES, lambda x: x.reshape(x.shape[0], 3, 6, 7), "x.permute(0, 3, 1, 2)"),
        (IMAGES, lambda x: torch.reshape(x, (-1, 3, 6, 7)), "x.permute(0, 3, 1, 2)"),
        (SQUARE, lambda x: x.reshape(-1, 3, 6, 6), "x.permute(0, 3, 1, 2)"),
        (SQUARE, lambda x: x.permute(0, 3, 2, 1), "x.permute(0, 3, 1, 2)"),
        (SQUARE, lambda x: x.transpose(1, 3), "x.permute(0, 3, 1, 2)"),
    ],
    ids=["view", "reshape", "function", "square", "permute", "transpose"],
)
def test_a_map_whose_channels_are_not_moved_to_the_front(like, front, mend):
    finding = misplaced(mapped(like), fronted(front), like, "first", mend)
    assert finding.reference_value == "batch channel height width"
    assert finding.before > 1e-6 > finding.after


@pytest.mark.parametrize("like", [IMAGES, SQUARE])
def test_a_map_whose_channels_are_moved_to_the_front_is_parity(like):
    parity_is_told(mapped(like), fronted(lambda x: x.permute(0, 3, 1, 2)), like)
    parity_is_told(mapped(like), fronted(lambda x: x.transpose(1, 3).transpose(2, 3)), like)


def test_a_sequence_that_is_viewed_before_a_convolution_and_one_that_is_behind_it():
    reference = stack(SEQUENCES, L.Dense(6), L.Conv1D(4, 3, name="conv"), L.Dense(3, name="head"))
    layers = {"a": nn.Linear(5, 6), "b": nn.Conv1d(6, 4, 3), "c": nn.Linear(4, 3)}
    before = Net(lambda s, x: s.c(s.b(s.a(x).view(-1, 6, 7)).transpose(1, 2)), **layers)
    misplaced(reference, before, SEQUENCES, "conv", "s.a(x).transpose(1, 2)")
    behind = Net(lambda s, x: s.c(s.b(s.a(x).transpose(1, 2)).reshape(-1, 5, 4)), **layers)
    misplaced(reference, behind, SEQUENCES, "head", "s.b(s.a(x).transpose(1, 2)).transpose(1, 2)")
    rightly = Net(lambda s, x: s.c(s.b(s.a(x).transpose(1, 2)).transpose(1, 2)), **layers)
    parity_is_told(reference, rightly, SEQUENCES)


def test_a_view_before_a_flatten_is_no_fault_of_its_own_whatever_order_the_weights_have():
    reference = stack(SEQUENCES, L.Conv1D(4, 3), L.Flatten(), L.Dense(3))
    candidate = Net(
        lambda s, x: s.c(s.b(x.transpose(1, 2)).reshape(-1, 5, 4).flatten(1)), b=nn.Conv1d(5, 4, 3), c=nn.Linear(20, 3)
    )
    verdict = check(reference, candidate, SEQUENCES)
    assert verdict.verdict == "inconclusive", str(verdict)
    assert "view-not-permute" not in {each.cause for each in verdict.findings}, str(verdict)


def test_a_view_that_a_flatten_undoes_is_none():
    """Where the numbers come out in the row in which they lay, no cause is told."""
    reference = stack(IMAGES, L.Flatten(), L.Dense(3))
    candidate = Net(lambda s, x: s.a(x.view(-1, 3, 6, 7).flatten(1)), a=nn.Linear(126, 3))
    verdict = check(reference, candidate, IMAGES)
    assert not verdict.findings, str(verdict)


def attending(split, merge):
    """Attention of three heads, written out, with its own way to split and to merge them."""

    def forward(net, x):
        query, key, value = (split(layer(x)) for layer in (net.q, net.k, net.v))
        shares = (query @ key.transpose(-2, -1) / 2**0.5).softmax(-1)
        return net.out(merge(shares @ value))

    return Net(forward, **{name: nn.Linear(5 if name != "out" else 6, 6) for name in ("q", "k", "v", "out")})


def split(x):
    return x.view(x.shape[0], x.shape[1], 3, 2).transpose(1, 2)


def merge(x):
    return x.transpose(1, 2).reshape(x.shape[0], -1, 6)


def attention():
    return model(SEQUENCES, lambda x: L.MultiHeadAttention(3, 2, output_shape=6, name="heads")(x, x))


def test_heads_that_are_merged_without_being_moved_back():
    candidate = attending(split, lambda x: x.reshape(x.shape[0], -1, 6))
    wanted = "x.transpose(1, 2).reshape(x.shape[0], -1, 6)"
    misplaced(attention(), candidate, SEQUENCES, "heads/attention_output", wanted)


def test_heads_that_are_split_without_being_moved():
    candidate = attending(lambda x: x.view(x.shape[0], 3, -1, 2), merge)
    wanted = "x.reshape(-1, 7, 3, 2).permute(0, 2, 1, 3)"
    misplaced(attention(), candidate, SEQUENCES, "heads/attention", wanted)


def test_heads_that_are_moved_there_and_back_are_parity():
    parity_is_told(attention(), attending(split, merge), SEQUENCES)


def test_a_keras_candidate_that_reshapes_for_a_permute():
    rows = SEQUENCES.transpose(0, 2, 1).copy()
    reference = Net(lambda s, x: s.a(x).transpose(1, 2), a=nn.Conv1d(5, 4, 3))
    candidate = stack(rows, L.Reshape((7, 5)), L.Conv1D(4, 3))
    finding = misplaced(reference, candidate, rows, "a", "")
    assert finding.candidate_value == "as it lies"
