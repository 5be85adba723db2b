"""Recurrent layers: order, masks, directions, cells."""

import pytest
import torch  # before Keras, which brings TensorFlow
from told import INDICES, SEQUENCES, L, Net, check, confirmed, findings, model, named, ops, parity_is_told
from torch import nn

PAIRS = [(L.LSTM, nn.LSTM), (L.GRU, nn.GRU), (L.SimpleRNN, nn.RNN)]
IDS = ["lstm", "gru", "rnn"]


def read_by(layer, take, width=6):
    """A recurrent layer of PyTorch and a dense one behind what is taken of it."""
    return Net(lambda s, x: s.last(take(s.layer, x)), layer=layer, last=nn.Linear(width, 3))


def whole(layer, x):
    return layer(x)[0]


def at_the_end(layer, x):
    return layer(x)[0][:, -1]


def sequence(layer):
    return model(SEQUENCES, lambda x: L.Dense(3)(layer(x)))


@pytest.mark.parametrize(("theirs", "ours"), PAIRS, ids=IDS)
def test_the_batch_taken_for_time(theirs, ours):
    reference = sequence(theirs(6, return_sequences=True, name="rnn"))
    confirmed(reference, read_by(ours(5, 6), whole), SEQUENCES, "batch-first", "rnn")
    parity_is_told(reference, read_by(ours(5, 6, batch_first=True), whole), SEQUENCES)


def test_the_batch_taken_for_time_on_two_levels_is_told_once():
    reference = model(
        SEQUENCES,
        lambda x: L.Dense(3)(L.GRU(6, return_sequences=True)(L.GRU(6, return_sequences=True, name="rnn")(x))),
    )
    confirmed(reference, read_by(nn.GRU(5, 6, 2), whole), SEQUENCES, "batch-first", "rnn")


def test_the_batch_taken_for_time_in_both_directions_is_told_once():
    reference = sequence(L.Bidirectional(L.GRU(6, return_sequences=True, name="gru"), name="both"))
    candidate = read_by(nn.GRU(5, 6, bidirectional=True), whole, 12)
    confirmed(reference, candidate, SEQUENCES, "batch-first", "both/forward_gru")


def last_of_both(order):
    def take(layer, x):
        state = layer(x)[1]
        return torch.cat([state[place] for place in order], 1)

    return read_by(nn.GRU(5, 6, batch_first=True, bidirectional=True), take, 12)


def test_directions_that_are_joined_in_the_other_order():
    reference = sequence(L.Bidirectional(L.GRU(6), name="both"))
    finding = confirmed(reference, last_of_both((1, 0)), SEQUENCES, "layer-order", "both_1/concat")
    assert "torch.cat" in finding.place.code or "state[place]" in finding.place.code
    parity_is_told(reference, last_of_both((0, 1)), SEQUENCES)


def test_time_first_that_is_turned_is_parity():
    turned = read_by(nn.LSTM(5, 6), lambda layer, x: layer(x.transpose(0, 1))[0].transpose(0, 1))
    parity_is_told(sequence(L.LSTM(6, return_sequences=True)), turned, SEQUENCES)


def test_a_sequence_that_is_read_backwards():
    reference = sequence(L.LSTM(6, return_sequences=True, go_backwards=True))
    told = findings(reference, read_by(nn.LSTM(5, 6, batch_first=True), whole), SEQUENCES)
    assert told == [("confirmed", "go-backwards")]
    turned = read_by(nn.LSTM(5, 6, batch_first=True), lambda layer, x: layer(x.flip(1))[0].flip(1))
    assert findings(reference, turned, SEQUENCES) == [("confirmed", "go-backwards")]
    parity_is_told(reference, read_by(nn.LSTM(5, 6, batch_first=True), lambda layer, x: layer(x.flip(1))[0]), SEQUENCES)


@pytest.mark.parametrize(("theirs", "ours"), PAIRS[:2], ids=IDS[:2])
def test_the_last_step_of_both_directions(theirs, ours):
    reference = sequence(L.Bidirectional(theirs(6)))
    layer = ours(5, 6, batch_first=True, bidirectional=True)
    assert findings(reference, read_by(layer, at_the_end, 12), SEQUENCES) == [("confirmed", "bidirectional-last")]


def test_both_directions_along_the_sequence_are_parity():
    reference = sequence(L.Bidirectional(L.LSTM(6, return_sequences=True)))
    parity_is_told(reference, read_by(nn.LSTM(5, 6, batch_first=True, bidirectional=True), whole, 12), SEQUENCES)


def test_a_gru_that_resets_before_is_stated():
    reference = sequence(L.GRU(6, reset_after=False))
    told = findings(reference, read_by(nn.GRU(5, 6, batch_first=True), at_the_end), SEQUENCES)
    assert told == [("stated", "gru-reset-after")]


def test_another_activation_in_the_cell_is_stated():
    reference = sequence(L.LSTM(6, recurrent_activation="hard_sigmoid"))
    told = findings(reference, read_by(nn.LSTM(5, 6, batch_first=True), at_the_end), SEQUENCES)
    assert told == [("stated", "recurrent-activation")]
    reference = sequence(L.SimpleRNN(6, activation="relu"))
    told = findings(reference, read_by(nn.RNN(5, 6, batch_first=True), at_the_end), SEQUENCES)
    assert told == [("stated", "recurrent-activation")]


def test_another_activation_in_the_cell_of_a_keras_candidate():
    candidate = sequence(L.LSTM(6, recurrent_activation="hard_sigmoid"))
    named(read_by(nn.LSTM(5, 6, batch_first=True), at_the_end), candidate, SEQUENCES, "recurrent-activation")


def embedded(layer):
    return model(INDICES, lambda x: L.Dense(3)(layer(L.Embedding(5, 4, mask_zero=True)(x))))


def looked_up(layer, take, width=6):
    return Net(
        lambda s, x: s.last(take(s.layer, s.table(x))),
        table=nn.Embedding(5, 4, padding_idx=0),
        layer=layer,
        last=nn.Linear(width, 3),
    )


@pytest.mark.parametrize(("theirs", "ours"), PAIRS, ids=IDS)
def test_masked_steps_that_are_read(theirs, ours):
    confirmed(
        embedded(theirs(6, name="rnn")),
        looked_up(ours(4, 6, batch_first=True), at_the_end),
        INDICES,
        "mask-dropped",
        "rnn",
    )


def test_masked_steps_that_are_read_in_both_directions():
    reference = embedded(L.Bidirectional(L.LSTM(6, return_sequences=True)))
    candidate = looked_up(nn.LSTM(4, 6, batch_first=True, bidirectional=True), whole, 12)
    assert findings(reference, candidate, INDICES) == [("confirmed", "mask-dropped")] * 2


def test_a_mean_that_leaves_out_masked_steps():
    reference = embedded(L.GlobalAveragePooling1D(name="mean"))
    candidate = Net(
        lambda s, x: s.last(s.table(x).mean(1)), table=nn.Embedding(5, 4, padding_idx=0), last=nn.Linear(4, 3)
    )
    confirmed(reference, candidate, INDICES, "masked-gap", "mean")


def test_a_packed_sequence_is_not_called_a_layer_with_another_activation():
    def packed(layer, x):
        lengths = torch.full((len(x),), x.shape[1])
        return layer(nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True))[1][0][-1]

    verdict = check(sequence(L.LSTM(6)), read_by(nn.LSTM(5, 6, batch_first=True), packed), SEQUENCES)
    assert verdict.verdict == "inconclusive"
    assert "recurrent-activation" not in {each.cause for each in verdict.findings}


def test_a_flip_that_is_left_out_of_what_is_read_second():
    def build(x):
        back = L.LSTM(6, return_sequences=True, go_backwards=True)(x)
        return L.Dense(3)(ops.concatenate([L.Dense(4)(x), ops.flip(back, 1)], -1))

    def forward(self, x):
        back, _ = self.back(x.flip(1))
        return self.end(torch.cat([self.one(x), back], -1))

    modules = {"one": nn.Linear(5, 4), "back": nn.LSTM(5, 6, batch_first=True), "end": nn.Linear(10, 3)}
    told = findings(model(SEQUENCES, build), Net(forward, **modules), SEQUENCES)
    assert told == [("confirmed", "go-backwards")]


def test_a_flip_that_both_sides_make_is_no_cause():
    reference = model(SEQUENCES, lambda x: L.Dense(3)(ops.flip(L.Dense(6, activation="relu")(x), 1)))
    candidate = Net(lambda s, x: s.b(s.a(x).flip(1)), a=nn.Linear(5, 6), b=nn.Linear(6, 3))
    assert findings(reference, candidate, SEQUENCES) == [("confirmed", "missing-activation")]
