"""Weight files of bare TensorFlow variables: arrays by name, in and out. Of a file, only arrays are read."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from parity.axes import Shape
from parity.errors import UsageError
from parity.files import check_fit, check_readable, check_writable, check_zip, draft, few, unreadable
from parity.nouns import Array

FRAMEWORK = "tensorflow"
_ENDS = "/.ATTRIBUTES/VARIABLE_VALUE"
_BESIDE = ("save_counter", "optimizer/", "_CHECKPOINTABLE")


def read_weights(variables: Mapping[str, Any], file: Path) -> None:
    """Load a file into variables by name, all or none. Raises UsageError for one that is damaged or does not fit."""
    check_readable(file, FRAMEWORK)
    shapes = {name: tuple(each.shape) for name, each in variables.items()}
    arrays = _archive(file, shapes) if file.suffix == ".npz" else _checkpoint(file, shapes)
    for name, array in arrays.items():
        held = variables[name].dtype.as_numpy_dtype
        if np.dtype(held).kind != array.dtype.kind:
            raise UsageError(
                f"{file}: {few([name])} is of {array.dtype} there and of {np.dtype(held)} in the network; "
                "nothing was loaded"
            )
    for name, array in arrays.items():
        variables[name].assign(array.astype(variables[name].dtype.as_numpy_dtype))


def write_weights(variables: Mapping[str, Any], file: Path) -> None:
    """Write variables by name, whole or not at all."""
    check_writable(file, FRAMEWORK)
    with draft(file, ".npz") as place:
        arrays: dict[str, Any] = {name: np.asarray(each.numpy()) for name, each in variables.items()}
        np.savez(place, **arrays)


def _archive(file: Path, shapes: Mapping[str, Shape]) -> dict[str, Array]:
    """The arrays of an .npz, without pickle; what they claim to be is compared before they are read."""
    check_zip(file, "an .npz archive")
    try:
        with zipfile.ZipFile(file) as archive:
            found = {name.removesuffix(".npy"): _claimed(archive, name) for name in archive.namelist()}
        check_fit(file, shapes, found)
        with np.load(file, allow_pickle=False) as opened:
            return {name: opened[name] for name in shapes}
    except UsageError:
        raise
    except Exception as error:  # each way in which an archive is damaged has an error of its own
        raise unreadable(file, "an .npz archive", error) from error


def _claimed(archive: zipfile.ZipFile, name: str) -> Shape:
    with archive.open(name) as member:
        version = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape: Shape = read(member)[0]
        return shape


def _checkpoint(file: Path, shapes: Mapping[str, Shape]) -> dict[str, Array]:
    """The variables of a checkpoint or of a SavedModel by their paths; no graph or function in it is opened."""
    prefix = file / "variables" / "variables" if file.is_dir() else file.with_suffix("")
    try:
        reader = tf.train.load_checkpoint(os.fspath(prefix))
        stored = {key: tuple(shape) for key, shape in reader.get_variable_to_shape_map().items()}
        room = sum(each.stat().st_size for each in prefix.parent.glob(f"{prefix.name}.*"))
    except Exception as error:
        raise unreadable(file, "a checkpoint", error) from error
    keys = {_path(key): key for key in stored if key.endswith(_ENDS) and not key.startswith(_BESIDE)}
    if set(keys) != set(shapes):  # a Checkpoint(model=module) keeps all under a word of its own
        keys = {name.partition(".")[2] or name: key for name, key in keys.items()}
    check_fit(file, shapes, {name: stored[key] for name, key in keys.items()})
    if large := [name for name in shapes if math.prod(shapes[name]) > room]:
        raise UsageError(f"{file}: {few(large)} claims to be larger than its files; nothing was loaded")
    try:
        return {name: np.asarray(reader.get_tensor(key)) for name, key in keys.items()}
    except Exception as error:
        raise unreadable(file, "a checkpoint", error) from error


def _path(key: str) -> str:
    return key.removesuffix(_ENDS).replace("/", ".")
