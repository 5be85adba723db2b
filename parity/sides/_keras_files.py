"""Keras's weight files: a model's variables from a file and into one. Of a file, only arrays are read.

No architecture in a file is ever built (a `.keras` or `.h5` may hold code for that), and no shape that a file
claims is allocated before it was found to be that of the network.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import tensorflow as tf

from parity.axes import Shape
from parity.errors import OutlineError, UsageError
from parity.files import (
    WRITTEN,
    check_fit,
    check_readable,
    check_writable,
    check_zip,
    draft,
    few,
    suffix_of,
    unreadable,
)
from parity.nouns import Array

FRAMEWORK = "keras"
_INSIDE = "model.weights.h5"
"""What the weights are called inside a `.keras` archive."""
_WEIGHTS = ".weights.h5"
_TRAINING = ("optimizer/", "metrics/")
"""What training keeps beside the weights in a file."""
_SEED = "/seed_generator/"
"""The state of a random layer, which Keras kept in a file up to some version and inference never reads."""
_OLD_LAYERS = "_layer_checkpoint_dependencies"
"""What Keras 2.13 called `layers`."""
_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_BESIDE = ("optimizer/", "keras_api/", "save_counter/", _GRAPH, "_CHECKPOINTABLE")
_NUMBERED = re.compile(r"layer_with_weights-(\d{1,6})/(\w+)/\.ATTRIBUTES/VARIABLE_VALUE")


@dataclass(frozen=True)
class _Stored:
    """One array of a checkpoint: its key there, the name its variable had, and its shape."""

    key: str
    name: str
    shape: Shape


def read_weights(model: Any, file: Path) -> None:
    """Load a file into a model, all or nothing. Raises UsageError for a file that is damaged or does not fit."""
    check_readable(file, FRAMEWORK)
    _check_loadable(model, file)
    before = [(variable, np.array(variable.numpy())) for variable in model.variables]
    try:
        if file.is_dir():
            _read_folder(model, file)
        elif file.suffix == ".keras":
            _read_archive(model, file)
        else:
            _read_h5(model, file, file)
    except BaseException:
        for variable, value in before:
            variable.assign(value)
        raise


def write_weights(model: Any, file: Path) -> None:
    """Write a model's weights (`.weights.h5`), or weights and architecture (`.keras`), whole or not at all."""
    check_writable(file, FRAMEWORK)
    _check_loadable(model, file)
    suffix = suffix_of(file, WRITTEN[FRAMEWORK]) or ""
    _check_complete(model, _layout(model))
    with draft(file, suffix) as place:
        if suffix == _WEIGHTS:
            keras.saving.save_weights(model, place, overwrite=True)
            return
        if not isinstance(model, keras.Model):
            raise UsageError(f"{file}: a {type(model).__name__} is no keras.Model; expected {_WEIGHTS} for it")
        try:
            keras.saving.save_model(model, place, overwrite=True)
        except Exception as error:
            raise UsageError(f"{file}: Keras cannot write this model as .keras: {error}. {_WEIGHTS} may do") from error


def _check_loadable(model: Any, file: Path) -> None:
    if not isinstance(model, keras.layers.Layer):
        raise UsageError(f"{file}: the build returned a bare callable; expected a Keras model to hold these weights")


# -- files of Keras 3 ------------------------------------------------------------------------------


def _read_archive(model: Any, file: Path) -> None:
    """The weights out of a `.keras` archive; its config.json, which may hold code, is left alone."""
    check_zip(file, "a .keras archive")
    with tempfile.TemporaryDirectory(prefix="parity-") as folder, zipfile.ZipFile(file) as archive:
        if _INSIDE not in archive.namelist():
            raise UsageError(f"{file}: holds no {_INSIDE}; it holds {few(archive.namelist()) or 'nothing'}")
        place = Path(folder) / _INSIDE
        try:
            with archive.open(_INSIDE) as source, place.open("wb") as target:
                while part := source.read(1 << 20):
                    target.write(part)
        except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError) as error:
            raise unreadable(file, "a .keras archive", error) from error
        _read_h5(model, place, file)


def _read_h5(model: Any, place: Path, file: Path) -> None:
    """A `.weights.h5` of Keras 3, or an h5 file as Keras 2 wrote it; `file` is the one that is told of."""
    try:
        with h5py.File(place, "r") as opened:
            group = _group(opened, "model_weights", file) if "model_weights" in opened else opened
            if "layer_names" in group.attrs or "layer_names0" in group.attrs:
                _assign(_legacy(model, group, file), file)
                return
            found = _arrays(opened, file)
    except UsageError:
        raise
    except Exception as error:
        raise unreadable(file, "an HDF5 file", f"{type(error).__name__}: {error}") from error
    layout = _layout(model)
    _check_complete(model, layout)
    named = {name.replace(_OLD_LAYERS, "layers"): each for name, each in found.items()}
    named = {
        name: each
        for name, each in named.items()
        if name in layout or not (name.startswith(_TRAINING) or _SEED in name)
    }
    check_fit(
        file, {name: each.shape for name, each in layout.items()}, {name: each[0] for name, each in named.items()}
    )
    for name, each in layout.items():
        _check_kind(file, name, each.dtype, named[name][1])
    try:
        with tempfile.TemporaryDirectory(prefix="parity-") as folder:
            link = Path(folder) / _INSIDE  # Keras goes by the suffix
            link.symlink_to(place.absolute())
            keras.saving.load_weights(model, link)
    except Exception as error:
        raise unreadable(file, "weights of this model", f"{type(error).__name__}: {error}") from error


def _layout(model: Any) -> dict[str, Array]:
    """What a file of this model's weights holds: Keras itself is asked, by having it write one."""
    with tempfile.TemporaryDirectory(prefix="parity-") as folder:
        place = Path(folder) / _INSIDE
        keras.saving.save_weights(model, place, overwrite=True)
        found: dict[str, Array] = {}

        def visit(name: str, each: Any) -> None:
            if isinstance(each, h5py.Dataset) and not name.startswith(_TRAINING):
                found[name] = np.broadcast_to(np.zeros((), each.dtype), each.shape)

        with h5py.File(place, "r") as opened:
            opened.visititems(visit)
        return found


def _check_complete(model: Any, layout: Mapping[str, Array]) -> None:
    """Layers that Keras does not find in a model would keep their fresh weights, and nobody would be told."""
    held = sum(int(np.prod(variable.shape, dtype=np.int64)) for variable in model.weights)
    kept = sum(each.size for each in layout.values())
    if kept < held:
        raise OutlineError(
            f"Keras keeps {kept:,} of the {held:,} numbers of this model in a file. Are all its layers attributes of "
            "it, or in lists and dicts that are?"
        )


def _arrays(group: Any, file: Path) -> dict[str, tuple[Shape, Any]]:
    """Shape and type of every array of an HDF5 file, by its path; nothing that points out of the file is followed."""
    found: dict[str, tuple[Shape, Any]] = {}
    seen: set[Any] = set()
    waiting = [("", group)]
    while waiting:
        path, parent = waiting.pop()
        here = h5py.h5o.get_info(parent.id).addr
        if here in seen:
            raise UsageError(f"{file}: the group {path or '/'} stands in it more than once; nothing was loaded")
        seen.add(here)
        for name in parent:
            child = _child(parent, name, file)
            inside = f"{path}/{name}" if path else name
            if isinstance(child, h5py.Group):
                waiting.append((inside, child))
            elif isinstance(child, h5py.Dataset):
                found[inside] = (tuple(child.shape or ()), child.dtype)
    return found


def _child(parent: Any, name: str, file: Path) -> Any:
    """A member of a group that lies in this very file."""
    link = parent.get(name, getlink=True)
    if link is None:
        raise UsageError(f"{file}: names {few([name])}, and there is no such thing in it; nothing was loaded")
    if not isinstance(link, h5py.HardLink):
        raise UsageError(f"{file}: {few([name])} is no array but a link ({type(link).__name__}); nothing was loaded")
    child = parent[name]
    if isinstance(child, h5py.Dataset) and (child.external or child.is_virtual):
        raise UsageError(f"{file}: {few([name])} keeps its numbers in another file; nothing was loaded")
    return child


def _group(parent: Any, path: str, file: Path) -> Any:
    for name in path.split("/"):
        parent = _child(parent, name, file)
    return parent


# -- files of Keras 2 ------------------------------------------------------------------------------


def _legacy(model: Any, group: Any, file: Path) -> list[tuple[Any, Array]]:
    """The variables of a model, each with its array: layer by layer, by name where all names are the model's.

    Where layers are called otherwise, they are taken in order, as Keras itself does.
    """
    layers = [layer for layer in getattr(model, "layers", [model]) if layer.weights]
    stored = {name: _group(group, name, file) for name in _words(group, "layer_names", file)}
    stored = {name: each for name, each in stored.items() if _words(each, "weight_names", file)}
    if {layer.name for layer in layers} == set(stored) and len(layers) == len(stored):
        pairs = [(layer, layer.name) for layer in layers]
    elif len(layers) == len(stored):
        pairs = list(zip(layers, stored, strict=True))
    else:
        raise UsageError(
            f"{file}: holds weights of {len(stored)} layers ({few(stored)}), the network of {len(layers)} "
            f"({few(layer.name for layer in layers)}); nothing was loaded"
        )
    taken = [each for layer, name in pairs for each in _legacy_layer(layer, stored[name], name, file)]
    top = [variable for variable in model.weights if not any(variable is each for each, _ in taken)]
    if top and "top_level_model_weights" in group:
        taken += _legacy_weights(top, _group(group, "top_level_model_weights", file), "the model itself", file)
    if len(taken) != len({id(variable) for variable in model.weights}):
        missing = [variable.path for variable in top if not any(variable is each for each, _ in taken)]
        raise UsageError(f"{file}: {len(missing)} arrays of the network are missing: {few(missing)}")
    arrays = {variable.path: (tuple(variable.shape), dataset) for variable, dataset in taken}
    check_fit(
        file,
        {name: shape for name, (shape, _) in arrays.items()},
        {name: tuple(dataset.shape or ()) for name, (_, dataset) in arrays.items()},
    )
    return [(variable, np.asarray(dataset)) for variable, dataset in taken]


def _legacy_layer(layer: Any, group: Any, name: str, file: Path) -> list[tuple[Any, Any]]:
    return _legacy_weights([*layer.trainable_weights, *layer.non_trainable_weights], group, name, file)


def _legacy_weights(variables: Sequence[Any], group: Any, layer: str, file: Path) -> list[tuple[Any, Any]]:
    """Each variable of one layer with its dataset: by its last word where those are all different, else in order."""
    names = _words(group, "weight_names", file)
    if len(names) != len(variables):
        raise UsageError(
            f"{file}: holds {len(names)} arrays for {few([layer])} ({few(names)}), the network "
            f"{len(variables)} ({few(_last(each.path) for each in variables)}); nothing was loaded"
        )
    words, own = [_last(each) for each in names], [_last(each.path) for each in variables]
    if sorted(words) == sorted(own) and len(set(own)) == len(own):
        names = [names[words.index(word)] for word in own]
    datasets = [_group(group, name, file) for name in names]
    for name, each in zip(names, datasets, strict=True):
        if not isinstance(each, h5py.Dataset):
            raise UsageError(f"{file}: {few([name])} is no array; nothing was loaded")
    return list(zip(variables, datasets, strict=True))


def _words(group: Any, name: str, file: Path) -> list[str]:
    """The names in an attribute, which Keras cuts into several, `name0` and so on, where there are many."""
    words: list[str] = []
    for part in [name] if name in group.attrs else _parts(group, name):
        attribute = group.attrs.get_id(part)
        if not np.prod(attribute.shape, dtype=np.float64):
            continue
        if attribute.get_storage_size() > file.stat().st_size:
            raise UsageError(f"{file}: {part} claims to be larger than the file; nothing was loaded")
        words += [each.decode("utf8") if isinstance(each, bytes) else str(each) for each in group.attrs[part]]
    return words


def _parts(group: Any, name: str) -> Iterable[str]:
    number = 0
    while f"{name}{number}" in group.attrs:
        yield f"{name}{number}"
        number += 1


# -- SavedModel ------------------------------------------------------------------------------------


def _read_folder(model: Any, folder: Path) -> None:
    """The variables of a SavedModel, from its checkpoint alone: its graphs and functions are not even opened."""
    try:
        reader = tf.train.load_checkpoint(os.fspath(folder / "variables" / "variables"))
        stored = _checkpoint(reader, sum(each.stat().st_size for each in (folder / "variables").iterdir()))
    except Exception as error:
        raise unreadable(folder, "a SavedModel", f"{type(error).__name__}: {error}") from error
    matched = _matched(model, stored, folder)
    try:
        values = [(variable, np.asarray(reader.get_tensor(each.key))) for variable, each in matched]
    except Exception as error:
        raise unreadable(folder, "a SavedModel", f"{type(error).__name__}: {error}") from error
    _assign(values, folder)


def _checkpoint(reader: Any, room: int) -> list[_Stored]:
    """Every array of a checkpoint with the name of its variable, which the object graph beside them tells.

    `room` is the size of all its files.
    """
    from tensorflow.core.protobuf import trackable_object_graph_pb2

    shapes = {key: tuple(shape) for key, shape in reader.get_variable_to_shape_map().items()}
    for key, shape in shapes.items():
        if math.prod(shape) > room:  # at a byte for a number, the least there is
            raise ValueError(f"{few([key])} claims to be {shape}, larger than its files")
    names: dict[str, str] = {}
    if _GRAPH in shapes:
        graph = trackable_object_graph_pb2.TrackableObjectGraph()
        graph.ParseFromString(reader.get_tensor(_GRAPH))
        names = {each.checkpoint_key: each.full_name for node in graph.nodes for each in node.attributes}
    found: dict[tuple[str, Shape], _Stored] = {}
    apart: list[_Stored] = []
    for key in sorted(key for key in shapes if key != _GRAPH and not _slot(key)):
        each = _Stored(key, names.get(key) or key.partition("/.ATTRIBUTES")[0], shapes[key])
        known = found.setdefault((each.name, each.shape), each)
        # Keras 3 keeps a variable under several keys; two variables of one name stay two.
        if known is not each and not np.array_equal(reader.get_tensor(known.key), reader.get_tensor(key)):
            apart.append(each)
    return [*found.values(), *apart]


def _slot(key: str) -> bool:
    """Whether a key is that of what an optimizer keeps for a variable, and not of the variable itself."""
    return ".OPTIMIZER_SLOT" in key or (key.startswith("optimizer/") and "/_trainable_variables/" not in key)


def _matched(model: Any, stored: Sequence[_Stored], folder: Path) -> list[tuple[Any, _Stored]]:
    """Each variable with its array, by the first of these that tells all apart.

    Its whole path; its last two words; the number that Keras 2 gave its layer, and its last word; its last word
    and its shape. Each holds only if it finds every variable, and none of them twice; nothing is guessed.
    """
    variables = model.weights
    numbers = _numbers(model)
    ways: list[tuple[Callable[[Any], Any], Callable[[_Stored], Any]]] = [
        (lambda variable: variable.path, lambda each: each.name.partition(":")[0]),
        (lambda variable: _tail(variable.path), lambda each: _tail(each.name)),
        (lambda variable: (numbers.get(id(variable)), _last(variable.path)), _numbered),
        (lambda variable: (_last(variable.path), tuple(variable.shape)), lambda each: (_last(each.name), each.shape)),
    ]
    for mine, theirs in ways:
        own = [mine(variable) for variable in variables]
        there = [theirs(each) for each in stored]
        if len(set(own)) == len(own) and all(there.count(key) == 1 for key in own):
            matched = [(variable, stored[there.index(key)]) for variable, key in zip(variables, own, strict=True)]
            taken = {each.key for _, each in matched}
            left = [each.name for each in stored if each.key not in taken and not _beside(each)]
            if left:
                raise UsageError(f"{folder}: {len(left)} arrays are not the network's: {few(left)}; nothing was loaded")
            check_fit(
                folder,
                {variable.path: tuple(variable.shape) for variable in variables},
                {variable.path: each.shape for variable, each in matched},
            )
            return matched
    held = [each.name for each in stored if not _beside(each)]
    raise UsageError(
        f"{folder}: its arrays cannot be told apart by name, nor by shape: it holds {few(held)}; the network "
        f"{few(variable.path for variable in variables)}. Save it as .weights.h5 from the Keras that it was made with"
    )


def _numbers(model: Any) -> dict[int, int]:
    """The number of each variable's layer among those that have weights, as Keras 2 counts them in a SavedModel."""
    layers = [layer for layer in getattr(model, "layers", ()) if layer.weights]
    return {id(variable): number for number, layer in enumerate(layers) for variable in layer.weights}


def _numbered(each: _Stored) -> Any:
    found = _NUMBERED.fullmatch(each.key)
    return (int(found[1]), found[2]) if found else each.key


def _tail(name: str) -> tuple[str, ...]:
    return tuple(name.partition(":")[0].split("/")[-2:])


def _beside(each: _Stored) -> bool:
    """What training and random layers keep, which is no weight."""
    return each.key.startswith(_BESIDE) or _last(each.name) == "seed_generator_state"


# -- for all ---------------------------------------------------------------------------------------


def _assign(values: Sequence[tuple[Any, Array]], file: Path) -> None:
    for variable, value in values:
        _check_kind(file, variable.path, np.dtype(np.asarray(variable.numpy()).dtype), value.dtype)
    for variable, value in values:
        variable.assign(value)


def _check_kind(file: Path, name: str, held: Any, found: Any) -> None:
    """Numbers of one kind only: whole numbers are no weights, whatever TensorFlow would make of them."""
    kinds = []
    for each in (held, found):
        with suppress(TypeError):
            kinds.append(np.dtype(each).kind)
    if len(kinds) != 2 or kinds[0] != kinds[1]:
        raise UsageError(f"{file}: {few([name])} is of {found} there and of {held} in the network; nothing was loaded")


def _last(name: str) -> str:
    """The last word of a variable's name: `kernel` of `model/dense/kernel:0`."""
    return name.rpartition("/")[2].partition(":")[0]
