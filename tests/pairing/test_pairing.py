"""Graphs as people write them: matched by what they compute, whatever they are called and wherever they stand."""

import keras
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import parity

VECTOR = parity.Input("x", (7,), ("channel",))
IMAGE = parity.Input("x", (6, 9, 3), ("height", "width", "channel"), ("channel", "height", "width"))


class Written(nn.Module):
    """Modules by name and a forward pass."""

    def __init__(self, forward, **modules):
        super().__init__()
        for name, each in modules.items():
            setattr(self, name, each)
        self.written = forward

    def forward(self, x):
        return self.written(self, x)


def functional(shape, build):
    x = keras.Input(shape)
    return keras.Model(x, build(x))


def check(reference, candidate, entry=VECTOR):
    return parity.check(reference, candidate, [entry], batch=3)


def answered(verdict):
    return {
        row.match.name: row.match.candidate.name
        for row in verdict.layers
        if row.match.reference and row.match.candidate
    }


def crossed_heads():
    dense = keras.layers.Dense
    reference = functional((7,), lambda x: [dense(5, name="left")(x), keras.ops.tanh(dense(5, name="right")(x))])
    candidate = Written(lambda m, x: (m.right(x), m.left(x).tanh()), left=nn.Linear(7, 5), right=nn.Linear(7, 5))
    return reference, candidate, VECTOR, {"left": "right", "right": "left"}


def built_in_another_order_than_called():
    dense = keras.layers.Dense
    reference = functional((7,), lambda x: dense(7, name="second")(keras.ops.tanh(dense(7, name="first")(x))))
    candidate = Written(lambda m, x: m.b(m.a(x).tanh()), b=nn.Linear(7, 7), a=nn.Linear(7, 7))
    return reference, candidate, VECTOR, {"first": "a", "second": "b"}


def branches_in_another_order():
    dense = keras.layers.Dense

    def build(x):
        first, second = dense(4, name="one")(x), dense(5, name="two")(x)
        return keras.layers.Concatenate()([keras.ops.tanh(first), second])

    def forward(m, x):
        second = m.two(x)
        return torch.cat([m.one(x).tanh(), second], 1)

    return functional((7,), build), Written(forward, two=nn.Linear(7, 5), one=nn.Linear(7, 4)), VECTOR, {"one": "one"}


def a_shortcut_shaped_like_the_main_path():
    def build(x):
        conv = keras.layers.Conv2D
        y = conv(3, 1, name="main2")(keras.layers.ReLU()(conv(3, 1, name="main1")(x)))
        return keras.layers.ReLU()(keras.layers.Add()([y, conv(3, 1, name="shortcut")(x)]))

    def forward(m, x):
        return F.relu(m.c(x) + m.b(F.relu(m.a(x))))

    convs = {name: nn.Conv2d(3, 3, 1) for name in "abc"}
    return functional((6, 9, 3), build), Written(forward, **convs), IMAGE, {"main1": "a", "main2": "b", "shortcut": "c"}


def twenty_blocks_in_a_row():
    reference = keras.Sequential(
        [keras.Input((7,)), *(each for _ in range(20) for each in (keras.layers.Dense(7), keras.layers.ReLU()))]
    )
    candidate = nn.Sequential(*(each for _ in range(20) for each in (nn.Linear(7, 7), nn.ReLU())))
    return reference, candidate, VECTOR, {reference.layers[18].name: "18"}


def a_layer_called_three_times():
    shared = keras.layers.Dense(7, name="shared")
    reference = functional((7,), lambda x: shared(keras.ops.tanh(shared(keras.ops.tanh(shared(x))))))
    candidate = Written(lambda m, x: m.one(m.one(m.one(x).tanh()).tanh()), one=nn.Linear(7, 7))
    return reference, candidate, VECTOR, {"shared": "one"}


def models_in_models():
    inner = keras.Sequential([keras.layers.Dense(5, name="inner"), keras.layers.ReLU()], name="block")
    reference = functional((7,), lambda x: keras.layers.Dense(2, name="outer")(inner(x)))
    block = nn.Sequential(nn.Linear(7, 5), nn.ReLU())
    candidate = nn.Sequential(nn.ModuleDict({"block": block})["block"], nn.Linear(5, 2))
    return reference, candidate, VECTOR, {"block/inner": "0.0", "outer": "1"}


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.layers_of_mine = [keras.layers.Dense(5, activation="relu") for _ in range(2)]
        self.scale = self.add_weight(shape=(5,), name="scale", initializer="ones")

    def call(self, x):
        for layer in self.layers_of_mine:
            x = layer(x)
        return x * self.scale


def a_subclassed_model_with_an_array_of_its_own():
    candidate = Written(lambda m, x: F.relu(m.b(F.relu(m.a(x)))) * m.gain, a=nn.Linear(7, 5), b=nn.Linear(5, 5))
    candidate.gain = nn.Parameter(torch.ones(5))
    return Subclassed(), candidate, VECTOR, {"mul": "gain"}


def products_with_bare_parameters():
    candidate = Written(lambda m, x: torch.tanh(x @ m.w + m.b) @ m.v.T)
    candidate.w, candidate.b, candidate.v = (nn.Parameter(torch.randn(shape)) for shape in ((7, 5), (5,), (2, 5)))

    class Bare(keras.Model):
        def __init__(self):
            super().__init__()
            self.w, self.b, self.v = (self.add_weight(shape=shape) for shape in ((7, 5), (5,), (5, 2)))

        def call(self, x):
            return keras.ops.matmul(keras.ops.tanh(keras.ops.matmul(x, self.w) + self.b), self.v)

    return Bare(), candidate, VECTOR, {}


def dense_against_convolution_by_one():
    reference = functional((6, 9, 3), lambda x: keras.layers.Dense(4, name="mix")(x))
    return reference, Written(lambda m, x: m.mix(x), mix=nn.Conv2d(3, 4, 1)), IMAGE, {"mix": "mix"}


def one_dimension_against_two():
    entry = parity.Input("x", (9, 3), ("length", "channel"), ("channel", "length"))
    reference = functional((9, 3), lambda x: keras.layers.Conv1D(4, 3, name="conv")(x))
    candidate = Written(lambda m, x: m.conv(x.unsqueeze(3)).squeeze(3), conv=nn.Conv2d(3, 4, (3, 1)))
    return reference, candidate, entry, {"conv": "conv"}


def a_bias_folded_into_the_norm_behind_it():
    def build(x):
        y = keras.layers.Conv2D(4, 3, name="conv")(x)
        return keras.layers.ReLU()(keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name="norm")(y))

    candidate = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU())
    return functional((6, 9, 3), build), candidate, IMAGE, {"conv": "0", "norm": "1"}


def a_bias_that_the_norm_of_each_channel_takes_away():
    def build(x):
        y = keras.layers.Conv2D(4, 3, name="conv")(x)
        return keras.layers.ReLU()(keras.layers.GroupNormalization(-1, epsilon=1e-5, name="norm")(y))

    candidate = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.InstanceNorm2d(4, affine=True), nn.ReLU())
    return functional((6, 9, 3), build), candidate, IMAGE, {"conv": "0", "norm": "1"}


def norms_without_gamma_or_beta():
    def build(x):
        y = keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9, scale=False, name="norm")(x)
        return keras.layers.Dense(4, use_bias=False, name="dense")(keras.layers.Flatten()(y))

    candidate = nn.Sequential(nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(6 * 9 * 3, 4))
    return functional((6, 9, 3), build), candidate, IMAGE, {"norm": "0", "dense": "2"}


def fused(forward):
    """Queries, keys and values from three layers against one, taken apart as people do it."""

    def build(x):
        return keras.layers.MultiHeadAttention(3, 4, name="mha")(x, x)

    candidate = Written(forward, qkv=nn.Linear(12, 36), out=nn.Linear(12, 12))
    return functional((5, 12), build), candidate, parity.Input("x", (5, 12), ("length", "channel")), {}


def heads_of(x):
    return x.unflatten(-1, (3, 4)).transpose(1, 2)


def a_fused_projection_in_chunks():
    def forward(m, x):
        q, k, v = m.qkv(x).chunk(3, dim=-1)
        return m.out(F.scaled_dot_product_attention(heads_of(q), heads_of(k), heads_of(v)).transpose(1, 2).flatten(2))

    return fused(forward)


def a_fused_projection_behind_a_reshape():
    def forward(m, x):
        q, k, v = m.qkv(x).reshape(len(x), 5, 3, 3, 4).permute(2, 0, 3, 1, 4).unbind(0)
        scores = (q @ k.transpose(-2, -1)) / 2
        return m.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(len(x), 5, 12))

    return fused(forward)


def a_concatenation_of_two_flattened_branches():
    layers = keras.layers

    def build(x):
        one = layers.Flatten()(layers.Conv2D(4, 3, name="one")(x))
        two = layers.Flatten()(layers.MaxPooling2D(2)(layers.Conv2D(5, 2, name="two")(x)))
        return layers.Dense(3, name="head")(layers.Concatenate()([one, two]))

    def forward(m, x):
        return m.head(torch.cat([m.one(x).flatten(1), F.max_pool2d(m.two(x), 2).flatten(1)], 1))

    candidate = Written(forward, one=nn.Conv2d(3, 4, 3), two=nn.Conv2d(3, 5, 2), head=nn.Linear(4 * 28 + 5 * 8, 3))
    return functional((6, 9, 3), build), candidate, IMAGE, {"head": "head"}


def a_flatten_behind_an_adaptive_pool_and_a_turn():
    layers = keras.layers

    def build(x):
        y = layers.AdaptiveAveragePooling2D((2, 3))(layers.Conv2D(4, 3, name="conv")(x))
        return layers.Dense(3, name="head")(layers.Flatten()(layers.Permute((2, 1, 3))(y)))

    candidate = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d((2, 3)), nn.Flatten(), nn.Linear(24, 3))
    return functional((6, 9, 3), build), candidate, IMAGE, {"head": "3"}


def twins_that_are_one_and_the_same():
    dense = keras.layers.Dense
    reference = functional((7,), lambda x: dense(2)(dense(5, name="a")(x) + dense(5, name="b")(x)))
    candidate = Written(lambda m, x: m.o(m.a(x) + m.b(x)), b=nn.Linear(7, 5), a=nn.Linear(7, 5), o=nn.Linear(5, 2))
    return reference, candidate, VECTOR, {}


def twins_that_are_told_apart_by_function_alone():
    def build(x):
        a, b = keras.layers.Dense(5, name="a")(x), keras.layers.Dense(5, name="b")(x)
        return keras.layers.Dense(2, name="o")(keras.ops.erf(a) * b)

    def forward(m, x):
        y, z = m.b(x), m.a(x)  # a is what the reference calls b
        return m.o(y.erf().mul(z))

    candidate = Written(forward, a=nn.Linear(7, 5), b=nn.Linear(7, 5), o=nn.Linear(5, 2))
    return functional((7,), build), candidate, VECTOR, {"a": "b", "b": "a"}


def gates(x, rectify):
    """Two blocks, each with a filter, a gate and a head of its own; the heads are summed."""
    dense, heads = keras.layers.Dense, []
    for at in ("one", "two"):
        y = rectify(dense(7, name=f"{at}_filter")(x)) * keras.ops.sigmoid(dense(7, name=f"{at}_gate")(x))
        heads.append(dense(5, name=f"{at}_head")(y))
        x = dense(7, name=f"{at}_out")(y)
    return keras.ops.concatenate([keras.ops.relu(heads[0] + heads[1]), x], -1)


def test_a_fault_in_every_block_does_not_cross_the_heads_of_the_blocks():
    def forward(m, x):
        heads = []
        for at in ("one", "two"):
            y = getattr(m, f"{at}_filter")(x).sigmoid() * getattr(m, f"{at}_gate")(x).sigmoid()
            x = getattr(m, f"{at}_out")(y)
            heads.append(getattr(m, f"{at}_head")(y))
        return torch.cat([torch.relu(heads[0] + heads[1]), x], -1)

    widths = {"filter": 7, "gate": 7, "head": 5, "out": 7}
    modules = {f"{at}_{name}": nn.Linear(7, width) for at in ("one", "two") for name, width in widths.items()}
    verdict = check(functional((7,), lambda x: gates(x, keras.ops.tanh)), Written(forward, **modules))
    found = answered(verdict)
    assert {name: found[name] for name in ("one_head", "two_head")} == {"one_head": "one_head", "two_head": "two_head"}
    assert {each.cause for each in verdict.findings} == {"wrong-activation"}, str(verdict)
    assert verdict.explained


def test_twins_that_are_joined_in_the_other_order_are_answered_by_what_computes_the_same():
    """The graph tells an odd kernel from an even one only by where it stands in the concatenation."""

    def build(x):
        parts = [
            keras.layers.Conv2D(4, 3, padding="same", name="near")(x),
            keras.layers.Conv2D(4, 3, padding="same", dilation_rate=2, name="far")(x),
        ]
        return keras.layers.Conv2D(2, 1, name="last")(keras.ops.concatenate(parts, -1))

    def forward(m, x):
        return m.last(torch.cat([m.far(x), m.near(x)], 1))

    near, far = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 3, padding=2, dilation=2)
    candidate = Written(forward, near=near, far=far, last=nn.Conv2d(8, 2, 1))
    verdict = check(functional((6, 9, 3), build), candidate, IMAGE)
    assert answered(verdict) == {"near": "near", "far": "far", "concat": "cat", "last": "last"}
    assert [(each.status, each.cause, each.layer) for each in verdict.findings] == [
        ("confirmed", "layer-order", "concat")
    ]


PORTS = {
    each.__name__: each
    for each in (
        crossed_heads,
        built_in_another_order_than_called,
        branches_in_another_order,
        a_shortcut_shaped_like_the_main_path,
        twenty_blocks_in_a_row,
        a_layer_called_three_times,
        models_in_models,
        a_subclassed_model_with_an_array_of_its_own,
        products_with_bare_parameters,
        dense_against_convolution_by_one,
        one_dimension_against_two,
        a_bias_folded_into_the_norm_behind_it,
        a_bias_that_the_norm_of_each_channel_takes_away,
        norms_without_gamma_or_beta,
        a_concatenation_of_two_flattened_branches,
        a_flatten_behind_an_adaptive_pool_and_a_turn,
        a_fused_projection_in_chunks,
        a_fused_projection_behind_a_reshape,
        twins_that_are_one_and_the_same,
        twins_that_are_told_apart_by_function_alone,
    )
}


@pytest.mark.parametrize("port", PORTS)
def test_a_faithful_port_is_parity_with_each_layer_answered_by_its_own(port):
    reference, candidate, entry, expected = PORTS[port]()
    verdict = check(reference, candidate, entry)
    assert verdict.verdict == "parity", (verdict.reasons, answered(verdict))
    assert verdict.ledger.closed
    lonely = {row.match.kind for row in verdict.layers if row.status == "lonely" and not row.match.carries}
    assert lonely <= {"attention", "matmul", "divide", "softmax"}  # one call on one side, its parts on the other
    found = answered(verdict)
    assert {name: found[name] for name in expected} == expected
    assert sum(each.difference for each in verdict.ledger.balances) == (
        verdict.reference.count() - verdict.candidate.count()
    )
    assert all(each.explained for each in verdict.ledger.balances)


def test_what_a_port_adds_is_told_to_be_a_loss_the_other_way():
    reference, candidate, entry, _ = norms_without_gamma_or_beta()
    verdict = check(reference, candidate, entry)
    assert any("7 numbers that the reference has not" in note for note in verdict.notes), verdict.notes
    assert {entry.role for entry in verdict.ledger.entries if entry.use == "neutral"} == {"gamma", "bias"}


def test_a_missing_bias_that_no_norm_takes_up_is_a_divergence():
    reference = functional((7,), lambda x: keras.layers.Dense(4)(x))
    verdict = check(reference, nn.Linear(7, 4, bias=False))
    assert verdict.verdict == "divergence"
    assert [entry.use for entry in verdict.ledger.unported] == ["mismatched"]


@pytest.mark.parametrize("groups", [1, 2])
def test_a_bias_is_missed_before_a_norm_of_several_channels(groups):
    """Each channel is raised by an amount of its own, and their common mean takes only the mean of these away."""

    def build(x):
        y = keras.layers.Conv2D(4, 3, name="conv")(x)
        return keras.layers.GroupNormalization(groups, epsilon=1e-5)(y)

    candidate = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.GroupNorm(groups, 4))
    assert check(functional((6, 9, 3), build), candidate, IMAGE).verdict == "divergence"


def test_a_bias_is_missed_where_more_than_the_norm_of_each_channel_reads_it():
    def build(x):
        y = keras.layers.Conv2D(4, 3, name="conv")(x)
        return keras.layers.GroupNormalization(-1, epsilon=1e-5)(y) + y

    def forward(m, x):
        y = m.conv(x)
        return m.norm(y) + y

    candidate = Written(forward, conv=nn.Conv2d(3, 4, 3, bias=False), norm=nn.InstanceNorm2d(4, affine=True))
    assert check(functional((6, 9, 3), build), candidate, IMAGE).verdict == "divergence"


def tied(reference_ties, candidate_ties):
    class Tied(keras.Model):
        def __init__(self):
            super().__init__()
            self.emb = keras.layers.Embedding(11, 5)
            self.head = None if reference_ties else keras.layers.Dense(11, use_bias=False)

        def call(self, x):
            y = keras.ops.tanh(self.emb(x))
            return keras.ops.matmul(y, keras.ops.transpose(self.emb.embeddings)) if reference_ties else self.head(y)

    def forward(m, x):
        return m.head(m.emb(x).tanh())

    candidate = Written(forward, emb=nn.Embedding(11, 5), head=nn.Linear(5, 11, bias=False))
    if candidate_ties:
        candidate.head.weight = candidate.emb.weight
    return check(Tied(), candidate, parity.Input("x", (6,), ("length",), dtype="int32", range=(0, 10)))


@pytest.mark.parametrize("candidate_ties", [True, False])
def test_tied_weights_are_carried_once_or_to_both_copies(candidate_ties):
    verdict = tied(True, candidate_ties)
    assert verdict.verdict == "parity", verdict.reasons
    uses = [entry.use for entry in verdict.ledger.entries]
    assert uses == (["ported"] if candidate_ties else ["ported", "copied"])
    assert all(each.explained for each in verdict.ledger.balances)


def test_weights_that_only_the_candidate_ties_are_a_divergence():
    verdict = tied(False, True)
    assert verdict.verdict == "divergence"
    assert "mismatched" in [entry.use for entry in verdict.ledger.entries]


def test_a_module_in_a_plain_list_is_no_part_of_the_network_and_no_save_file_would_carry_it():
    candidate = Written(lambda m, x: m.hidden[0](x))
    candidate.hidden = [nn.Linear(7, 4)]
    verdict = check(functional((7,), lambda x: keras.layers.Dense(4)(x)), candidate)
    assert verdict.verdict == "divergence"
    assert all("does not own it" in entry.reason for entry in verdict.ledger.unported)


def test_a_layer_made_anew_in_each_call_is_never_parity():
    candidate = Written(lambda m, x: nn.Linear(7, 4)(x))
    verdict = check(functional((7,), lambda x: keras.layers.Dense(4)(x)), candidate)
    assert verdict.verdict != "parity"


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_an_extra_layer_on_one_side_is_a_divergence_that_names_it(side):
    wide = [keras.Input((7,)), keras.layers.Dense(7, name="d1"), keras.layers.Dense(7, name="d2"), keras.layers.ReLU()]
    deep = nn.Sequential(nn.Linear(7, 7), nn.Linear(7, 7), nn.ReLU())
    if side == "reference":
        deep = nn.Sequential(nn.Linear(7, 7), nn.ReLU())
    else:
        del wide[2]
    verdict = check(keras.Sequential(wide), deep)
    assert verdict.verdict == "divergence"
    lonely = [row.match for row in verdict.layers if row.status == "lonely"]
    assert [(each.reference is None, each.kind) for each in lonely] == [(side == "candidate", "dense")]
    assert sum(each.difference for each in verdict.ledger.balances) == (
        verdict.reference.count() - verdict.candidate.count()
    )


def test_gates_in_another_order_under_one_name_are_never_mixed_up():
    """A GRU's thirds stand in another order in each framework; the law is tested on the arrays themselves."""
    layer, module = keras.layers.GRU(3), nn.GRU(4, 3, batch_first=True)
    layer.build((None, 6, 4))
    parity.port(
        keras.Sequential([keras.Input((6, 4)), layer]),
        Written(lambda m, x: m.gru(x)[1][0], gru=module),
        {"x": np.zeros((2, 6, 4), np.float32)},
    )
    update, reset, new = np.split(layer.cell.kernel.numpy(), 3, axis=1)
    mine = np.concatenate([reset, update, new], axis=1).T
    assert np.array_equal(module.weight_ih_l0.detach().numpy(), mine)


@pytest.mark.parametrize(
    ("layer", "module", "words"),
    [
        (lambda: keras.layers.GRU(5, reset_after=False), nn.GRU, "no weights make it a GRU with reset_after=False"),
        (lambda: keras.layers.LSTM(5, recurrent_activation="hard_sigmoid"), nn.LSTM, "nn.LSTM knows sigmoid alone"),
        (lambda: keras.layers.SimpleRNN(5, activation="sigmoid"), nn.RNN, "nn.RNN knows tanh and relu alone"),
    ],
)
def test_a_recurrent_layer_that_the_other_framework_has_not_is_a_divergence_with_the_reason(layer, module, words):
    entry = parity.Input("x", (6, 4), ("length", "channel"))
    candidate = Written(lambda m, x: m.rnn(x)[0][:, -1], rnn=module(4, 5, batch_first=True))
    verdict = check(functional((6, 4), lambda x: layer()(x)), candidate, entry)
    assert verdict.verdict == "divergence"
    assert words in " ".join(verdict.reasons)


class KerasLoop(keras.Model):
    """A cell called step by step."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def call(self, x):
        states = [keras.ops.zeros((x.shape[0], 5)) for _ in range(len(self.cell.state_size))]
        for step in range(x.shape[1]):
            y, states = self.cell(x[:, step], states)
        return y


def torch_loop(m, x):
    state = torch.zeros(len(x), 5), torch.zeros(len(x), 5)
    for step in range(x.shape[1]):
        state = m.cell(x[:, step], state)
    return state[0]


@pytest.mark.parametrize("whole", ["neither", "reference", "candidate"])
def test_a_cell_in_a_loop_answers_a_cell_in_a_loop_and_the_layer_that_makes_the_same_steps(whole):
    entry = parity.Input("x", (4, 3), ("length", "channel"))
    reference = functional((4, 3), lambda x: keras.layers.LSTM(5)(x))
    candidate = Written(torch_loop, cell=nn.LSTMCell(3, 5))
    if whole != "reference":
        reference = KerasLoop(keras.layers.LSTMCell(5))
    if whole == "candidate":
        candidate = Written(lambda m, x: m.rnn(x)[0][:, -1], rnn=nn.LSTM(3, 5, batch_first=True))
    verdict = check(reference, candidate, entry)
    assert verdict.verdict == "parity", verdict.reasons
    assert verdict.ledger.closed


@pytest.mark.parametrize("changed", ["whole", "part"])
def test_what_was_joined_and_changed_in_place_is_not_taken_for_its_parts(changed):
    """The doubling is a layer of both networks, and no part of what was concatenated."""

    def build(x):
        a, b = keras.layers.Dense(4, name="a")(x), keras.layers.Dense(4, name="b")(x)
        return keras.layers.Dense(3, name="c")(keras.ops.exp(a) if changed == "whole" else a) + keras.ops.sum(b)

    def forward(m, x):
        a, b = m.a(x), m.b(x)
        both = torch.cat([a, b], 1)
        (both if changed == "whole" else a).exp_()
        first, _ = both.chunk(2, 1)
        return m.c(first) + b.sum()

    candidate = Written(forward, a=nn.Linear(7, 4), b=nn.Linear(7, 4), c=nn.Linear(4, 3))
    verdict = check(functional((7,), build), candidate)
    assert not [output for output in verdict.outputs if not output.agrees]
    assert "exp" in {layer.kind for layer in verdict.candidate.layers} or changed == "part"
    last = verdict.candidate.layer(answered(verdict)["c"])
    assert last.inputs[0] not in ("a", "b")  # it reads a piece of the concatenation, changed or as it was


class Masked(keras.Model):
    """Steps that a mask leaves out, inside a wrapper that is otherwise run at once."""

    def __init__(self):
        super().__init__()
        self.steps = keras.layers.TimeDistributed(keras.layers.LSTM(4))

    def call(self, x):
        return self.steps(x, mask=keras.ops.any(keras.ops.abs(x) > 0.9, axis=-1))


def test_a_mask_inside_a_wrapper_is_not_lost_where_the_port_has_none():
    entry = parity.Input("x", (3, 5, 3), ("time", "length", "channel"))
    candidate = Written(
        lambda m, x: m.rnn(x.flatten(0, 1))[0][:, -1].unflatten(0, x.shape[:2]), rnn=nn.LSTM(3, 4, batch_first=True)
    )
    assert check(Masked(), candidate, entry).verdict == "divergence"


@pytest.mark.parametrize("options", [{}, {"zero_output_for_mask": True}, {"go_backwards": True}])
def test_a_mask_that_a_recurrent_layer_reads_is_a_divergence_where_the_port_has_none(options):
    def build(x):
        return keras.layers.LSTM(4, **options)(keras.layers.Embedding(5, 3, mask_zero=True)(x))

    def forward(m, x):
        y = m.emb(x)
        return m.rnn(y.flip(1) if options.get("go_backwards") else y)[0][:, -1]

    entry = parity.Input("x", (6,), ("length",), dtype="int32", range=(0, 4))
    x = keras.Input((6,), dtype="int32")
    candidate = Written(forward, emb=nn.Embedding(5, 3), rnn=nn.LSTM(3, 4, batch_first=True))
    verdict = check(keras.Model(x, build(x)), candidate, entry)
    assert verdict.verdict == "divergence"
    assert not [reason for reason in verdict.reasons if "by itself" in reason]


def test_which_branch_stands_first_in_a_sum_says_nothing_of_which_it_is():
    """Three branches that only their dilations tell apart, in a port where each reads what the first one reads."""
    sequence = parity.Input("x", (13, 7), ("length", "channel"), ("channel", "length"))
    conv = keras.layers.Conv1D

    def build(x):
        given = []
        for rate in (1, 2, 3):
            x = keras.ops.tanh(conv(7, 3, dilation_rate=rate, padding="same", name=f"level{rate}")(x))
            given.append(conv(5, 1, name=f"give{rate}")(x))
        return keras.layers.Add()(given)

    def forward(m, x):
        one, two, three = (give(level(x).tanh()) for level, give in ((m.a, m.d), (m.b, m.e), (m.c, m.f)))
        return one + two + three

    modules = {
        name: nn.Conv1d(7, 7, 3, dilation=rate, padding=rate) for name, rate in zip("abc", (1, 2, 3), strict=True)
    }
    verdict = check(
        functional((13, 7), build),
        Written(forward, **modules, **{name: nn.Conv1d(7, 5, 1) for name in "def"}),
        sequence,
    )
    assert verdict.verdict == "divergence"
    answers = {"level1": "a", "level2": "b", "level3": "c", "give1": "d", "give2": "e", "give3": "f"}
    assert answered(verdict).items() >= answers.items()
