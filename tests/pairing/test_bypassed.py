"""A block that one side leaves out is seen as left out, and what comes behind it answers what comes behind it there."""

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import pytest
from torch import nn

import parity

L = keras.layers
ENTRY = parity.Input("x", (5, 8), ("length", "channel"))


def reference(blocks):
    start = x = keras.Input((5, 8))
    for number in range(blocks):
        y = L.LayerNormalization(name=f"norm{number}a", epsilon=1e-5)(x)
        y = L.Dense(8, activation="tanh", name=f"mix{number}")(y)
        x = L.Add(name=f"add{number}a")([x, y])
        y = L.LayerNormalization(name=f"norm{number}b", epsilon=1e-5)(x)
        y = L.Dense(12, name=f"wide{number}")(y)
        y = L.Dense(8, name=f"narrow{number}")(y)
        x = L.Add(name=f"add{number}b")([x, y])
    return keras.Model(start, x)


class Block(nn.Module):
    def __init__(self, mixes, lives):
        super().__init__()
        self.mixes, self.lives = mixes, lives
        self.a, self.b, self.mix = nn.LayerNorm(8), nn.LayerNorm(8), nn.Linear(8, 8)
        self.wide, self.narrow = nn.Linear(8, 12), nn.Linear(12, 8)

    def forward(self, x):
        if self.mixes:
            x = x + torch.tanh(self.mix(self.a(x)))
        return x + self.narrow(self.wide(self.b(x))) if self.lives else x


def answers(verdict):
    return {
        row.match.reference.name: row.match.candidate.name
        for row in verdict.layers
        if row.match.reference and row.match.candidate
    }


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_what_reads_the_sum_answers_what_reads_what_skips_the_block(blocks):
    candidate = nn.Sequential(*(Block(False, True) for _ in range(blocks)))
    verdict = parity.check(reference(blocks), candidate, [ENTRY], batch=3)
    pairs = answers(verdict)
    for number in range(blocks):
        assert pairs[f"norm{number}b"] == f"{number}.b", str(verdict)
        assert pairs[f"wide{number}"] == f"{number}.wide"
        assert f"norm{number}a" not in pairs
    told = [(each.status, each.cause, each.layer) for each in verdict.findings]
    assert told == [("confirmed", "skip", f"add{number}a") for number in range(blocks)], str(verdict)
    assert verdict.explained


def test_blocks_that_follow_one_another_are_all_seen_past():
    start = x = keras.Input((5, 8))
    for _ in range(2):
        x = L.Add()([x, L.Dense(8)(L.Dense(6, activation="relu")(x))])
    for width, act in ((6, "relu"), (6, "tanh"), (2, None)):
        x = L.Dense(width, activation=act, name=f"last{width}{act}")(x)
    candidate = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 2))
    verdict = parity.check(keras.Model(start, x), candidate, [ENTRY], batch=3)
    pairs = answers(verdict)
    assert [pairs.get(each) for each in ("last6relu", "last6tanh", "last2None")] == ["0", "2", "4"], str(verdict)


def test_a_product_between_two_sums_ends_in_no_error():
    start = x = keras.Input((5, 8))
    for join in (L.Add, L.Multiply, L.Add):
        x = L.Dropout(0.5)(join()([x, L.Dense(8)(x)]))
    verdict = parity.check(keras.Model(start, L.Dense(8)(x)), nn.Linear(8, 8), [ENTRY], batch=3)
    assert verdict.verdict == "divergence"


def test_the_same_holds_where_the_reference_is_the_one_that_leaves_it_out():
    forward = parity.check(Block(False, True), Block(True, True), [ENTRY], batch=3)
    pairs = answers(forward)
    assert (pairs["b"], pairs["wide"]) == ("b", "wide"), str(forward)
    assert forward.verdict == "divergence"


def test_a_block_that_both_have_is_no_other_for_it():
    verdict = parity.check(reference(2), nn.Sequential(Block(True, True), Block(True, True)), [ENTRY], batch=3)
    assert verdict.verdict == "parity", str(verdict)
