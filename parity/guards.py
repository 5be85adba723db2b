"""What makes a comparison say nothing, though every number may agree: each is a doubt, and forbids parity.

Two networks that are random, that depend on the company a sample is in, that hold no trace of their input, or
whose layers read only zeros, may agree or differ by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from parity.compare import MARGIN, NARROWER, distance
from parity.nouns import Array, Matches, Outline, Runs, Trace, Weights

SIDES = ("reference", "candidate")
REPEATED = 2.0**-12
"""Two float32 runs may differ by this share of the scale: threads add up in changing order, and depth amplifies."""
REPEATED_WIDE = 2.0**-34
"""The same in float64, where the share of rounding is smaller by 2^-29."""


def repeats(first: tuple[Trace, Trace], again: tuple[Trace, Trace]) -> Iterator[str]:
    """Each side gives the same on the same inputs, in inference mode."""
    for side, one, other in zip(SIDES, first, again, strict=True):
        for name, array in one.steps.items():
            if name not in other.steps or (
                array.dtype.kind == "f" and _far(*_without_common_nan(array, other.steps[name]))
            ):
                yield f"the {side} is not deterministic in inference mode, beginning at {name}"
                break


def faithful(
    watched: tuple[Trace, Trace], themselves: tuple[Mapping[str, Array], Mapping[str, Array]]
) -> Iterator[str]:
    """Each side gives by itself what it gives while it is watched, in parts where a call holds several layers."""
    for side, trace, outputs in zip(SIDES, watched, themselves, strict=True):
        for name, array in trace.outputs.items():
            if name not in outputs:
                if array.ndim:  # a plain number is no tensor, and compared as it is
                    yield f"{name} of the {side} is not given where the network runs by itself"
            elif _far(*_without_common_nan(array, outputs[name])):
                yield f"{name} of the {side}, seen layer by layer, is not what the network gives by itself"


def alone(whole: Runs, single: Runs) -> Iterator[str]:
    """A sample gives the same by itself as among others; asked in float64 where it is to be had."""
    wide = whole.twins is not None and single.twins is not None
    batches = whole.twins if wide and whole.twins else (whole.reference, whole.candidate)
    singles = single.twins if wide and single.twins else (single.reference, single.candidate)
    plain = whole.reference, whole.candidate
    for side, batch, one, narrow in zip(SIDES, batches, singles, plain, strict=True):
        for name, array in batch.outputs.items():
            sample = one.outputs.get(name)
            if sample is None or array.ndim == 0 or array[:1].shape != sample.shape:
                continue
            if array.dtype.kind != "f":
                continue
            # A network that makes much of rounding in float32 does so in float64 too, in proportion.
            rounding = MARGIN * NARROWER * distance(narrow.outputs[name], array) if wide else 0.0
            if _far(array[:1], sample, REPEATED_WIDE if wide else REPEATED, rounding):
                yield f"{name} of the {side} depends on the other samples of its batch"


def still(trace: Trace) -> dict[str, bytes]:
    """The outputs that are the same for every sample of a batch, with what they are."""
    return {
        name: (array[:1] + 0).tobytes()  # a negative zero is a zero
        for name, array in trace.outputs.items()
        if array.ndim and len(array) and bool(np.all(array == array[:1]))
    }


def silent(trace: Trace) -> frozenset[str]:
    """The layers that give nothing but zeros."""
    return frozenset(name for name, array in trace.steps.items() if not np.any(array))


def lives(batches: Sequence[Mapping[str, bytes]]) -> Iterator[str]:
    """Each output changes with the input: two samples of a probe, or of two probes of one size, give other values."""
    for name in sorted(set.intersection(*(set(each) for each in batches))):
        given = {each[name] for each in batches}
        if len(given) > len({len(values) for values in given}):
            continue
        yield f"{name} of the reference is the same for every sample: it shows nothing of the layers before it"


def reads_something(outline: Outline, always_silent: frozenset[str]) -> Iterator[str]:
    """No layer with weights reads nothing but zeros on every probe."""
    for layer in outline.layers:
        if layer.parameters and layer.inputs and always_silent.issuperset(layer.inputs):
            yield f"{layer.name} reads nothing but zeros on every probe: its weights are not tested"


def untouched(loaded: Weights, now: Weights, side: str) -> Iterator[str]:
    """Running changes no weight."""
    for layer, roles in loaded.items():
        for role, array in roles.items():
            if not _equal(array, now.get(layer, {}), role):
                yield f"running the {side} changed {layer}.{role}"
                return


def in_training(outlines: Sequence[Outline]) -> Iterator[str]:
    """No layer is called as in training."""
    for side, outline in zip(SIDES, outlines, strict=True):
        for layer in outline.layers:
            if layer.settings.get("active") or layer.settings.get("batch_statistics"):
                yield f"{layer.name} of the {side} is called as in training ({layer.kind})"


def same_types(runs: Runs) -> Iterator[str]:
    """Each output holds numbers of one type on both sides."""
    outputs = zip(runs.reference.outputs.items(), runs.candidate.outputs.values(), strict=False)
    for (name, one), other in outputs:
        if one.dtype != other.dtype:
            yield f"{name} is {one.dtype} in the reference and {other.dtype} in the candidate"


def hidden_structure(matches: Matches, hidden: bool) -> Iterator[str]:
    """A difference that float32 hides is no rounding where a layer that computes has no partner."""
    loners = [match.name for match in matches if not (match.reference and match.candidate) and not match.carries]
    if hidden and loners:
        yield f"float32's rounding hides a difference, and layers have no partner: {', '.join(loners[:3])}"


def _without_common_nan(one: Array, other: Array) -> tuple[Array, Array]:
    if one.shape != other.shape:
        return one, other
    common = np.isnan(one) & np.isnan(other)
    if not common.any():
        return one, other
    return np.where(common, 0, one), np.where(common, 0, other)


def _far(one: Array, other: Array, share: float = REPEATED, rounding: float = 0.0) -> bool:
    scale = distance(one, np.zeros_like(one))
    return distance(one, other) > (max(share * scale, rounding) if np.isfinite(scale + rounding) else 0.0)


def _equal(array: Array, held: Mapping[str, Array], role: str) -> bool:
    return role in held and np.array_equal(np.asarray(array, held[role].dtype), held[role], equal_nan=True)
