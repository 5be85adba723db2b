"""Ten ports as they are written by hand, each with a few faults of its writer.

Each module holds `reference()` and `candidate()`, the `INPUTS` that both take, and `FAULTS`: what is wrong in the
candidate, with the line that is wrong and what stands there once it is mended.
"""

import torch  # noqa: F401  # isort: skip - before Keras, which brings TensorFlow
import importlib
import inspect
import linecache
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

NAMES = (
    "autoencoder",
    "discriminator",
    "encoder",
    "mobile",
    "profile",
    "resnet",
    "tagger",
    "unet",
    "vgg",
    "wavenet",
)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a candidate: where, what, and the line (or lines) with its mended form."""

    layer: str
    what: str
    line: str
    mended: str


def port(name: str) -> ModuleType:
    """The module of the port with that name."""
    return importlib.import_module(f"ports.{name}")


def mended(module: ModuleType, faults: Sequence[Fault]) -> Callable[[], Any]:
    """`candidate` of a module with these faults mended in its source."""
    code, mark, rest = inspect.getsource(module).partition("\nFAULTS = ")
    assert mark, f"{module.__name__} lists no faults"
    for fault in faults:
        assert code.count(fault.line) == 1, f"{module.__name__}: not once: {fault.line}"
        code = code.replace(fault.line, fault.mended)
    names = ", ".join(str(module.FAULTS.index(fault)) for fault in faults)
    file = f"<{module.__name__} mended: {names}>"
    source = code + mark + rest
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    scope: dict[str, Any] = {"__name__": module.__name__}
    exec(compile(source, file, "exec"), scope)
    return scope["candidate"]
