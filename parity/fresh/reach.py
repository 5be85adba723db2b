"""How far a comparison of fresh weights reaches, in a sentence."""

from __future__ import annotations

from typing import Any


def reach(document: dict[str, Any]) -> str:
    """What the comparison can see, and how often it errs."""
    found = [(row["finds"], f"{row['layer']}.{row['role']}") for row in document["arrays"] if row["finds"]]
    error = f"two networks that draw alike are called other once in {1 / document['level']:,.0f} comparisons at most"
    if not found:
        return error
    usual = sorted(found)[len(found) // 2][0]
    worst, where = max(found)
    return (
        f"a deviation that is off by {usual:.1%} is found 19 times in 20 in the median array, "
        f"by {worst:.1%} in the smallest ({where}); {error}"
    )
