"""The document itself, for machines."""

from __future__ import annotations

import json
from typing import Any


def render(document: dict[str, Any]) -> str:
    """JSON, schema `parity-init/1`."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
