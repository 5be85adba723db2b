"""Recurrent layers: batch and time, directions, cells; and means over steps that are masked."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.faults.code import Code, keyword_of
from benchmarks.faults.planted import Planted

LAYERS = ("LSTM", "GRU", "RNN")


def time_first(code: Code) -> Iterator[Planted]:
    for call in code.calls(*LAYERS, "MultiheadAttention"):
        if keyword_of(call, "batch_first") is not None:
            yield Planted(("batch-first",), "batch_first left out", (code.without_keyword(call, "batch_first"),))


def last_step(code: Code) -> Iterator[Planted]:
    """The last step of the output for the last states of both directions."""
    for call in code.calls("cat"):
        if code.of(call) == "torch.cat([state[0], state[1]], 1)":
            before = next(
                each for body in code.statements() for each in body if code.of(each).startswith("_, state = ")
            )
            edits = (
                code.replaced(before, code.of(before).replace("_, state = ", "steps_too, _ = ")),
                code.replaced(call, "steps_too[:, -1]"),
            )
            yield Planted(("bidirectional-last",), "the last step", edits)
            swapped = code.replaced(call, "torch.cat([state[1], state[0]], 1)")
            yield Planted(("layer-order",), "directions exchanged", (swapped,))


def unflipped(code: Code) -> Iterator[Planted]:
    for call in code.calls("flip"):
        yield Planted(("go-backwards", "axis-not-remapped"), "not turned round", (code.without_call(call),))


def cell(code: Code) -> Iterator[Planted]:
    for call in code.calls("RNN"):
        if keyword_of(call, "nonlinearity") is not None:
            yield Planted(("recurrent-activation",), "tanh", (code.without_keyword(call, "nonlinearity"),))


def padded(code: Code) -> Iterator[Planted]:
    for body in code.statements():
        for each in body:
            if code.of(each).startswith("meaning = (meaning * known)"):
                yield Planted(
                    ("masked-gap",), "masked steps in the mean", (code.replaced(each, "meaning = meaning.mean(1)"),)
                )


PLANTERS = (time_first, last_step, unflipped, cell, padded)
