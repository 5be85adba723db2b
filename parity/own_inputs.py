"""Inputs that a user brings: .npy and .npz files, and folders of them -> Probes, one a file, named after it.

A file is whatever its user was given by others: nothing in it is unpickled, and what does not fit the declared
inputs is a UsageError that begins with its name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from parity.case import Input
from parity.errors import UsageError, nearest
from parity.files import few
from parity.nouns import Array, Probe

SUFFIXES = (".npy", ".npz")
_EITHER = " or ".join(SUFFIXES)


def own_probes(path: Path, inputs: Sequence[Input]) -> tuple[Probe, ...]:
    """A probe for a file, or for each file of a folder by name. Raises UsageError for what does not fit."""
    return tuple(_probe(file, inputs) for file in _files(path))


def held(file: Path, each: Input) -> Array:
    """What a file holds for one input: its only array, or that of the input's name."""
    where = _where(file, each)
    found = _read(file, where)
    if not isinstance(found, Mapping):
        return _fitted(found, each, where)
    if each.name not in found:
        raise UsageError(f"{where}: it holds {few(found)}; expected an array {each.name!r}")
    return _fitted(found[each.name], each, where)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise UsageError(f"{path}: there is no such file or folder; expected {_EITHER}, or a folder of them")
    if path.is_dir():
        found = sorted(each for each in path.iterdir() if each.suffix in SUFFIXES and not each.name.startswith("."))
        if not found:
            raise UsageError(f"{path}: this folder holds no {_EITHER}; expected one such file for each batch")
        return found
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{path}: expected {_EITHER}, or a folder of them; numpy.save and numpy.savez write them")
    return [path]


def _probe(file: Path, inputs: Sequence[Input]) -> Probe:
    found = _read(file, str(file))
    if isinstance(found, Mapping):
        given = zip(inputs, _in_order(found, inputs, file), strict=True)
    elif len(inputs) == 1:
        given = zip(inputs, [found], strict=True)
    else:
        names = ", ".join(each.name for each in inputs)
        raise UsageError(
            f"{file}: is one array, and the case has the inputs {names}; expected a .npz with one for each"
        )
    arrays = {each.name: _fitted(array, each, _where(file, each)) for each, array in given}
    if len({len(array) for array in arrays.values()}) > 1:
        sizes = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
        raise UsageError(f"{file}: its arrays hold batches of different sizes ({sizes}); expected one size for all")
    # With its suffix, since a file may be called `noise` or `alone`.
    return Probe(file.name, arrays, {each.name: ("batch", *each.axes) for each in inputs})


def _read(file: Path, where: str) -> Array | dict[str, Array]:
    """One array, or those of an archive by name."""
    try:
        found = np.load(file, allow_pickle=False)
        if isinstance(found, np.lib.npyio.NpzFile):
            with found:
                arrays = {name: found[name] for name in found.files}
            if plain := [name for name, each in arrays.items() if not isinstance(each, np.ndarray)]:
                raise ValueError(f"{few(plain)} in it is no array")
            return arrays
        array: Array = found
        return array
    except Exception as error:  # each way in which an archive is damaged has an error of its own
        reason = str(error).partition("\n")[0] or type(error).__name__
        if "allow_pickle" in reason:
            reason = "it holds Python objects, or is no array at all"
        raise UsageError(
            f"{where}: cannot be read as {_EITHER} without pickle: {reason}; expected plain numbers"
        ) from error


def _in_order(found: Mapping[str, Array], inputs: Sequence[Input], file: Path) -> list[Array]:
    """The arrays of an archive, by the names of the inputs, or in their order where numpy.savez was given no names."""
    names = [each.name for each in inputs]
    if list(found) == [f"arr_{number}" for number in range(len(names))] and not set(found) & set(names):
        return list(found.values())
    for name in found:
        if name not in names:
            raise UsageError(f"{file}: {few([name])!r} is no input of the case{nearest(name, names)}")
    if missing := [name for name in names if name not in found]:
        raise UsageError(f"{file}: has no array for {', '.join(missing)}; it holds {few(found)}")
    return [found[name] for name in names]


def _where(file: Path, each: Input) -> str:
    return f"{file}, input {each.name!r}"


def _fitted(array: Array, each: Input, where: str) -> Array:
    """The array in the declared type, exactly; only float64 is rounded, which is no more than NumPy's default."""
    _check_shape(array, each, where)
    wanted = np.dtype(each.dtype)
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{where}: holds {array.dtype}; expected numbers that are {wanted}")
    if array.dtype.kind == "f" and (nan := np.isnan(array)).any():
        first = tuple(int(at) for at in np.argwhere(nan)[0])
        raise UsageError(
            f"{where}: {int(nan.sum()):,} of {nan.size:,} numbers are NaN, the first at {first}, and a network's "
            "answer to NaN shows nothing; expected numbers. Fill them in, or leave these samples out"
        )
    if wanted.kind == "f":
        return _as_floats(array, wanted, where)
    _check_whole(array, each, where)
    return np.ascontiguousarray(array, wanted)


def _check_shape(array: Array, each: Input, where: str) -> None:
    """Whether these are samples of the declared shape, of any size along free axes."""
    found = array.shape[1:]
    fits = len(found) == len(each.shape) and all(
        size == other or name in each.free for size, other, name in zip(found, each.shape, each.axes, strict=True)
    )
    if array.ndim and fits and array.size:
        return
    declared = f"{each.shape} ({' '.join(each.axes)})" if each.axes else f"{each.shape}"
    if array.ndim and fits:
        raise UsageError(f"{where}: has the shape {array.shape} and holds nothing; expected at least one sample")
    hint = "The first axis of a file is the batch."
    if array.shape == each.shape:
        hint = "It lacks the batch: one sample is saved as array[None]."
    elif each.candidate_axes and tuple(each.shape[each.axes.index(name)] for name in each.candidate_axes) == found:
        hint = "These stand in the candidate's order of axes; expected the reference's."
    raise UsageError(f"{where}: holds samples of {found}, the case declares {declared}. {hint}")


def _as_floats(array: Array, wanted: np.dtype[Any], where: str) -> Array:
    if array.dtype.kind != "f" and (most := max(map(abs, _extremes(array)))) > 2 ** (np.finfo(wanted).nmant + 1):
        raise UsageError(f"{where}: holds {most}, a whole number that {wanted} does not hold exactly")
    with np.errstate(over="ignore"):
        floats = np.ascontiguousarray(array, wanted)
    if array.dtype.kind == "f" and not np.array_equal(np.isinf(floats), np.isinf(array)):
        raise UsageError(f"{where}: holds {np.max(np.abs(array[np.isfinite(array)])):g}, too large for {wanted}")
    return floats


def _check_whole(array: Array, each: Input, where: str) -> None:
    """Whether all are whole numbers that the declared type and range hold."""
    if array.dtype.kind == "f" and not np.array_equal(array, np.trunc(array)):
        part = array[array != np.trunc(array)][0]
        raise UsageError(f"{where}: holds {part:g}; the case declares {each.dtype}, whole numbers")
    wanted = np.dtype(each.dtype)
    bounds = (0, 1) if wanted.kind == "b" else (int(np.iinfo(wanted).min), int(np.iinfo(wanted).max))
    if each.range is not None:
        bounds = max(bounds[0], math.ceil(each.range[0])), min(bounds[1], math.floor(each.range[1]))
    for value in _extremes(array):
        if not bounds[0] <= value <= bounds[1]:
            declared = f"{each.dtype} in {list(bounds)}" if each.range is not None else each.dtype
            raise UsageError(f"{where}: holds {value}; the case declares {declared}")


def _extremes(array: Array) -> tuple[float, float]:
    """The least and the largest number, whole ones exactly."""
    low, high = array.min(), array.max()
    return (float(low), float(high)) if array.dtype.kind == "f" else (int(low), int(high))
