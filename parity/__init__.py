"""parity: are two implementations of a network, in Keras and in PyTorch, the same function?

>>> import parity
>>> verdict = parity.check(keras_model, torch_module, {"image": batch})  # doctest: +SKIP
>>> verdict.ok  # doctest: +SKIP
True
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from parity.api import check as check
    from parity.api import check_init as check_init
    from parity.api import port as port
    from parity.case import Input as Input
    from parity.errors import NotParity as NotParity
    from parity.errors import NotPorted as NotPorted
    from parity.errors import ParityError as ParityError
    from parity.fresh.result import Initialisation as Initialisation
    from parity.verdict import Verdict as Verdict

_HOMES = {
    "check": "parity.api",
    "check_init": "parity.api",
    "port": "parity.api",
    "Input": "parity.case",
    "Verdict": "parity.verdict",
    "Initialisation": "parity.fresh.result",
    "ParityError": "parity.errors",
    "NotParity": "parity.errors",
    "NotPorted": "parity.errors",
}
__all__ = [*_HOMES, "__version__"]


class _Package(ModuleType):
    """`parity.port` is the function; the stage of this name stays reachable by `from parity.port import ...`."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):  # as the import system binds a submodule
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    """Import the public names when they are asked for, so that the command line starts without numpy."""
    if name not in _HOMES:
        raise AttributeError(f"module 'parity' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
