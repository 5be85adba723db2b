"""Inputs and weights that expose faults: nothing at a default value that would hide one.

Fresh weights hide a great deal: a bias of zero is never missed, a gamma of one never swapped, statistics of
(0, 1) make most of an epsilon vanish, and with positive gammas a pool and a norm may change places unseen.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from parity.case import Input
from parity.errors import UsageError
from parity.nouns import Array, Outline, Parameter, Probe, Weights
from parity.own_inputs import held
from parity.sizes import PARITIES, resized

LARGE = 30.0
"""How much larger than the declared spread the probe "large" is: past the caps (6, 20) that networks put on values."""


CHEAP = ("noise", "large", "negative", *PARITIES, "alone")
THOROUGH = (*CHEAP, "impulse", "ramp", "padded", "indices")
_NEEDS = {
    **dict.fromkeys(("large", "negative", "impulse"), "floats that are drawn, without a declared range"),
    **dict.fromkeys(PARITIES, "an axis that is declared free"),
    "alone": "a batch of more than one sample",
    "ramp": "floats that are drawn",
    "padded": "whole numbers that are drawn, along an axis",
    "indices": "whole numbers that are drawn from a declared range",
}
"""What a probe is made of; without it, the probe would be the noise again."""


def battery(
    inputs: Sequence[Input], batch: int, seed: int, *, names: Sequence[str] = CHEAP, thorough: bool = False
) -> tuple[Probe, ...]:
    """The batches on which a case is run, drawn as each `Input` says, the same for the same seed.

    `noise` comes first and always. `large` exposes caps and saturations, `negative` what is cut off below
    zero (padding behind a relu, slopes), `odd` and `even` what depends on the sizes of free axes, `alone` a
    sample that depends on the others of its batch, `impulse` and `ramp` shifts and borders. Integer inputs get
    `padded` (zeros at the end) and `indices` (every value of their range). Values stay within a declared
    `range`. Raises UsageError for a file that is missing or does not have the declared shape.
    """
    noise = probe_inputs(inputs, batch, seed)
    wanted = THOROUGH if thorough else names
    made = [_changed(noise, name, inputs, seed) for name in wanted if name not in ("noise", "alone")]
    return (noise, *(probe for probe in made if probe), *(alone(noise) if "alone" in wanted else ()))


def unmade(asked: Sequence[str], probes: Sequence[Probe]) -> list[str]:
    """What is told of the probes that were asked for and that these inputs do not allow."""
    made = {probe.name for probe in probes}
    return [
        f"the probe {name} was not made: it needs {_NEEDS[name]}"
        for name in dict.fromkeys(asked)
        if name not in made and name in _NEEDS
    ]


def alone(probe: Probe) -> tuple[Probe, ...]:
    """The first sample of a batch by itself; none where it is the only one."""
    if any(len(array) < 2 for array in probe.arrays.values()):
        return ()
    return (replace(probe, name="alone", arrays={name: array[:1] for name, array in probe.arrays.items()}),)


def probe_inputs(inputs: Sequence[Input], batch: int, seed: int) -> Probe:
    """One batch of noise for all inputs, or of what their files hold."""
    arrays = {
        each.name: _values(each, batch, np.random.default_rng([seed, position])) for position, each in enumerate(inputs)
    }
    return given(arrays, inputs, "noise")


def given(arrays: Mapping[str, Array], inputs: Sequence[Input], name: str = "given") -> Probe:
    """A probe of these arrays, batch first. Raises UsageError where their batches differ in size."""
    sizes = {each: len(array) for each, array in arrays.items()}
    if len(set(sizes.values())) > 1:
        raise UsageError(f"the inputs hold batches of different sizes: {sizes}; expected one size for all")
    return Probe(name, arrays, {each.name: ("batch", *each.axes) for each in inputs})


def _changed(noise: Probe, name: str, inputs: Sequence[Input], seed: int) -> Probe | None:
    """A further probe made out of the noise; None where it would be no other than that."""
    if name in PARITIES:
        return resized(noise, name, inputs)
    random = np.random.default_rng([seed, zlib.crc32(name.encode())])
    arrays = dict(noise.arrays)
    for each in inputs:
        if each.file is None:
            arrays[each.name] = _CHANGES[name](noise.arrays[each.name], each, random).astype(each.dtype)
    if all(arrays[each] is array or np.array_equal(arrays[each], array) for each, array in noise.arrays.items()):
        return None
    return replace(noise, name=name, arrays=arrays)


def _large(array: Array, each: Input, random: np.random.Generator) -> Array:
    return array * np.float32(LARGE) if _is_free(each) else array


def _negative(array: Array, each: Input, random: np.random.Generator) -> Array:
    return -np.abs(array) if _is_free(each) else array


def _impulse(array: Array, each: Input, random: np.random.Generator) -> Array:
    if not _is_free(each):
        return array
    flat = np.zeros((len(array), array[0].size))
    flat[np.arange(len(array)), random.integers(0, flat.shape[1], len(array))] = 1
    return flat.reshape(array.shape)


def _ramp(array: Array, each: Input, random: np.random.Generator) -> Array:
    if np.dtype(each.dtype).kind != "f":
        return array
    low, high = each.range or (-1.0, 1.0)
    starts = np.linspace(0, 0.5, len(array))[:, None]
    return (low + (high - low) * ((np.linspace(0, 1, array[0].size) + starts) % 1)).reshape(array.shape)


def _padded(array: Array, each: Input, random: np.random.Generator) -> Array:
    if np.dtype(each.dtype).kind not in "iu" or array.ndim < 2:
        return array
    cut = array.copy()
    cut[:, -(-2 * array.shape[1] // 3) :] = 0
    return cut


def _indices(array: Array, each: Input, random: np.random.Generator) -> Array:
    if np.dtype(each.dtype).kind not in "iu" or each.range is None:
        return array
    low, high = (int(bound) for bound in each.range)
    return (low + np.arange(array.size) % (high - low + 1)).reshape(array.shape)


_CHANGES: dict[str, Callable[[Array, Input, np.random.Generator], Array]] = {
    "large": _large,
    "negative": _negative,
    "impulse": _impulse,
    "ramp": _ramp,
    "padded": _padded,
    "indices": _indices,
}


def _is_free(each: Input) -> bool:
    """Whether values outside what was drawn are as good: drawn floats of which no range was declared."""
    return each.range is None and each.file is None and np.dtype(each.dtype).kind == "f"


def near(mean: Array, variance: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """Statistics near those that were measured, and none of them equal: what a calibrated normalisation holds."""
    spread = np.sqrt(variance + 1e-12)
    moved = mean + spread * random.uniform(-0.5, 0.5, mean.shape)
    return short(moved), variance * random.uniform(0.5, 2, mean.shape) + 1e-12


def short(values: Array) -> Array:
    """Numbers of at most 12 significant bits, so that a port that adds two of them loses none in float32."""
    fraction, exponent = np.frexp(values)
    result: Array = np.ldexp(np.round(fraction * 4096) / 4096, exponent)
    return result


def for_candidate(probe: Probe, inputs: Sequence[Input]) -> Probe:
    """The same batch in the order of axes in which the candidate takes it, as each input declares."""
    arrays, axes = dict(probe.arrays), dict(probe.axes)
    for each in inputs:
        if each.candidate_axes is not None:
            target = ("batch", *each.candidate_axes)
            order = [axes[each.name].index(name) for name in target]
            arrays[each.name] = np.ascontiguousarray(arrays[each.name].transpose(order))
            axes[each.name] = target
    return Probe(probe.name, arrays, axes)


def probe_weights(outline: Outline, seed: int) -> Weights:
    """Random canonical weights for every portable parameter, well scaled, each drawn from its own stream."""
    return {
        layer.name: {
            each.role: _drawn(each, np.random.default_rng([seed, zlib.crc32(f"{layer.name}.{each.role}".encode())]))
            for each in layer.parameters
            if each.portable
        }
        for layer in outline.layers
        if layer.parameters
    }


def _drawn(parameter: Parameter, random: np.random.Generator) -> Array:
    shape = parameter.shape
    if parameter.role in ("kernel", "recurrent"):
        read = shape[:1] if "gate" in parameter.axes else shape[:-1]
        # He et al. 2015, eq. 10: keeps the scale of activations through layers that are followed by a relu.
        values = random.normal(0, np.sqrt(2 / max(int(np.prod(read)), 1)), shape)
    elif parameter.role in ("gamma", "scale"):
        values = random.uniform(0.5, 1.5, shape) * random.choice([-1, 1, 1], shape)
    elif parameter.role == "variance":
        values = random.uniform(0.5, 2, shape)
    elif parameter.role == "table":
        values = random.normal(0, 1, shape)
    else:
        values = short(random.uniform(-0.5, 0.5, shape))
    return np.asarray(values, np.float32)


def _values(each: Input, batch: int, random: np.random.Generator) -> Array:
    if each.file is not None:
        return held(each.file, each)[:batch]
    shape, dtype = (batch, *each.shape), np.dtype(each.dtype)
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        low, high = each.range or (0, 1)
        return random.integers(int(low), int(high) + 1, shape).astype(dtype)
    if each.distribution == "uniform":
        low, high = each.range or (0.0, 1.0)
        return random.uniform(low, high, shape).astype(dtype)
    low, high = each.range or (-1.0, 1.0)
    return random.normal((low + high) / 2, (high - low) / 2, shape).astype(dtype)
