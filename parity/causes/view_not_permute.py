"""Another shape given to numbers whose axes should be moved, or axes moved into a wrong order.

What it is: `view` and `reshape` count the numbers as they lie and move none. A map that lies (height width channel)
and is viewed as (channel height width) is a map of other pixels; heads that are merged without being transposed back
behind the steps mix the steps; `transpose(1, 3)` brings the channels to the front, and exchanges height and width.
How it shows: no shape or count differs where the sizes allow it. All is wrong from the first layer that reads it.
How to mend: `x.permute(0, 3, 1, 2)`; in Keras `Permute((3, 1, 2))`, and of heads `x.transpose(1, 2)` first.
Example: `images.view(-1, 3, 224, 224)` of a batch that lies (224, 224, 3).
Source: the documentation of `Tensor.view`; Selen-Suyue/DensePolicy2D#3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from parity.axes import Axes, permuted, reshaped, shape_of, text
from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.mending.mend import Mend
from parity.nouns import Amendment, Layer, Move

_MOST = 6
"""Axes of which every order is tried."""


@dataclass(frozen=True)
class _Way:
    """What moves the axes to where they are wanted: `shaped` before they are put in this order, or `then` behind."""

    order: tuple[int, ...]
    gives: Axes
    shaped: tuple[int, ...] = ()
    then: tuple[int, ...] = ()


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not evidence.paired or evidence.candidate.carries:
        return
    for mine, yours in zip(evidence.reference.inputs, evidence.candidate.inputs, strict=False):
        passed: list[Layer] = []
        for layer in _carriers(evidence, yours):
            axes = evidence.network.axes_at(layer.inputs[0], 1)
            way = _way(layer, axes, evidence.network.axes_at(mine, 0))
            if way is not None and _undone(layer, passed, axes):
                break
            if way is not None:
                yield _suspicion(evidence, layer, axes, way, passed)
                break
            passed.append(layer)


def _suspicion(evidence: Evidence, layer: Layer, axes: Axes, way: _Way, passed: Sequence[Layer]) -> Suspicion:
    moves = [Move("transpose", {"order": way.order})]
    if way.shaped:
        moves.insert(0, Move("reshape", {"shape": (-1, *way.shaped)}))
    if way.then:
        moves.append(Move("reshape", {"shape": (-1, *way.then)}))
    wanted = text(way.gives)
    moved = f"moves the axes ({text(axes)}) to ({text(layer.axes)})"
    took = f"takes ({text(axes)}) for ({wanted}) and moves no number"
    rows = [evidence.network.rows[1][each.name].match.name for each in (*passed, layer)]
    return Suspicion(
        f"reads what {layer.name} gives, which {moved if layer.kind == 'permute' else took}",
        (wanted, text(layer.axes) if layer.kind == "permute" else "as it lies"),
        (Amendment(layer.name, instead=tuple(moves)),),
        _mend(evidence, layer, way),
        places=(evidence.network.stands_at(layer), evidence.reference.place),
        covers=frozenset(rows),
    )


def _carriers(evidence: Evidence, name: str) -> Iterator[Layer]:
    """What moves the numbers that a layer of the candidate's reads under this name, the last one first."""
    layers = evidence.network.layers[1]
    here = layers.get(name)
    while here is not None and here.carries and here.inputs:
        yield here
        here = layers.get(here.inputs[0])


def _way(layer: Layer, axes: Axes, read: Axes) -> _Way | None:
    """How the axes are moved to what the reference reads; None where nothing is wrong here, or it cannot be told."""
    lost = [any(axis.lost for axis in each) for each in (axes, layer.axes, read)]
    whole = len(axes) > 1 and str(axes[0]) == str(layer.axes[0]) == "batch" and axes[0].size == layer.axes[0].size
    if lost[0] or lost[2] or not read or not whole or max(len(axes), len(layer.axes)) > _MOST:
        return None  # where the reference loses them too, it means to
    if layer.kind == "permute":
        return None if lost[1] else _reordered(layer, axes, read)
    if layer.kind != "reshape" or not lost[1]:
        return None
    ways = [*_moved_first(axes, layer.shape), *_shaped_first(axes, layer.shape)]
    return min(ways, key=lambda way: _turns(way.order), default=None)


def _undone(layer: Layer, passed: Sequence[Layer], axes: Axes) -> bool:
    """Whether what stands behind gives the numbers a shape in which they lie as before: then no axis is mistaken."""
    if not passed or any(each.kind != "reshape" for each in (layer, *passed)):
        return False
    return not any(axis.lost for axis in reshaped(axes, passed[0].shape))


def _reordered(layer: Layer, axes: Axes, read: Axes) -> _Way | None:
    """The order in which the reference's axes of space stand, where the candidate moves the channels past them."""
    here, there = _space(layer.axes), _space(read)
    if here == there or sorted(here) != sorted(there) or len(set(here)) != len(here):
        return None
    names, left = [str(axis) for axis in axes], list(there)
    wanted = [left.pop(0) if str(axis) in there else str(axis) for axis in layer.axes]
    if sorted(wanted) != sorted(names) or len(set(names)) != len(names):
        return None
    order = tuple(names.index(each) for each in wanted)
    return _Way(order, permuted(axes, order))


def _space(axes: Axes) -> list[str]:
    return [str(axis) for axis in axes if str(axis) not in ("batch", "channel")]


def _moved_first(axes: Axes, shape: Sequence[int]) -> Iterator[_Way]:
    """Orders of the axes in which they are to be moved before they are given this shape."""
    for rest in permutations(range(1, len(axes))):
        order = (0, *rest)
        moved = permuted(axes, order)
        gives = reshaped(moved, shape)
        if _turns(order) and not any(axis.lost for axis in gives):
            yield _Way(order, gives, then=() if shape_of(moved) == tuple(shape) else tuple(shape[1:]))


def _shaped_first(axes: Axes, shape: Sequence[int]) -> Iterator[_Way]:
    """Orders in which they are to be moved behind another shape, so that they have this one."""
    for rest in permutations(range(1, len(shape))):
        order = (0, *rest)  # where each axis of this shape stands before
        first = [0] * len(shape)
        for at, place in enumerate(order):
            first[place] = shape[at]
        split = reshaped(axes, first)
        if _turns(order) and len(shape) > len(axes) and not any(axis.lost for axis in split):
            yield _Way(order, permuted(split, order), shaped=tuple(first[1:]))


def _turns(order: Sequence[int]) -> int:
    """How many pairs stand the other way round: of several orders that fit, the one that moves least is meant."""
    return sum(one > other for one, other in combinations(order, 2))


def _mend(evidence: Evidence, layer: Layer, way: _Way) -> Mend | None:
    """The call that moves them; a shape that is given before or behind it stays as it is written."""
    torch = evidence.network.candidate_framework == "torch"
    if layer.made_of or (way.then and not torch):
        return None
    turned = [at for at, place in enumerate(way.order) if at != place]
    swap = len(turned) == 2 and not way.shaped
    call = f"transpose({turned[0]}, {turned[1]})" if swap else f"permute({', '.join(map(str, way.order))})"
    if way.then:
        return evidence.mend_call(layer, feed=f"{{}}.{call}")
    if torch:
        shaped = f".reshape({', '.join(map(str, (-1, *way.shaped)))})" if way.shaped else ""
        return evidence.mend_call(layer, replace=f"{{}}{shaped}.{call}")
    dims = tuple(way.order[1:])
    return None if way.shaped else evidence.mend_call(layer, replace=f"keras.layers.Permute({dims})({{}})")


CAUSE = Cause(_suspect)
