"""Stand-in until the branch with the real one is merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parity.nouns import Place


@dataclass(frozen=True)
class Mend:
    """See the branch."""

    place: Place | None
    call: str = ""
    keywords: Mapping[str, Any] = field(default_factory=dict)
    wrap: str = ""
    unwrap: str = ""
    operands: tuple[int, ...] = ()
    replace: str = ""
