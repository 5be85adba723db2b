"""Two excerpts -> one script that shows how far they lie apart, and needs numpy and the frameworks alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.axes import canonical, order, ranking, regroups, text, to_canonical
from parity.nouns import Array, Excerpt, Place

ROLES = ("reference", "candidate")
_IMPORTS = ("import torch", "import keras", "import tensorflow as tf")
"""In this order: a CUDA build of PyTorch must be in the process before TensorFlow."""
_TOLD = 1e-3
"""A largest difference this near the one that the table tells is the same one."""


@dataclass(frozen=True)
class Fault:
    """What a script is to show: both layers by themselves, what is said of them, and what the table tells of them.

    `names` and `places` are of the two layers, `sentences` what is known of the cause, `told` the distance that they
    make alone, in the channel where it stands out most. `anew`: the values were drawn anew, which alone shows it.
    """

    name: str
    excerpts: tuple[Excerpt, Excerpt]
    names: tuple[str, str]
    places: tuple[Place | None, Place | None]
    sentences: Sequence[str]
    told: float | None
    versions: Mapping[str, str]
    anew: bool = False


def script(fault: Fault) -> tuple[str, dict[str, Array]]:
    """The text of a script, and the arrays that it reads from the file beside it."""
    arrays: dict[str, Array] = {}
    parts, values = [], []
    for role, excerpt, name, place in zip(ROLES, fault.excerpts, fault.names, fault.places, strict=True):
        arrays |= excerpt.arrays
        arrays[f"{role}_output"] = excerpt.output
        where = f"    # {place}  {place.code}".rstrip() + "\n" if place else ""
        body = excerpt.code or f'return ARRAYS["{role}_output"]'
        note = f"    # {excerpt.reason}: these are the values that it gave.\n" if not excerpt.code else ""
        code = "\n".join(f"    {line}" for line in body.splitlines())
        parts.append(f"def {role}():\n    # {', '.join(excerpt.calls) or name}\n{where}{note}{code}\n")
        values.append(to_canonical(excerpt.output, excerpt.axes))
    expressions = [_ordered(role, each, arrays) for role, each in zip(ROLES, fault.excerpts, strict=True)]
    if values[0].shape != values[1].shape and regroups(values[1].shape, values[0].shape):
        expressions[1] += f".reshape({values[0].shape})"
        values[1] = values[1].reshape(values[0].shape)
    needed = {line for each in fault.excerpts for line in each.imports}
    backend = ['os.environ["KERAS_BACKEND"] = "tensorflow"', ""] if "import keras" in needed else []
    lines = [
        *_docstring(fault),
        "",
        *(["import os"] if backend else []),
        "from pathlib import Path",
        "",
        "import numpy as np",
        "",
        *backend,
        *(line for line in _IMPORTS if line in needed),
        *([""] if needed else []),
        'ARRAYS = np.load(Path(__file__).with_suffix(".npz"))',
        "",
        "",
        "\n\n".join(parts),
        "",
        f"expected = {expressions[0]}",
        f"found = {expressions[1]}",
        *_comparison(values, text(canonical(fault.excerpts[0].axes)), fault.told),
    ]
    return "\n".join(lines) + "\n", arrays


def _docstring(fault: Fault) -> list[str]:
    told = "" if fault.told is None or not np.isfinite(fault.told) else f" by {fault.told:.2g}"
    whole = all(each.code for each in fault.excerpts)
    wide = ", in float64" if all(each.output.dtype == np.float64 for each in fault.excerpts) else ""
    numbers = "numbers drawn from those that the reference has here" if fault.anew else "what the reference has here"
    says = f"Both read {numbers}{wide}."
    if not whole:
        says += " What could not be called by itself is compared by the values that it gave."
    found = fault.sentences or [f"{fault.name}: on equal inputs the two differ{told}"]
    escaped = [each.replace("\\", "\\\\").replace('"""', "'''") for each in found]
    versions = ", ".join(f"{name} {version}" for name, version in fault.versions.items())
    return [
        f'"""{escaped[0]}.',
        *(f"{each}." for each in escaped[1:]),
        "",
        says,
        "The arrays stand in the .npz beside this file, with what both gave (reference_output, candidate_output).",
        f"Written with {versions}.",
        '"""',
    ]


def _ordered(role: str, excerpt: Excerpt, arrays: dict[str, Array]) -> str:
    """The call, and how its result comes into the order of axes in which the two are compared."""
    expression = f"np.asarray({role}())"
    for position, axis in enumerate(excerpt.axes):
        if (indices := order(axis)) is not None:
            arrays[f"{role}_order_{position}"] = indices
            expression = f'np.take({expression}, ARRAYS["{role}_order_{position}"], {position})'
    places = ranking(excerpt.axes)
    return expression if places == tuple(range(len(places))) else f"{expression}.transpose({places})"


def _comparison(values: Sequence[Array], axes: str, told: float | None) -> list[str]:
    if values[0].shape != values[1].shape:
        return ['print(f"the shapes differ: {expected.shape} in the reference, {found.shape} in the candidate")']
    exact = any(each.dtype.kind in "biu" for each in values)
    subtracted = "found.astype(float) - expected.astype(float)" if exact else "found - expected"
    lines = [
        f"difference = np.abs({subtracted})",
        "where = tuple(map(int, np.unravel_index(difference.argmax(), difference.shape)))",
        f'print(f"the largest difference is {{difference.max():.6g}}, at {{where}} ({axes}): "',
        '      f"{expected[where]:.6g} in the reference, {found[where]:.6g} in the candidate")',
    ]
    channel = _channel(values, told)
    if channel is not None:
        lines.append(f'print(f"in channel {channel}, of which parity tells: {{difference[..., {channel}].max():.6g}}")')
    return lines


def _channel(values: Sequence[Any], told: float | None) -> int | None:
    """The channel in which the distance is the told one, where that is not the largest of all."""
    if told is None or not np.isfinite(told) or values[0].ndim < 2 or not values[0].size:
        return None
    apart = np.abs(values[1].astype(float) - values[0].astype(float))
    by_channel = apart.reshape(-1, apart.shape[-1]).max(0)
    if not np.all(np.isfinite(by_channel)) or abs(by_channel.max() - told) <= _TOLD * told:
        return None
    return int(np.argmin(np.abs(by_channel - told)))
