"""Attention: scale, masks, the order of its arguments, its widths."""

import keras
import numpy as np
import pytest
import torch  # before Keras, which brings TensorFlow
from told import SQUARES, L, Net, check, confirmed, findings, model, named, ops, parity_is_told
from torch import nn
from torch.nn import functional as F

MASK = np.random.default_rng(9).normal(size=(4, 7, 7)) > 0
MASK[:, :, 0], MASK[:, :, 1] = True, False


def heads(*args, **kwargs):
    return model(SQUARES, lambda x: L.Dense(3)(L.MultiHeadAttention(2, 3, name="heads")(x, *_made(args, x), **kwargs)))


def _made(functions, x):
    return [function(x) for function in functions]


def same(x):
    return x


def attending(forward, count=2, **kwargs):
    return Net(forward, a=nn.MultiheadAttention(6, count, batch_first=True, **kwargs), last=nn.Linear(6, 3))


def test_key_and_value_exchanged():
    reference = heads(ops.tanh, ops.relu)
    wrong = attending(lambda s, x: s.last(s.a(x, x.tanh(), x.relu())[0]))
    finding = confirmed(reference, wrong, SQUARES, "mha-argument-order", "heads/attention")
    assert finding.candidate_value == "query, value, key"
    parity_is_told(reference, attending(lambda s, x: s.last(s.a(x, x.relu(), x.tanh())[0])), SQUARES)


def projected(width):
    """A product of three projections, the values of another width."""

    def forward(self, x):
        return self.last(F.scaled_dot_product_attention(self.q(x), self.k(x), self.v(x), scale=1.0))

    return Net(forward, q=nn.Linear(6, 5), k=nn.Linear(6, 5), v=nn.Linear(6, width), last=nn.Linear(width, 3))


def test_values_of_another_width_are_no_key_and_answer_the_values():
    def build(x):
        query, key, value = (L.Dense(5, name=name)(x) for name in ("query", "key", "value"))
        return L.Dense(3, name="last")(L.Attention()([query, value, key]))

    reference = model(SQUARES, build)
    parity_is_told(reference, projected(5), SQUARES)
    told = [(each.cause, each.layer) for each in check(reference, projected(6), SQUARES).findings]
    assert told == [("width", "value"), ("input-width", "last")]


class Fused(nn.Module):
    """Heads whose three projections are one, with a function of it before it is taken apart."""

    def __init__(self, function):
        super().__init__()
        self.qkv, self.out, self.last, self.function = nn.Linear(6, 18), nn.Linear(6, 6), nn.Linear(6, 3), function

    def forward(self, x):
        qkv = self.function(self.qkv(x)).view(len(x), 7, 3, 2, 3)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(query, key, value)
        return self.last(self.out(y.transpose(1, 2).reshape(len(x), 7, 6)))


def test_what_is_applied_to_a_fused_projection_is_told_and_not_lost_where_it_is_taken_apart():
    reference = heads(same)
    parity_is_told(reference, Fused(same), SQUARES)
    assert findings(reference, Fused(F.relu), SQUARES) == [("confirmed", "extra-activation")]


def test_the_width_of_a_head_taken_for_that_of_all_heads():
    reference = model(SQUARES, lambda x: L.Dense(3)(L.MultiHeadAttention(2, 6)(x, x)))
    told = findings(reference, attending(lambda s, x: s.last(s.a(x, x, x)[0])), SQUARES)
    assert told == [("stated", "mha-key-dim")]


def product(scale):
    def forward(net, x):
        query, key, value = (each(x) for each in (net.q, net.k, net.v))
        return net.last(F.scaled_dot_product_attention(query, key, value, scale=scale))

    return Net(forward, **{name: nn.Linear(6, 4) for name in "qkv"}, last=nn.Linear(4, 3))


def test_scores_that_keras_does_not_scale():
    reference = model(SQUARES, lambda x: L.Dense(3)(L.Attention()([L.Dense(4)(x), L.Dense(4)(x), L.Dense(4)(x)])))
    assert findings(reference, product(None), SQUARES) == [("confirmed", "attention-scale")]


def test_scores_that_are_scaled_otherwise():
    def build(x):
        parts = [ops.expand_dims(L.Dense(4)(x), 2) for _ in range(3)]
        return L.Dense(3)(ops.squeeze(ops.dot_product_attention(*parts, scale=1.0), 2))

    reference = model(SQUARES, build)
    assert findings(reference, product(None), SQUARES) == [("confirmed", "attention-scale")]
    parity_is_told(reference, product(1.0), SQUARES)


def test_attention_that_looks_ahead():
    wrong = attending(lambda s, x: s.last(s.a(x, x, x)[0]))
    confirmed(heads(same, use_causal_mask=True), wrong, SQUARES, "causal-mask", "heads/attention")


def test_attention_that_looks_back_on_one_side_alone():
    ahead = torch.ones(7, 7).triu(1).bool()
    wrong = attending(lambda s, x: s.last(s.a(x, x, x, attn_mask=ahead)[0]))
    confirmed(heads(same), wrong, SQUARES, "causal-mask", "heads/attention")


def test_attention_that_looks_ahead_in_a_keras_candidate():
    ahead = torch.ones(7, 7).triu(1).bool()
    right = attending(lambda s, x: s.last(s.a(x, x, x, attn_mask=ahead)[0]))
    named(right, heads(same), SQUARES, "causal-mask")


def masked():
    entry, mask = keras.Input((7, 6)), keras.Input((7, 7), dtype="bool")
    attended = L.MultiHeadAttention(1, 6, name="heads")(entry, entry, attention_mask=mask)
    return keras.Model([entry, mask], L.Dense(3)(attended))


@pytest.mark.parametrize("weighed", [True, False])
def test_a_mask_that_means_the_opposite(weighed):
    arrays = {"x": SQUARES, "mask": MASK}
    wrong = attending(lambda s, x, m: s.last(s.a(x, x, x, attn_mask=m, need_weights=weighed)[0]), 1)
    confirmed(masked(), wrong, arrays, "mask-polarity", "heads/attention")
    right = attending(lambda s, x, m: s.last(s.a(x, x, x, attn_mask=~m, need_weights=weighed)[0]), 1)
    parity_is_told(masked(), right, arrays)


def test_a_mask_that_is_not_given():
    arrays = {"x": SQUARES, "mask": MASK}
    candidate = attending(lambda s, x, m: s.last(s.a(x, x, x)[0]), 1)
    confirmed(masked(), candidate, arrays, "mask-dropped", "heads/attention")


def test_a_mask_that_another_fault_stands_beside_is_not_called_the_opposite():
    arrays = {"x": SQUARES, "mask": MASK}
    candidate = attending(lambda s, x, m: s.last(s.a(x, x, x, attn_mask=~m)[0].relu()), 1)
    assert findings(masked(), candidate, arrays) == [("confirmed", "extra-activation")]


def test_the_batch_taken_for_time_in_attention_is_suspected():
    candidate = Net(lambda s, x: s.last(s.a(x, x, x)[0]), a=nn.MultiheadAttention(6, 2), last=nn.Linear(6, 3))
    verdict = check(heads(same), candidate, SQUARES)
    assert verdict.verdict == "divergence"
    assert [(each.status, each.cause) for each in verdict.findings] == [("suspected", "batch-first")]


def test_a_softmax_that_is_written_out_is_not_called_missing_behind_another_fault():
    def build(x):
        query, key, value = (L.Dense(4, name=name)(x) for name in ("query", "key", "value"))
        return L.Dense(3)(L.Attention()([query, value, key]))

    def forward(net, x):
        query, key, value = (each(x) for each in (net.q, net.k, net.v))
        return net.last(F.scaled_dot_product_attention(query, key.relu(), value, scale=1.0))

    candidate = Net(forward, **{name: nn.Linear(6, 4) for name in "qkv"}, last=nn.Linear(4, 3))
    assert {cause for _, cause in findings(model(SQUARES, build), candidate, SQUARES)} == {"extra-activation"}
