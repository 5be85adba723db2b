"""The ledger enters every array of both sides once, and carries what it calls ported and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from parity.balance import summed
from parity.nouns import Layer, Match, Outline, Parameter
from parity.port import account, folds, merged, port


def held(role, shape=(3,), **flags):
    return Parameter(role, f"native/{role}", shape, **flags)


def layer(name, *parameters, **more):
    return Layer(name, "dense", (), (), (), parameters=parameters, **more)


def of_kind(kind, name, *parameters):
    return replace(layer(name, *parameters), kind=kind)


def outlined(*layers, unread=()):
    return Outline("keras", {}, (), layers, {}, unread)


def accounted(matches, unread=((), ())):
    sides = [[getattr(match, side) for match in matches if getattr(match, side)] for side in ("reference", "candidate")]
    outlines = [outlined(*layers, unread=rest) for layers, rest in zip(sides, unread, strict=True)]
    return account(*outlines, matches)


def named(outline_side, ledger):
    return [name for entry in ledger.entries if (name := getattr(entry, outline_side))]


def test_weights_go_under_the_candidate_s_name_bit_for_bit_and_nothing_is_added():
    kernel, bias = np.random.default_rng(0).normal(size=(5, 3)), np.array([np.nan, -0.0, 1e-45], np.float32)
    match = Match(layer("a", held("kernel", (5, 3)), held("bias")), layer("b", held("bias"), held("kernel", (5, 3))))
    ported = port({"a": {"kernel": kernel, "bias": bias}, "elsewhere": {"bias": bias}}, (match,))
    assert set(ported) == {"b"}
    assert {role: array.tobytes() for role, array in ported["b"].items()} == {
        "kernel": kernel.tobytes(),
        "bias": bias.tobytes(),
    }


OBSTACLES = {
    "another shape": (held("kernel", (5, 3)), held("kernel", (3, 5)), "mismatched", r"(5, 3) against (3, 5)"),
    "not owned by the candidate": (held("bias"), held("bias", registered=False), "mismatched", "candidate reads it"),
    "not owned by the reference": (held("bias", registered=False), held("bias"), "mismatched", "reference reads it"),
    "no rule for the candidate's": (held("bias"), held("bias", portable=False), "unknown", "array of the candidate"),
    "no rule for the reference's": (held("bias", portable=False), held("bias"), "unknown", "array of the reference"),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_an_array_that_cannot_be_carried_is_entered_with_the_reason_and_stays_behind(obstacle):
    mine, yours, use, words = OBSTACLES[obstacle]
    match = Match(layer("a", mine), layer("b", yours))
    ledger = accounted([match])
    (entry,) = ledger.entries
    assert (entry.use, entry.reference, entry.candidate) == (use, mine.name, yours.name)
    assert words in entry.reason
    assert not ledger.closed
    assert port({"a": {mine.role: np.ones(mine.shape)}}, (match,)) == {}


def test_a_role_that_only_the_reference_holds_is_mismatched():
    both, bias = held("kernel"), held("bias")
    ledger = accounted([Match(layer("a", both, bias), layer("b", both))])
    assert [(entry.role, entry.use) for entry in ledger.entries] == [("kernel", "ported"), ("bias", "mismatched")]
    assert "the candidate's layer holds no bias" in ledger.entries[1].reason


def test_a_bias_that_only_the_candidate_holds_is_set_to_zero_and_told_to_be_a_loss_the_other_way():
    both, bias = held("kernel"), held("bias")
    match = Match(layer("a", both), layer("b", both, bias))
    (_, entry) = accounted([match]).entries
    assert (entry.use, entry.reference, entry.candidate) == ("neutral", "", "native/bias")
    assert "cannot be carried back" in entry.reason
    kernel = np.ones(3, np.float32)
    assert port({"a": {"kernel": kernel}}, (match,))["b"]["bias"].tolist() == [0, 0, 0]


def test_a_role_without_a_neutral_value_is_mismatched_where_only_the_candidate_holds_it():
    ledger = accounted([Match(layer("a", held("kernel")), layer("b", held("kernel"), held("table")))])
    assert [entry.use for entry in ledger.entries] == ["ported", "mismatched"]


def test_two_recurrent_biases_are_added_where_the_candidate_keeps_one_and_closed_in_the_balance():
    one = replace(layer("a", held("bias"), held("recurrent_bias")), kind="lstm")
    other = replace(layer("b", held("bias")), kind="lstm")
    weights = {"a": {"bias": np.float32([1, 2, 3]), "recurrent_bias": np.float32([10, 20, 30])}}
    match = Match(one, other)
    assert port(weights, (match,))["b"]["bias"].tolist() == [11, 22, 33]
    ledger = accounted([match])
    assert [entry.use for entry in ledger.entries] == ["summed", "summed"]
    assert [(each.difference, each.explained) for each in ledger.balances] == [(3, True)]


def test_a_bias_is_taken_from_the_mean_of_the_norm_behind_it():
    conv = Match(layer("a", held("bias")), layer("b"), folds="norm")
    mean = replace(held("mean"), trainable=False)
    norm = Match(replace(layer("norm", mean), kind="batch_norm"), replace(layer("other", mean), kind="batch_norm"))
    weights = {"a": {"bias": np.float32([1, 2, 3])}, "norm": {"mean": np.float32([10, 20, 30])}}
    assert port(weights, (conv, norm)) == {"other": {"mean": pytest.approx([9, 18, 27])}}
    assert [entry.use for entry in accounted([conv, norm]).entries] == ["folded", "folded"]
    assert folds((conv, norm)) == {"a": "bias"}


def test_what_the_reference_ties_is_copied_to_both_arrays_of_the_candidate():
    table = Parameter("table", "emb/table", (5, 3))
    head = replace(layer("head", borrowed=(Parameter("kernel", "emb/table", (3, 5)),)), shares="emb")
    matches = (
        Match(
            replace(layer("emb", table), kind="embedding"), replace(layer("e", held("table", (5, 3))), kind="embedding")
        ),
        Match(head, layer("h", held("kernel", (3, 5)))),
    )
    weights = {"emb": {"table": np.arange(15.0).reshape(5, 3)}, "head": {"kernel": np.arange(15.0).reshape(5, 3).T}}
    ported = port(weights, matches)
    assert np.array_equal(ported["h"]["kernel"], ported["e"]["table"].T)
    assert [entry.use for entry in accounted(matches).entries] == ["ported", "copied"]


def test_what_only_the_candidate_ties_cannot_hold_two_arrays_of_the_reference():
    table = Parameter("table", "emb.weight", (5, 3))
    head = replace(layer("h", borrowed=(Parameter("kernel", "emb.weight", (3, 5)),)), shares="e")
    matches = (
        Match(
            replace(layer("emb", held("table", (5, 3))), kind="embedding"), replace(layer("e", table), kind="embedding")
        ),
        Match(layer("head", held("kernel", (3, 5))), head),
    )
    assert [entry.use for entry in accounted(matches).entries] == ["ported", "mismatched"]


def test_a_dense_kernel_goes_into_a_convolution_by_one_element_in_its_own_shape():
    match = Match(layer("a", held("kernel", (5, 3))), replace(layer("b", held("kernel", (1, 1, 5, 3))), kind="conv"))
    ported = port({"a": {"kernel": np.arange(15.0).reshape(5, 3)}}, (match,))
    assert ported["b"]["kernel"].shape == (1, 1, 5, 3)


def test_a_layer_without_an_answer_is_mismatched_with_every_array_it_holds():
    ledger = accounted([Match(layer("a", held("kernel"), held("bias")), None), Match(None, layer("b", held("gamma")))])
    assert [(e.layer, e.role, e.use) for e in ledger.entries] == [
        ("a", "kernel", "mismatched"),
        ("a", "bias", "mismatched"),
        ("b", "gamma", "mismatched"),
    ]


def test_a_layer_without_an_answer_is_only_unknown_where_the_other_side_holds_layers_that_no_rule_knows():
    odd = layer("odd", held("table", portable=False), known=False)
    ledger = accounted([Match(layer("a", held("kernel")), None), Match(None, odd)])
    assert {entry.use for entry in ledger.entries} == {"unknown"}


def test_what_no_layer_reads_is_unread_and_counters_are_bookkeeping():
    ledger = accounted(
        [Match(layer("a", held("kernel")), layer("b", held("kernel")))],
        ([held("spare", (7,))], [held("num_batches_tracked", (), portable=False, counted=False)]),
    )
    assert [(e.role, e.use, e.size) for e in ledger.entries] == [
        ("kernel", "ported", 3),
        ("spare", "unread", 7),
        ("num_batches_tracked", "bookkeeping", 1),
    ]
    assert [entry.role for entry in ledger.unported] == ["spare"]


def test_every_array_of_both_sides_is_entered_exactly_once_and_the_balances_add_up_to_the_totals():
    sides = [
        [
            layer("one", replace(held("kernel", (5, 3)), name=f"{side}.1k"), replace(held("bias"), name=f"{side}.1b")),
            layer("two", replace(held("gamma", (4,)), name=f"{side}.2g")),
            layer("three", replace(held("kernel", (2, size)), name=f"{side}.3k")),
        ]
        for side, size in (("r", 2), ("c", 9))
    ]
    (r1, r2, r3), (c1, c2, c3) = sides
    unread = ([replace(held("spare", (11,)), name="r.s")], [replace(held("extra", (13,)), name="c.e")])
    matches = [Match(r1, c1), Match(r2, None), Match(None, c2), Match(r3, c3)]
    reference, candidate = outlined(r1, r2, r3, unread=tuple(unread[0])), outlined(c1, c2, c3, unread=tuple(unread[1]))
    ledger = account(reference, candidate, matches)
    assert sorted(named("reference", ledger)) == sorted(each.name for each in reference.parameters())
    assert sorted(named("candidate", ledger)) == sorted(each.name for each in candidate.parameters())
    assert sum(each.difference for each in ledger.balances) == reference.count() - candidate.count()
    assert sum(each.reference_count for each in ledger.balances) == reference.count()


def test_a_difference_in_counting_is_explained_where_one_side_keeps_buffers():
    mean = held("mean", (250,))
    match = Match(layer("bn", mean), layer("norm", replace(mean, counted=False)))
    (balance,) = accounted([match]).balances
    assert (balance.difference, balance.explained) == (250, True)
    assert "250 mean: the candidate keeps them as buffers" in balance.explanation


def test_the_difference_of_the_totals_is_told_as_the_sum_of_its_reasons():
    def norm(size: int, counted: bool = True) -> tuple[Parameter, ...]:
        return tuple(replace(held(role, (size,)), counted=counted) for role in ("mean", "variance"))

    conv = Match(layer("conv", held("kernel"), held("bias", (7,))), layer("c", held("kernel")))
    norms = [
        Match(layer(name, *norm(size)), layer(name[0], *norm(size, False))) for name, size in (("n", 16), ("m", 4))
    ]
    other = Match(layer("a", held("kernel", (5, 3))), layer("b", held("kernel", (5, 4))))
    alone = Match(None, layer("x", held("kernel", (9, 9))))
    buffers = "40 mean and variance (the candidate keeps them as buffers)"
    assert summed(accounted([conv, *norms]).balances) == f"47 = 7 bias (only in the reference) + {buffers}"
    assert summed(accounted(norms).balances) == buffers
    assert summed(accounted([*norms, other, alone]).balances) == (
        f"−46 = {buffers} − 5 kernel (of another size) − 81 (no layer answers it on the other side)"
    )
    assert summed(accounted([other]).balances) == "−5 kernel (of another size)"
    assert summed(accounted([Match(layer("a", held("kernel")), layer("b", held("kernel")))]).balances) == "0"


def test_a_difference_in_size_is_not_explained_away():
    match = Match(layer("a", held("kernel", (5, 3))), layer("b", held("kernel", (5, 4))))
    (balance,) = accounted([match]).balances
    assert (balance.difference, balance.explained) == (-5, False)
    assert "15 against 20" in balance.explanation


def test_a_layer_that_shares_its_arrays_has_none_to_enter():
    first = Match(layer("a", held("kernel")), layer("b", held("kernel")))
    again = Match(layer("a:2", shares="a"), layer("b:2", shares="b"))
    ledger = accounted([first, again])
    assert [entry.layer for entry in ledger.entries] == ["a"]
    assert set(port({"a": {"kernel": np.ones(3)}}, (first, again))) == {"b"}


def test_weights_laid_over_others_replace_them_role_by_role():
    under = {"a": {"kernel": 1, "bias": 2}, "b": {"gamma": 3}}
    assert merged(under, {"a": {"bias": 20}, "c": {"beta": 4}}) == {
        "a": {"kernel": 1, "bias": 20},
        "b": {"gamma": 3},
        "c": {"beta": 4},
    }
    assert under["a"]["bias"] == 2


def test_a_layer_called_again_in_the_place_of_another_keeps_the_arrays_of_its_own_pair():
    """The reference may list first what the candidate computes by a second call of a layer that answers another one."""
    kernel = held("kernel", (5, 3))
    own = layer("own", kernel)
    again = replace(layer("own:2", borrowed=(kernel,)), shares="own")
    ours = [layer(name, replace(kernel, name=f"{name}/kernel")) for name in ("first", "second")]
    matches = (Match(ours[0], again), Match(ours[1], own))
    weights = {name: {"kernel": np.full((5, 3), at, np.float32)} for at, name in enumerate(("first", "second"))}
    ported = port(weights, matches)
    assert list(ported) == ["own"]
    assert np.array_equal(ported["own"]["kernel"], weights["second"]["kernel"])
    assert {entry.layer: entry.use for entry in accounted(list(matches)).entries} == {
        "first": "mismatched",
        "second": "ported",
    }
