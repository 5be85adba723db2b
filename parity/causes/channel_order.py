"""Channels in another order.

What it is: the outputs, or the inputs, of a layer are the reference's in another order. A depth-to-space reads its
channels as (row column channel) in TensorFlow and as (channel row column) in PyTorch, so that the convolution before
it is carried in another order on purpose, or by mistake; BGR for RGB reorders the first layer's inputs; a pair that
was swapped, two.
How it shows: no shape or count differs. The layer gives the right maps in wrong places, and what reads them is
right by itself.
How to mend: carry the arrays in the order of the reference, or reorder all that read them too.
Example: a convolution before `nn.PixelShuffle(2)`, its outputs reordered for a network that shuffles as TensorFlow.
Source: the documentation of `tf.nn.depth_to_space` and `torch.nn.PixelShuffle`; tensorflow/tensorflow#53291.
"""

from collections.abc import Iterator

import numpy as np

from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import carrying
from parity.nouns import Array
from parity.own_weights import alike

_AXES = {"kernel": (("output", -1), ("input", -2)), "table": (("channel", -1), ("index", -2))}
_FEW = 64
_SHOWN = 8


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    wanted, own = evidence.apart[role]
    if wanted.shape != own.shape or evidence.kind in ("gru", "lstm", "simple_rnn"):
        return
    for name, axis in _AXES.get(role, (("channel", -1),)):
        if wanted.ndim + axis < 0 or wanted.ndim == 0:
            continue
        order = _order(wanted, own, axis)
        if order is not None and alike(own, np.take(wanted, order, axis)):
            plain = _few(range(len(order)))
            what = {"output": "outputs", "input": "inputs", "index": "rows"}.get(name, "channels")
            yield Guise(
                f"the reference's with its {what} {_told(order)}", (plain, _few(order)), carrying(evidence, role)
            )
            return


def _order(wanted: Array, own: Array, axis: int) -> Array | None:
    """Which slice of the reference's each of the candidate's is; None where that is not one to one."""
    one, other = (_sums(np.moveaxis(each, axis, 0)) for each in (wanted, own))
    ranks = np.argsort(one, kind="stable"), np.argsort(other, kind="stable")
    gaps = np.diff(one[ranks[0]])
    if len(one) < 2 or not np.isfinite(one).all() or gaps.min() <= 1e-9 * np.abs(one).max():
        return None  # slices that are equal may be exchanged at will
    order = np.empty(len(one), np.intp)
    order[ranks[1]] = ranks[0]
    return order


def _sums(slices: Array) -> Array:
    """One number for each slice, in which two slices hardly ever agree: a weighted sum of some of its elements."""
    size = slices[0].size
    some = np.linspace(0, size - 1, min(size, _FEW)).astype(np.intp)
    few = np.stack([np.asarray(each).flat[some] for each in slices]).astype(np.float64)
    return np.asarray(few @ np.random.default_rng(0).uniform(1, 2, few.shape[1]))


def _told(order: Array) -> str:
    count = len(order)
    moved = np.flatnonzero(order != np.arange(count))
    if len(moved) == 2:
        return f"{moved[0]} and {moved[1]} exchanged"
    if np.array_equal(order, np.arange(count)[::-1]):
        return "in the reverse order"
    for rows in range(2, count // 2 + 1):
        if count % rows == 0 and np.array_equal(order, np.arange(count).reshape(rows, -1).T.ravel()):
            return f"in another order: {rows}×{count // rows}, transposed"
    return f"in the order {_few(order)}"


def _few(order: object) -> str:
    numbers = [str(int(each)) for each in order]  # type: ignore[attr-defined]
    return " ".join(numbers[:_SHOWN]) + (" …" if len(numbers) > _SHOWN else "")


CAUSE = of_arrays(_guises, 3)
