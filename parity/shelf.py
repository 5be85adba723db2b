"""A shelf is a package whose every file defines one entry; this reads them all, in the order of their names."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from types import ModuleType
from typing import Any


@cache
def read(package: str, entry: str) -> dict[str, Any]:
    """Import each module of `package` and take its attribute `entry`: `read("parity.rules", "RULE")`.

    Returns the entries by module name. Raises AttributeError for a file that does not define the entry, so
    that nothing on a shelf is passed over in silence.
    """
    return {name: getattr(module, entry) for name, module in _modules(package).items()}


@cache
def words(package: str) -> dict[str, str]:
    """What stands at the head of each module of `package`, by module name."""
    return {name: inspect.getdoc(module) or "" for name, module in _modules(package).items()}


def _modules(package: str) -> dict[str, ModuleType]:
    shelf = importlib.import_module(package)
    names = sorted(module.name for module in pkgutil.iter_modules(shelf.__path__) if not module.name.startswith("_"))
    return {name: importlib.import_module(f"{package}.{name}") for name in names}
