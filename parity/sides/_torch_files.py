"""PyTorch's weight files: a module's state_dict from a file and into one, without a pickle that could run code."""

from __future__ import annotations

import json
import pickle
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from parity.errors import OutlineError, UsageError
from parity.files import (
    READ,
    WRITTEN,
    check_fit,
    check_readable,
    check_writable,
    check_zip,
    draft,
    suffix_of,
    unreadable,
)
from parity.rulebook import bookkeeping

FRAMEWORK = "torch"
_NESTED = ("state_dict", "model_state_dict", "model")
"""Under which names a training checkpoint keeps the state_dict beside an epoch and an optimizer."""
_PARALLEL = "module."
"""What DataParallel puts before every name."""
_TYPES = {
    1: torch.uint8,
    2: torch.int8,
    3: torch.int16,
    4: torch.int32,
    5: torch.int64,
    6: torch.float16,
    7: torch.float32,
    8: torch.float64,
    12: torch.bool,
    13: torch.bfloat16,
}
"""Types by their number in a .pt2 archive (`ScalarType` of torch/_export/serde/schema.py)."""


def read_state(module: torch.nn.Module, file: Path) -> None:
    """Load a file into a module, all or nothing. Raises UsageError for a file that is damaged or does not fit."""
    check_readable(file, FRAMEWORK)
    found = _unwrapped(_READERS[suffix_of(file, READ[FRAMEWORK]) or ""](file), file)
    held = module.state_dict()
    expected = {name: value for name, value in held.items() if isinstance(value, torch.Tensor)}
    # A counter that inference never reads may be missing: older versions of PyTorch did not keep it.
    late = {name: value for name, value in expected.items() if name not in found and bookkeeping(name)}
    known = {**found, **late}
    check_fit(file, _shapes(expected), _shapes(known))
    for name, value in expected.items():
        if known[name].layout is not torch.strided or known[name].is_quantized or known[name].is_meta:
            raise UsageError(f"{file}: {name} is sparse, quantised or empty there; expected plain numbers")
        if _sort(value) != _sort(known[name]):
            raise UsageError(f"{file}: {name} is of {known[name].dtype} there and of {value.dtype} in the network")
    _check_ties(file, expected, known)
    others = {name: value for name, value in held.items() if name not in expected}
    before = {name: value.detach().clone() for name, value in expected.items()}
    try:
        module.load_state_dict({**known, **others}, strict=True)
    except Exception as error:
        with torch.no_grad():
            for name, value in expected.items():
                value.copy_(before[name])
        raise unreadable(file, "a state_dict of this network", error) from error


def write_state(module: torch.nn.Module, file: Path, carried: Mapping[str, Any]) -> None:
    """Write a module's state_dict, whole or not at all; `carried` are the tensors that must be in it, by name."""
    check_writable(file, FRAMEWORK)
    suffix = suffix_of(file, WRITTEN[FRAMEWORK]) or ""
    held = module.state_dict()
    kept = {value.data_ptr() for value in held.values() if isinstance(value, torch.Tensor)}
    if lost := [name for name, tensor in carried.items() if tensor.numel() and tensor.data_ptr() not in kept]:
        raise OutlineError(
            f"{lost[0]} is not in the module's state_dict, so that no file carries it. Is it a buffer with "
            "persistent=False?"
        )
    for name, value in list(held.items()):
        if isinstance(value, torch.Tensor):
            held[name] = value.detach().cpu().contiguous().clone()
        elif suffix == ".safetensors":
            raise UsageError(f"{file}: {name} is no tensor but {type(value).__name__}; expected .pt for this network")
    with draft(file, suffix) as place:
        if suffix == ".safetensors":
            from safetensors.torch import save_file

            save_file(dict(held), place, metadata={"format": "pt"})
        else:
            torch.save(held, place)


def _read_safetensors(file: Path) -> Any:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ModuleNotFoundError as error:
        raise OutlineError("safetensors is not installed here; `pip install 'parity[torch]'` brings it") from error
    try:
        return load_file(file, device="cpu")
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError, MemoryError) as error:
        raise unreadable(file, "safetensors", error) from error


def _read_pickled(file: Path) -> Any:
    """With the restricted unpickler of PyTorch, which makes tensors and plain containers and calls nothing else."""
    with file.open("rb") as opened:
        if opened.read(4) == b"PK\3\4":
            check_zip(file, "a PyTorch file")
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        # PyTorch's own words end in the advice to switch the protection off: only the name that was asked for is told.
        if wanted := re.search(r"GLOBAL ([\w.]{1,100})", str(error)):
            raise UsageError(
                f"{file}: asks for {wanted[1]}, where only tensors and plain containers are read; nothing of it was "
                "run. Expected a state_dict, as torch.save(module.state_dict(), ...) writes it"
            ) from error
        reason = "not a pickle of tensors" if isinstance(error, pickle.UnpicklingError) else str(error) or repr(error)
        raise unreadable(file, "a PyTorch state_dict", reason) from error


def _read_exported(file: Path) -> dict[str, torch.Tensor]:
    """The weights of a .pt2 archive, whose `torch.export.load` would unpickle what the archive asks it to.

    Read are only the list of weights, which is JSON, and the raw bytes that it names.
    """
    check_zip(file, "a .pt2 archive")
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            lists = [name for name in names if name.endswith("data/weights/model_weights_config.json")]
            if len(lists) != 1:
                raise UsageError(
                    f"{file}: holds {len(lists)} lists of weights; expected one, "
                    "data/weights/model_weights_config.json, as torch.export.save writes it from 2.8 on"
                )
            folder = lists[0].rpartition("/")[0]
            root = folder.removesuffix("data/weights")
            order = archive.read(f"{root}byteorder").strip() if f"{root}byteorder" in names else b"little"
            if order != b"little":
                raise UsageError(f"{file}: is in byte order {order[:16]!r}; expected b'little'")
            listed = json.loads(archive.read(lists[0]))["config"]
            return {str(name): _raw(archive, folder, each, file, name) for name, each in listed.items()}
    except UsageError:
        raise
    except Exception as error:
        raise unreadable(file, "a .pt2 archive", f"{type(error).__name__}: {error}") from error


def _raw(archive: zipfile.ZipFile, folder: str, entry: Mapping[str, Any], file: Path, name: str) -> torch.Tensor:
    """One weight from its raw bytes; what it claims of its shape is checked by PyTorch against their number."""
    if entry["use_pickle"]:
        raise UsageError(f"{file}: {name} is pickled in it, and a pickle may run code; expected raw weights only")
    meta = entry["tensor_meta"]
    sizes, strides = ([int(each["as_int"]) for each in meta[key]] for key in ("sizes", "strides"))
    raw = bytearray(archive.read(f"{folder}/{entry['path_name']}"))
    dtype = _TYPES[meta["dtype"]]
    flat = torch.frombuffer(raw, dtype=dtype) if raw else torch.empty(0, dtype=dtype)
    return torch.as_strided(flat, sizes, strides, int(meta["storage_offset"]["as_int"]))


_READERS: dict[str, Callable[[Path], Any]] = {
    ".safetensors": _read_safetensors,
    ".pt": _read_pickled,
    ".pth": _read_pickled,
    ".pt2": _read_exported,
}


def _unwrapped(found: Any, file: Path) -> dict[str, torch.Tensor]:
    """The state_dict itself: out of a checkpoint that keeps it beside other things, and of DataParallel."""
    if isinstance(found, Mapping) and not _is_state(found):
        inner = [key for key in _NESTED if found.get(key) and _is_state(found[key])]
        if len(inner) == 1:
            found = found[inner[0]]
    if not _is_state(found):
        shown = f"a dict of {', '.join(map(repr, list(found)[:6]))}" if isinstance(found, Mapping) else type(found)
        raise UsageError(
            f"{file}: holds {str(shown)[:200]}; expected a state_dict, by itself or as one of {', '.join(_NESTED)}"
        )
    state = {name: value for name, value in found.items() if isinstance(value, torch.Tensor)}
    if state and all(name.startswith(_PARALLEL) for name in state):
        state = {name.removeprefix(_PARALLEL): value for name, value in state.items()}
    return state


def _is_state(found: Any) -> bool:
    """Names with tensors, or nothing at all; what a module keeps as extra state may be anything."""
    return isinstance(found, Mapping) and all(
        isinstance(name, str) and (isinstance(value, torch.Tensor) or name.endswith("_extra_state"))
        for name, value in found.items()
    )


def _check_ties(file: Path, expected: Mapping[str, torch.Tensor], found: Mapping[str, torch.Tensor]) -> None:
    """One array of the network under two names must be one in the file."""
    first: dict[tuple[int, Any, Any], str] = {}
    for name, value in expected.items():
        if value.numel():
            other = first.setdefault((value.data_ptr(), value.shape, value.stride()), name)
            if other != name and not torch.equal(found[name], found[other]):
                raise UsageError(
                    f"{file}: {other} and {name} are one array in the network and two different ones there"
                )


def _shapes(tensors: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _sort(tensor: torch.Tensor) -> str:
    """Whole numbers, real or complex ones: within a sort, PyTorch itself converts as it loads."""
    return "complex" if tensor.is_complex() else "real" if tensor.is_floating_point() else "whole"
