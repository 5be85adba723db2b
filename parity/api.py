"""`parity.check(reference, candidate, inputs)`: live objects, in the caller's own process, through the same line."""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from parity.build import build, live
from parity.case import Case, Expectation, Input, SideSpec
from parity.errors import UsageError
from parity.line import Options, examine
from parity.nouns import Array, Side
from parity.probes import alone, battery, for_candidate, given
from parity.run import in_turn
from parity.verdict import Verdict

_PLACES = {2: "channel", 3: "length channel", 4: "height width channel", 5: "depth height width channel"}


def check(
    reference: Any,
    candidate: Any,
    inputs: Array | Mapping[str, Array] | Sequence[Input],
    *,
    candidate_axes: Mapping[str, str] | None = None,
    weights: str = "probe",
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
    batch: int = 4,
    onnx: bool = False,
) -> Verdict:
    """Compare a live Keras model with a live PyTorch module (either may be the reference).

    Args:
        reference, candidate: models, or callables without arguments that build them.
        inputs: one batch, or several by input name, in the reference's axes, batch first; or `Input`s to
            draw `batch` samples from with `seed`. Without an `Input`, axes are called by their number
            (three: `batch length channel`), in the reference's order.
        candidate_axes: for each input that the candidate takes in another order, its axes without the
            batch, by the names of the reference's: `{"image": "channel height width"}`.
        weights: "probe" compares on random weights in which nothing is at a default; "built" on those
            that the reference holds. Both models have their own weights again afterwards.
        rtol, atol: what is allowed, `atol + rtol * scale of the reference`; derived where both are None.
        onnx: also run the Keras side through ONNX as third reference.

    Raises:
        UsageError: an argument does not fit. OutlineError: a network cannot be outlined.
        Whatever the models themselves raise passes through.
    """
    _validate(weights, rtol, atol, seed, batch, candidate_axes)
    if "tensorflow" not in sys.modules and importlib.util.find_spec("torch"):
        importlib.import_module("torch")  # a CUDA build of torch must come before TensorFlow, or a crash follows
    sides = [live(each) for each in (reference, candidate)]
    declared = _declared(inputs, candidate_axes or {})
    if isinstance(inputs, Mapping | np.ndarray):
        whole = given({each.name: array for each, array in zip(declared, _arrays(inputs), strict=True)}, declared)
        probes = (whole, *alone(whole))
    else:
        probes = battery(declared, batch, seed)
    specs = [SideSpec(framework, "live:object", Path()) for framework, _ in sides]
    case = Case("live", "live objects", Path(), specs[0], specs[1], declared, weights=weights, expect=Expectation())
    options = Options(seed=seed, batch=batch, rtol=rtol, atol=atol, onnx=onnx, weights=weights)
    (_, mine), (_, yours) = sides
    # A network may make its weights when it first runs, and what is to be restored must be there before.
    mine.outline(probes[0])
    yours.outline(for_candidate(probes[0], declared))
    with _restored(mine, yours):
        return examine(case, mine, yours, probes, options, in_turn, _onnx_here if onnx else None)


def _validate(
    weights: str,
    rtol: float | None,
    atol: float | None,
    seed: int,
    batch: int,
    candidate_axes: Mapping[str, str] | None,
) -> None:
    if weights not in ("probe", "built"):
        raise UsageError(f"weights = {weights!r}; expected 'probe' or 'built'")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value is not None and not 0 <= value < math.inf:
            raise UsageError(f"{name} = {value!r}; expected a finite number that is not negative")
    if seed < 0 or batch < 1:
        raise UsageError(f"seed = {seed!r}, batch = {batch!r}; expected a seed from 0 on and at least one sample")
    if isinstance(candidate_axes, str):
        raise UsageError(
            f"candidate_axes = {candidate_axes!r}; expected axes by input name, as in {{'image': {candidate_axes!r}}}"
        )


@contextmanager
def _restored(*sides: Any) -> Iterator[None]:
    """Give both models their own weights back, whatever happens."""
    kept = [side.snapshot() for side in sides]
    try:
        yield
    finally:
        for side, snapshot in zip(sides, kept, strict=True):
            side.restore(snapshot)


@contextmanager
def _onnx_here(file: Path) -> Iterator[Side]:
    yield build(SideSpec("onnx", str(file), file.parent))


def _arrays(inputs: Array | Mapping[str, Array]) -> list[Array]:
    return [np.asarray(each) for each in (inputs.values() if isinstance(inputs, Mapping) else [inputs])]


def _declared(inputs: Any, candidate_axes: Mapping[str, str]) -> tuple[Input, ...]:
    if isinstance(inputs, Mapping) and inputs:
        named = dict(inputs)
    elif isinstance(inputs, np.ndarray):
        named = {"x": inputs}
    elif isinstance(inputs, Sequence) and inputs and all(isinstance(each, Input) for each in inputs):
        if candidate_axes:
            raise UsageError("candidate_axes goes with arrays; a parity.Input says its own candidate_axes")
        return tuple(inputs)
    else:
        raise UsageError(
            f"inputs is {type(inputs).__name__}; expected an array, arrays by name, or a list of parity.Input"
        )
    if unknown := set(candidate_axes) - set(named):
        raise UsageError(f"candidate_axes names {', '.join(sorted(unknown))}; the inputs are {', '.join(named)}")
    return tuple(_input(name, np.asarray(array), candidate_axes.get(name)) for name, array in named.items())


def _input(name: str, array: Array, other: str | None) -> Input:
    if array.ndim == 0 or not array.size:
        raise UsageError(f"input {name!r} has the shape {array.shape}; expected at least one sample, batch first")
    names = _PLACES.get(array.ndim, " ".join(f"axis{i}" for i in range(1, array.ndim))).split()
    order = None
    if other is not None:
        order = tuple(other.split())
        if sorted(order) != sorted(names):
            raise UsageError(
                f"candidate_axes[{name!r}] = {other!r}; expected {' '.join(names)!r} in the candidate's order"
            )
    return Input(name, tuple(array.shape[1:]), tuple(names), order, str(array.dtype))
