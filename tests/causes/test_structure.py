"""Skips, axes, factors, and calls that change what is read afterwards."""

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

# -- skips ------------------------------------------------------------------------------------------


def block(join):
    """Four dense layers with a skip around the third, `join`ed."""

    def build(x):
        before = L.Dense(6, name="before")(x)
        after = L.Dense(6, name="after")(L.Dense(6, activation="relu", name="inside")(before))
        return L.Dense(4)(join(after, before))

    return model(VECTORS, build)


def add(after, before):
    return L.Add(name="sum")([after, before])


def ported(join):
    """The same in PyTorch; `join` takes what comes behind, before, and from the middle."""

    def forward(net, x):
        before = net.before(x)
        inside = net.inside(before).relu()
        return net.last(join(net.after(inside), before, inside))

    widths = {"before": (11, 6), "inside": (6, 6), "after": (6, 6), "last": (6, 4)}
    return Net(forward, **{name: nn.Linear(*width) for name, width in widths.items()})


def test_a_skip_that_the_port_forgot():
    finding = confirmed(block(add), ported(lambda after, before, inside: after), VECTORS, "skip", "sum")
    assert (finding.reference_value, finding.candidate_value) == ("before", "none")


def test_a_skip_that_the_port_takes_from_elsewhere():
    finding = confirmed(block(add), ported(lambda after, before, inside: after + inside), VECTORS, "skip", "sum")
    assert (finding.reference_value, finding.candidate_value) == ("before", "relu")
    confirmed(block(add), ported(lambda after, before, inside: inside + after), VECTORS, "skip", "sum")


def test_a_skip_that_the_port_alone_has():
    reference = block(lambda after, before: after)
    confirmed(reference, ported(lambda after, before, inside: after + before), VECTORS, "skip", "add")
    confirmed(reference, ported(lambda after, before, inside: before + after), VECTORS, "skip", "add")


@pytest.mark.parametrize(
    ("join", "values"),
    [
        (lambda one, two, three: one + three, ("sum", "two/tanh", "none")),
        (lambda one, two, three: one + three + one, ("sum", "two/tanh", "relu")),
        (lambda one, two, three: one + two + three + three, ("add:3", "none", "sigmoid")),
    ],
    ids=["lacks one", "takes one twice", "one too many"],
)
def test_a_sum_of_three_with_other_operands(join, values):
    def build(x):
        kinds = (("one", "relu"), ("two", "tanh"), ("three", "sigmoid"))
        parts = [L.Dense(6, activation=kind, name=name)(x) for name, kind in kinds]
        return L.Dense(4)(L.Concatenate()([L.Add(name="sum")(parts), *parts]))

    def forward(net, x):
        parts = net.one(x).relu(), net.two(x).tanh(), net.three(x).sigmoid()
        return net.last(torch.cat([join(*parts), *parts], 1))

    modules = {name: nn.Linear(11, 6) for name in ("one", "two", "three")}
    candidate = Net(forward, **modules, last=nn.Linear(24, 4))
    finding = confirmed(model(VECTORS, build), candidate, VECTORS, "skip", values[0])
    assert (finding.reference_value, finding.candidate_value) == values[1:]


def test_a_skip_is_turned_as_it_is_read():
    """What is added is computed with time first, and is read with the batch first."""

    def build(x):
        y = L.MultiHeadAttention(1, 5, name="attend")(x, x)
        return L.Dense(4)(L.LayerNormalization(epsilon=1e-5)(L.Add(name="sum")([x, y])))

    modules = {
        "attend": nn.MultiheadAttention(5, 1, batch_first=True),
        "norm": nn.LayerNorm(5),
        "last": nn.Linear(5, 4),
    }
    forgot = Net(lambda net, x: net.last(net.norm(net.attend(x, x, x)[0])), **modules)
    confirmed(model(SEQUENCES, build), forgot, SEQUENCES, "skip", "sum")


def with_a_shortcut(x):
    """A block whose skip goes through a layer of its own."""
    inside = L.Dense(6, activation="relu", name="inside")(x)
    summed = L.Add(name="sum")([L.Dense(6, name="after")(inside), L.Dense(6, name="short")(x)])
    return L.Dense(4)(L.Activation("tanh")(summed))


@pytest.mark.parametrize(
    "join", [lambda after, inside: after, lambda after, inside: after + inside], ids=["left out", "from elsewhere"]
)
def test_a_skip_that_the_port_does_not_compute_is_proved_with_the_references_values(join):
    def forward(net, x):
        inside = net.inside(x).relu()
        return net.last(join(net.after(inside), inside).tanh())

    widths = {"inside": (11, 6), "after": (6, 6), "short": (11, 6), "last": (6, 4)}
    candidate = Net(forward, **{name: nn.Linear(*width) for name, width in widths.items()})
    finding = confirmed(model(VECTORS, with_a_shortcut), candidate, VECTORS, "skip", "sum")
    assert finding.reference_value == "short"


def test_one_skip_after_the_other_that_the_port_does_not_add():
    """Each block reads what the first one read, so that of each sum the skip is all that is lacking."""

    def build(x):
        x, given = L.Dense(6, name="enter")(x), []
        for number in (1, 2):
            y = L.Dense(6, activation="tanh", name=f"block{number}")(x)
            given.append(L.Dense(5, name=f"give{number}")(y))
            x = L.Add(name=f"sum{number}")([x, L.Dense(6, name=f"out{number}")(y)])
        return L.Dense(4)(L.Concatenate()([L.Add()(given), x]))

    def forward(net, x):
        x, given = net.enter(x), []
        for block, give in ((net.block1, net.give1), (net.block2, net.give2)):
            given.append(give(block(x).tanh()))
        return net.last(torch.cat([given[0] + given[1], x], 1))

    widths = {"enter": (11, 6), "block1": (6, 6), "block2": (6, 6), "out1": (6, 6), "out2": (6, 6)}
    widths |= {"give1": (6, 5), "give2": (6, 5), "last": (11, 4)}
    verdict = check(
        model(VECTORS, build), Net(forward, **{name: nn.Linear(*width) for name, width in widths.items()}), VECTORS
    )
    told = [(each.cause, each.status, each.layer, each.reference_value) for each in verdict.findings]
    assert told == [("skip", "confirmed", "sum1", "out1"), ("skip", "confirmed", "sum2", "out2")], str(verdict)
    assert verdict.explained


def test_a_skip_over_a_padded_layer_is_added_before_the_padding():
    def build(x):
        first = L.Conv2D(4, 3, padding="same", name="first")(x)
        summed = L.Add(name="sum")([first, L.Conv2D(4, 1, name="short")(x)])
        return L.Conv2D(2, 3, padding="same")(summed)

    modules = {"first": nn.Conv2d(3, 4, 3, padding=1), "short": nn.Conv2d(3, 4, 1), "last": nn.Conv2d(4, 2, 3)}
    forgot = Net(lambda net, x: net.last(F.pad(net.first(x), (1, 1, 1, 1))), **modules)
    confirmed(model(IMAGES, build), forgot, IMAGES, "skip", "sum", turned=True)


def test_a_skip_that_a_keras_candidate_forgot():
    reference = ported(lambda after, before, inside: after + before)
    named(reference, block(lambda after, before: after), VECTORS, "skip")


def test_a_gate_that_the_port_forgot():
    reference = block(lambda after, before: L.Multiply(name="gate")([after, before]))
    confirmed(reference, ported(lambda after, before, inside: after), VECTORS, "skip", "gate")


def test_a_skip_of_the_input_at_the_end_of_the_network():
    reference = model(VECTORS, lambda x: L.Add(name="sum")([L.Dense(11)(x), x]))
    confirmed(reference, nn.Sequential(nn.Linear(11, 11)), VECTORS, "skip", "sum")


def test_operands_of_a_sum_in_either_order_are_parity():
    parity_is_told(block(add), ported(lambda after, before, inside: before + after), VECTORS)


# -- in place ---------------------------------------------------------------------------------------


def rectified_first():
    """A block that reads its input through a relu, and adds what it read."""

    def build(x):
        before = L.Dense(6)(x)
        return L.Dense(4)(L.Add(name="sum")([L.Dense(6)(L.ReLU()(before)), before]))

    return model(VECTORS, build)


def ported_first(rectify):
    def forward(net, x):
        before = net.before(x)
        return net.last(net.inside(rectify(before)) + before)

    return Net(forward, before=nn.Linear(11, 6), inside=nn.Linear(6, 6), last=nn.Linear(6, 4))


@pytest.mark.parametrize(
    "rectify",
    [lambda x: F.relu(x, inplace=True), lambda x: x.relu_(), nn.ReLU(inplace=True)],
    ids=["flag", "underscore", "module"],
)
def test_a_relu_in_place_before_a_skip(rectify):
    finding = confirmed(rectified_first(), ported_first(rectify), VECTORS, "inplace-relu", "sum")
    assert finding.reference_value == "unchanged"


def test_a_relu_in_place_that_nothing_reads_around_is_parity():
    reference = stack(VECTORS, L.Dense(6, activation="relu"), L.Dense(4))
    parity_is_told(reference, nn.Sequential(nn.Linear(11, 6), nn.ReLU(inplace=True), nn.Linear(6, 4)), VECTORS)


def test_a_skip_that_is_rectified_on_purpose_is_no_call_in_place():
    candidate = Net(
        lambda s, x: (lambda y: s.c(s.b(y) + y))(F.relu(s.a(x))),
        a=nn.Linear(11, 6),
        b=nn.Linear(6, 6),
        c=nn.Linear(6, 4),
    )
    assert findings(rectified_first(), candidate, VECTORS) == [("confirmed", "skip")]


# -- calls ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [lambda x: x, torch.sigmoid], ids=["alone", "with another fault at the end"])
def test_a_layer_that_is_called_in_the_place_of_another(end):
    """Both calls share one module's arrays, which only one of them can hold: the other one differs."""

    def build(x):
        return L.Dense(4)(L.Dense(6, name="two")(L.Dense(6, activation="relu", name="one")(L.Dense(6)(x))))

    def forward(net, x):
        return end(net.last(net.one(net.one(net.first(x)).relu())))

    widths = {"first": (11, 6), "one": (6, 6), "two": (6, 6), "last": (6, 4)}
    candidate = Net(forward, **{name: nn.Linear(*width) for name, width in widths.items()})
    verdict = check(model(VECTORS, build), candidate, VECTORS)
    told = [(each.status, each.cause) for each in verdict.findings]
    behind = [] if end(torch.ones(())) == 1 else [("confirmed", "softmax-or-logits")]
    assert told == [("stated", "called-again"), *behind], str(verdict)
    assert (verdict.findings[0].sentence) == (
        "one is called again here, and two, which has arrays of these sizes, is never called"
    )
    assert verdict.explained
    assert verdict.lent == ("one", "two")


def test_a_norm_that_is_called_in_the_place_of_another():
    """A norm of PyTorch's also counts its batches, which no layer of Keras's answers."""

    def build(x):
        for name in ("one", "two"):
            x = L.BatchNormalization(epsilon=1e-5, name=name)(L.Conv2D(4, 3)(x))
        return x

    modules = {"a": nn.Conv2d(3, 4, 3), "b": nn.Conv2d(4, 4, 3), "one": nn.BatchNorm2d(4), "two": nn.BatchNorm2d(4)}
    candidate = Net(lambda net, x: net.one(net.b(net.one(net.a(x)))), **modules)
    assert findings(model(IMAGES, build), candidate, IMAGES, turned=True) == [("stated", "called-again")]


def test_a_layer_that_both_call_twice_is_parity():
    shared = L.Dense(6, name="one")
    reference = model(VECTORS, lambda x: L.Dense(4)(shared(shared(L.Dense(6)(x)))))
    widths = {"first": (11, 6), "one": (6, 6), "last": (6, 4)}
    modules = {name: nn.Linear(*width) for name, width in widths.items()}
    parity_is_told(reference, Net(lambda net, x: net.last(net.one(net.one(net.first(x)))), **modules), VECTORS)


# -- axes -------------------------------------------------------------------------------------------


def summed(x, how):
    """Three branches whose sum, rectified, stands beside the first."""
    parts = [L.Dense(6, name=name)(x) for name in ("one", "two", "three")]
    return L.Dense(4)(L.Concatenate(name="join")([ops.relu(how(parts)), parts[0]]))


@pytest.mark.parametrize("how", [L.Add(), L.Multiply()], ids=["sum", "product"])
@pytest.mark.parametrize("read", ["two", "three"])
def test_a_concatenation_of_one_branch_for_the_sum_of_all_is_proved_by_computing_that(how, read):
    def forward(net, x):
        parts = {name: getattr(net, name)(x) for name in ("one", "two", "three")}
        return net.last(torch.cat([parts[read], parts["one"]], 1))

    modules = {name: nn.Linear(11, 6) for name in ("one", "two", "three")}
    candidate = Net(forward, **modules, last=nn.Linear(12, 4))
    told = check(model(VECTORS, lambda x: summed(x, how)), candidate, VECTORS)
    (finding,) = told.findings
    assert (finding.cause, finding.layer, finding.status) == ("wrong-operand", "join", "confirmed"), str(told)
    assert finding.before > 1e-3 > 1e-9 > finding.after
    assert told.explained


def test_a_softmax_along_another_axis():
    reference = stack(IMAGES, L.Conv2D(4, 3), L.Softmax(name="softmax"), L.Conv2D(2, 1))
    candidate = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Softmax(-1), nn.Conv2d(4, 2, 1))
    confirmed(reference, candidate, IMAGES, "axis-not-remapped", "softmax", turned=True)


def test_a_concatenation_along_another_axis():
    reference = model(SEQUENCES, lambda x: L.Flatten()(L.Concatenate(name="both")([L.Dense(6)(x), L.Dense(6)(x)])))
    candidate = Net(lambda s, x: torch.cat([s.a(x), s.b(x)], 1).flatten(1), a=nn.Linear(5, 6), b=nn.Linear(5, 6))
    confirmed(reference, candidate, SEQUENCES, "axis-not-remapped", "both")


def test_a_mean_over_another_axis():
    reference = stack(SEQUENCES, L.Conv1D(5, 3), L.GlobalAveragePooling1D(name="mean"), L.Dense(4))
    candidate = Net(lambda s, x: s.b(s.a(x).mean(1)), a=nn.Conv1d(5, 5, 3), b=nn.Linear(5, 4))
    confirmed(reference, candidate, SEQUENCES, "axis-not-remapped", "mean", turned=True)


@pytest.mark.parametrize(
    ("function", "other"),
    [
        (lambda x: ops.cumsum(x, 1), lambda x: x.cumsum(-1)),
        (lambda x: ops.flip(x, 1), lambda x: x.flip(-1)),
    ],
    ids=["cumsum", "flip"],
)
def test_a_function_along_another_axis(function, other):
    reference = model(SEQUENCES, lambda x: L.Dense(4)(function(L.Dense(6)(x))))
    candidate = Net(lambda s, x: s.b(other(s.a(x))), a=nn.Linear(5, 6), b=nn.Linear(6, 4))
    assert findings(reference, candidate, SEQUENCES) == [("confirmed", "axis-not-remapped")]


def test_a_keras_candidate_along_another_axis():
    candidate = model(SEQUENCES, lambda x: L.Dense(4)(L.Softmax(axis=1)(L.Dense(6)(x))))
    named(nn.Sequential(nn.Linear(5, 6), nn.Softmax(-1), nn.Linear(6, 4)), candidate, SEQUENCES, "axis-not-remapped")


def test_axes_that_are_the_same_under_other_numbers_are_parity():
    reference = stack(IMAGES, L.Conv2D(4, 3), L.Softmax(), L.Conv2D(2, 1))
    candidate = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Softmax(1), nn.Conv2d(4, 2, 1))
    parity_is_told(reference, candidate, IMAGES, turned=True)


# -- factors ----------------------------------------------------------------------------------------


def convolved(function):
    return Net(lambda s, x: s.a(function(x)), a=nn.Conv2d(3, 4, 3))


@pytest.mark.parametrize(
    ("layer", "function", "values"),
    [
        (L.Rescaling(1 / 255), lambda x: x, ("times 1/255", "nothing")),
        (L.Rescaling(1 / 127.5, -1), lambda x: x, ("times 1/127.5, minus 1", "nothing")),
        (L.Rescaling(1 / 127.5, -1), lambda x: x / 255, ("times 1/127.5, minus 1", "times 1/255")),
    ],
    ids=["scaled", "shifted", "otherwise"],
)
def test_an_input_that_is_scaled_inside_the_reference(layer, function, values):
    layer = type(layer).from_config({**layer.get_config(), "name": "scaling"})
    reference = stack(IMAGES, layer, L.Conv2D(4, 3))
    (finding,) = [
        confirmed(reference, convolved(function), IMAGES, "rescale-inside", each.layer, turned=True)
        for each in _told(reference, convolved(function))
    ]
    assert (finding.reference_value, finding.candidate_value) == values


def _told(reference, candidate):
    from told import check

    return check(reference, candidate, IMAGES, turned=True).findings


def test_an_input_that_is_scaled_inside_the_candidate():
    confirmed(stack(IMAGES, L.Conv2D(4, 3)), convolved(lambda x: x / 255), IMAGES, "rescale-inside", "div", turned=True)


def test_an_input_that_is_scaled_in_other_words_is_parity():
    reference = stack(IMAGES, L.Rescaling(1 / 127.5, -1), L.Conv2D(4, 3))
    parity_is_told(reference, convolved(lambda x: x / 127.5 - 1), IMAGES, turned=True)


def test_an_input_that_is_scaled_behind_padding_is_padded_with_what_is_scaled():
    reference = stack(IMAGES, L.Rescaling(1.0, 3.0), L.ZeroPadding2D(1), L.Conv2D(4, 3))
    candidate = convolved(lambda x: F.pad(x, (1, 1, 1, 1)))
    assert findings(reference, candidate, IMAGES, turned=True) == [("confirmed", "rescale-inside")]


def test_a_branch_that_is_scaled():
    reference = block(lambda after, before: L.Add(name="sum")([after * 0.2, before]))
    told = findings(reference, ported(lambda after, before, inside: after + before), VECTORS)
    assert told == [("confirmed", "scaling")]
    told = findings(reference, ported(lambda after, before, inside: after * 0.3 + before), VECTORS)
    assert told == [("confirmed", "scaling")]


def test_a_candidate_that_scales_what_the_reference_does_not():
    told = findings(block(add), ported(lambda after, before, inside: 0.5 * after + before), VECTORS)
    assert told == [("confirmed", "scaling")]


def test_an_input_that_is_normalised_by_arrays_is_suspected_and_not_proved():
    reference = stack(IMAGES, L.Normalization(mean=[0.4, 0.5, 0.6], variance=[0.1, 0.2, 0.3]), L.Conv2D(4, 3))
    told = findings(reference, convolved(lambda x: x), IMAGES, turned=True)
    assert ("suspected", "rescale-inside") in told
    assert not [cause for status, cause in told if status == "confirmed"]
