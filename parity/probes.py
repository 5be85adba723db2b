"""Inputs and weights that expose faults: nothing at a default value that would hide one.

Fresh weights hide a great deal: a bias of zero is never missed, a gamma of one never swapped, statistics of
(0, 1) make most of an epsilon vanish, and with positive gammas a pool and a norm may change places unseen.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from parity.case import Input
from parity.errors import UsageError
from parity.nouns import Array, Outline, Parameter, Probe, Weights


def probe_inputs(inputs: Sequence[Input], batch: int, seed: int) -> Probe:
    """One batch for all inputs, drawn as each `Input` says, the same for the same seed.

    Raises UsageError for a file that is missing or does not have the declared shape.
    """
    arrays = {
        each.name: _values(each, batch, np.random.default_rng([seed, position])) for position, each in enumerate(inputs)
    }
    sizes = {name: len(array) for name, array in arrays.items()}
    if len(set(sizes.values())) > 1:
        raise UsageError(
            f"the inputs hold batches of different sizes: {sizes}. Give files of one length or set --batch."
        )
    return Probe("noise", arrays, {each.name: ("batch", *each.axes) for each in inputs})


def given(arrays: dict[str, Array], inputs: Sequence[Input]) -> Probe:
    """A probe of the caller's own arrays, batch first."""
    return Probe("given", arrays, {each.name: ("batch", *each.axes) for each in inputs})


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
    if parameter.role == "kernel":
        fan_in = max(int(np.prod(shape[:-1])), 1)
        # He et al. 2015, eq. 10: keeps the scale of activations through layers that are followed by a relu.
        values = random.normal(0, np.sqrt(2 / fan_in), shape)
    elif parameter.role == "gamma":
        values = random.uniform(0.5, 1.5, shape) * random.choice([-1, 1, 1], shape)
    elif parameter.role == "variance":
        values = random.uniform(0.5, 2, shape)
    else:
        values = random.uniform(-0.5, 0.5, shape)
    return values.astype(np.float32)


def _values(each: Input, batch: int, random: np.random.Generator) -> Array:
    if each.file is not None:
        return _loaded(each, each.file, batch)
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


def _loaded(each: Input, file: Path, batch: int) -> Array:
    try:
        found = np.load(file, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"input {each.name!r}: {file} cannot be read as .npy or .npz without pickle: {error}"
        ) from error
    if isinstance(found, np.lib.npyio.NpzFile):
        if each.name not in found:
            raise UsageError(
                f"input {each.name!r}: {file} holds {', '.join(found.files)}; expected an array {each.name!r}"
            )
        found = found[each.name]
    if tuple(found.shape[1:]) != each.shape:
        raise UsageError(
            f"input {each.name!r}: {file} holds samples of {tuple(found.shape[1:])}, the case declares {each.shape}. "
            "The first axis of the file is the batch."
        )
    array: Array = np.ascontiguousarray(found[:batch], dtype=each.dtype)
    return array
