"""`parity.check`, `check_init` and `port`: live objects, in the caller's own process, through the same line."""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from parity.build import build, builds, drawn, framework_of, live
from parity.case import Case, Expectation, Input, SideSpec, not_free
from parity.errors import NotPorted, UsageError
from parity.fresh.check import BUILDS, Draw, check_builds, drawn_alike
from parity.fresh.result import Initialisation
from parity.line import Options, examine
from parity.nouns import Array, Ledger, Probe, Side
from parity.pairing.match import match
from parity.port import account
from parity.port import port as carried
from parity.probes import LARGE, alone, battery, for_candidate, given
from parity.run import in_turn
from parity.sizes import PARITIES, resized
from parity.verdict import Verdict

_PLACES = {2: "channel", 3: "length channel", 4: "height width channel", 5: "depth height width channel"}


def check(
    reference: Any,
    candidate: Any,
    inputs: Array | Mapping[str, Array] | Sequence[Input],
    *,
    candidate_axes: Mapping[str, str] | None = None,
    free: Mapping[str, str] | None = None,
    weights: str = "probe",
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
    batch: int = 8,
    onnx: bool = False,
) -> Verdict:
    """Compare two live networks: Keras models, modules of bare TensorFlow, PyTorch modules (either is the reference).

    Args:
        reference, candidate: models, or callables without arguments that build them.
        inputs: one batch, or several by input name, in the reference's axes, batch first, on which and near
            which both run (floats also enlarged and negative, which shows caps and slopes); or `Input`s to
            draw `batch` samples from with `seed`. Without an `Input`, axes are called by their number
            (three: `batch length channel`), in the reference's order. A float64 array is taken as float32,
            NumPy's default against that of both frameworks; for networks in float64, give `Input`s.
        candidate_axes: for each input that the candidate takes in another order, its axes without the
            batch, by the names of the reference's: `{"image": "channel height width"}`.
        free: for each array, the axes that may have other sizes too, at which both run then, all of them odd and
            all of them even: `{"image": "height width"}`. Where nothing is said, what is None in the input shapes
            of a live Keras reference; `{}` for none.
        weights: "probe" compares on random weights in which nothing is at a default; "built" also on those
            that the reference holds; "as-is" compares only on those that each of the two holds, and carries
            none, so that parity then means parity on these weights. Both models have their own again afterwards.
        rtol, atol: what is allowed, `atol + rtol * scale of the reference`; derived where both are None.
        onnx: also run the Keras or TensorFlow side through ONNX as third reference.

    Raises:
        UsageError: an argument does not fit. OutlineError: a network cannot be outlined.
        Whatever the models themselves raise passes through.
    """
    _validate(weights, rtol, atol, seed, batch, candidate_axes, free)
    sides = _living(reference, candidate)
    declared = _declared(inputs, candidate_axes or {})
    declared = _freed(declared, inputs, reference) if free is None else _said(declared, inputs, free)
    probes = _probes(inputs, declared, batch, seed)
    specs = [SideSpec(framework, "live:object", Path()) for framework, _ in sides]
    case = Case("live", "live objects", Path(), specs[0], specs[1], declared, weights=weights, expect=Expectation())
    options = Options(seed=seed, batch=batch, rtol=rtol, atol=atol, onnx=onnx, weights=weights)
    (_, mine), (_, yours) = sides
    with _restored(mine, yours):
        # A network may make its weights when it first runs: those are to be given back too.
        mine.outline(probes[0])
        yours.outline(for_candidate(probes[0], declared))
        with _restored(mine, yours):
            return examine(case, mine, yours, probes, options, in_turn, _onnx_here if onnx else None)


def check_init(
    reference: Callable[[], Any],
    candidate: Callable[[], Any],
    inputs: Array | Mapping[str, Array] | Sequence[Input],
    *,
    candidate_axes: Mapping[str, str] | None = None,
    seed: int = 0,
    times: int = BUILDS,
) -> Initialisation:
    """Tell whether two networks draw their fresh weights from the same distributions, layer by layer.

    Args:
        reference, candidate: callables without arguments that build a Keras model or a torch.nn.Module; each is
            called `times` times and once more, under seeds that are made of `seed`. The frameworks' own seeds,
            those of `random` and of NumPy included, are left where the last build put them.
        inputs, candidate_axes: as `check` takes them; one batch is run to see which layer is which.

    Raises:
        UsageError: an argument does not fit. OutlineError: a network cannot be outlined, or is another one when
            it is built again. Whatever the callables themselves raise passes through.
    """
    _validate("probe", None, None, seed, 1, candidate_axes, None)
    check_builds(times)
    for name, thing in (("reference", reference), ("candidate", candidate)):
        if not builds(thing):
            raise UsageError(
                f"{name} is {type(thing).__name__}; expected a callable without arguments that builds the model anew, "
                "since a live one is drawn already"
            )
    (one, mine), (other, yours) = _living(reference, candidate)
    declared = _declared(inputs, candidate_axes or {})
    probe = _probes(inputs, declared, 8, seed)[0]
    specs = [SideSpec(framework, "live:object", Path()) for framework in (one, other)]
    case = Case("live", "live objects", Path(), specs[0], specs[1], declared)
    draws = _drawing(one, mine, reference), _drawing(other, yours, candidate)
    return drawn_alike(case, (mine, yours), draws, probe, Options(seed=seed), in_turn, times)


def _drawing(framework: str, side: Side, make: Callable[[], Any]) -> Draw:
    """How builds of a callable are seen in this process."""
    return lambda wanted, seeds, probe: drawn(framework, side, make, wanted, seeds, probe)


def port(
    reference: Any,
    candidate: Any,
    inputs: Array | Mapping[str, Array] | Sequence[Input],
    *,
    candidate_axes: Mapping[str, str] | None = None,
) -> Ledger:
    """Carry the weights of a live model into another one, in place, and return the account of every array.

    Args:
        reference: the model whose weights are carried, or a callable that builds it. It stays as it is.
        candidate: the model that takes them. Arrays that inference never reads stay its own.
        inputs, candidate_axes: as `check` takes them; one batch is run to see which layer is which.

    Raises:
        NotPorted: an array of either model has no partner, or another shape there. The candidate is as it was.
        UsageError: an argument does not fit. OutlineError: a network cannot be outlined.

    Whether both then compute the same is another question: `check(..., weights="as-is")`.
    """
    _validate("probe", None, None, 0, 1, candidate_axes, None)
    if framework_of(candidate) is None:
        raise UsageError(
            f"candidate is {type(candidate).__name__}; expected a live Keras model, tf.Module or torch.nn.Module, "
            "to be changed"
        )
    (_, mine), (_, yours) = _living(reference, candidate)
    declared = _declared(inputs, candidate_axes or {})
    probe = _probes(inputs, declared, 8, 0)[0]
    with _restored(mine, yours):  # a network may change some of its buffers as it runs
        outlines = mine.outline(probe), yours.outline(for_candidate(probe, declared))
    matches = match(*outlines)
    ledger = account(*outlines, matches)
    entries = [entry for entry in ledger.entries if entry.carried]
    if not ledger.closed or not entries:
        raise NotPorted(_gaps(ledger) or "nothing was carried: no layer of the candidate answers one of the reference")
    yours.load(carried(mine.weights(), matches))
    return ledger


def _gaps(ledger: Ledger) -> str:
    """What could not be carried, and why."""
    if ledger.closed:
        return ""
    lines = [f"  {each.reference or each.candidate}: {each.reason}" for each in ledger.unported]
    return "\n".join([f"{len(lines)} arrays could not be carried, and the candidate is as it was", *lines])


def _living(*things: Any) -> list[tuple[str, Any]]:
    """Live models as sides, each with its framework."""
    if "tensorflow" not in sys.modules and importlib.util.find_spec("torch"):
        importlib.import_module("torch")  # a CUDA build of torch must come before TensorFlow, or a crash follows
    return [live(each) for each in things]


def _probes(inputs: Any, declared: tuple[Input, ...], batch: int, seed: int) -> tuple[Probe, ...]:
    """What both run on: the arrays that were given and others near them, or what is drawn as declared."""
    if isinstance(inputs, Mapping | np.ndarray):
        arrays = {each.name: array for each, array in zip(declared, _arrays(inputs), strict=True)}
        return _around(given(arrays, declared), declared)
    return battery(declared, batch, seed)


def _validate(
    weights: str,
    rtol: float | None,
    atol: float | None,
    seed: int,
    batch: int,
    candidate_axes: Mapping[str, str] | None,
    free: Mapping[str, str] | None,
) -> None:
    if weights not in ("probe", "built", "as-is"):
        raise UsageError(f"weights = {weights!r}; expected 'probe', 'built' or 'as-is'")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value is not None and not 0 <= value < math.inf:
            raise UsageError(f"{name} = {value!r}; expected a finite number that is not negative")
    if seed < 0 or batch < 1:
        raise UsageError(f"seed = {seed!r}, batch = {batch!r}; expected a seed from 0 on and at least one sample")
    for name, axes in (("candidate_axes", candidate_axes), ("free", free)):
        if isinstance(axes, str):
            raise UsageError(f"{name} = {axes!r}; expected axes by input name, as in {{'image': {axes!r}}}")


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
    return [_narrowed(each) for each in (inputs.values() if isinstance(inputs, Mapping) else [inputs])]


def _narrowed(array: Array) -> Array:
    """The array in the precision in which both sides run first: float64 is only NumPy's default."""
    found = np.asarray(array)
    return found.astype(np.float32) if found.dtype == np.float64 else found


def _around(whole: Probe, inputs: Sequence[Input]) -> tuple[Probe, ...]:
    """The given batch, enlarged and negative where it is of floats, at other sizes, and its first sample alone."""
    floats = {name for name, array in whole.arrays.items() if array.dtype.kind == "f"}

    def changed(name: str, change: Callable[[Array], Array]) -> Probe:
        arrays = {each: change(array) if each in floats else array for each, array in whole.arrays.items()}
        return given(arrays, inputs, name)

    others = [probe for name in PARITIES if (probe := resized(whole, name, inputs))]
    if not floats:
        return (whole, *others, *alone(whole))
    large, negative = changed("large", lambda array: array * LARGE), changed("negative", lambda array: -np.abs(array))
    return (whole, large, negative, *others, *alone(whole))


def _declared(inputs: Any, candidate_axes: Mapping[str, str]) -> tuple[Input, ...]:
    if isinstance(inputs, Mapping) and inputs:
        named = dict(inputs)
    elif isinstance(inputs, np.ndarray):
        named = {"x": inputs}
    elif isinstance(inputs, Sequence) and inputs and all(isinstance(each, Input) for each in inputs):
        if candidate_axes:
            raise UsageError("candidate_axes goes with arrays; a parity.Input says its own candidate_axes")
        for each in inputs:
            _check_free(each)
        return tuple(inputs)
    else:
        raise UsageError(
            f"inputs is {type(inputs).__name__}; expected an array, arrays by name, or a list of parity.Input"
        )
    if unknown := set(candidate_axes) - set(named):
        raise UsageError(f"candidate_axes names {', '.join(sorted(unknown))}; the inputs are {', '.join(named)}")
    return tuple(_input(name, _narrowed(array), candidate_axes.get(name)) for name, array in named.items())


def _freed(declared: tuple[Input, ...], inputs: Any, reference: Any) -> tuple[Input, ...]:
    """Arrays declare no free axes: those are that a Keras reference leaves open, by a None in its input's shape."""
    if not isinstance(inputs, Mapping | np.ndarray) or framework_of(reference) != "keras":
        return declared
    shapes: list[Any] = []
    with suppress(AttributeError, ValueError):  # a model that declares no inputs, or is not built yet
        shapes = [each.shape[1:] for each in reference.inputs]
    if len(shapes) != len(declared):
        return declared
    return tuple(
        replace(each, free=tuple(axis for axis, size in zip(each.axes, shape, strict=False) if size is None))
        for each, shape in zip(declared, shapes, strict=True)
    )


def _said(declared: tuple[Input, ...], inputs: Any, free: Mapping[str, str]) -> tuple[Input, ...]:
    """The inputs with the axes that the caller leaves free."""
    if free and not isinstance(inputs, Mapping | np.ndarray):
        raise UsageError("free goes with arrays; a parity.Input says its own free axes")
    if unknown := set(free) - {each.name for each in declared}:
        names = ", ".join(each.name for each in declared)
        raise UsageError(f"free names {', '.join(sorted(unknown))}; the inputs are {names}")
    said = tuple(replace(each, free=tuple(free[each.name].split())) if each.name in free else each for each in declared)
    for each in said:
        _check_free(each)
    return said


def _check_free(each: Input) -> None:
    if wrong := not_free(each.free, each.axes):
        raise UsageError(f"input {each.name!r}, free = {' '.join(each.free)!r}: {wrong}")


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
