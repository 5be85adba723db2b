"""A shelf is a package whose every file defines one entry; this reads them all, in the order of their names."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any


@cache
def read(package: str, entry: str) -> dict[str, Any]:
    """Import each module of `package` and take its attribute `entry`: `read("parity.rules", "RULE")`.

    Returns the entries by module name. Raises AttributeError for a file that does not define the entry, so
    that nothing on a shelf is passed over in silence.
    """
    shelf = importlib.import_module(package)
    names = sorted(module.name for module in pkgutil.iter_modules(shelf.__path__) if not module.name.startswith("_"))
    return {name: getattr(importlib.import_module(f"{package}.{name}"), entry) for name in names}
