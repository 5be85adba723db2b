"""What all causes come to at once, as one sentence of a report."""

from __future__ import annotations

from typing import Any


def together(document: dict[str, Any]) -> str:
    """What both networks come to with all that was proved mended at once; nothing where that was not tried."""
    if not (document["explained"] or document["left"]):
        return ""
    confirmed = any(each["status"] == "confirmed" for each in document["findings"])
    done = ["all that is confirmed mended at once, in memory"] if confirmed else []
    done += [f"the reference's values in the place of {', '.join(document['lent'])}"] if document["lent"] else []
    still = f"they still part at {', '.join(document['left'])}"
    return f"with {', and '.join(done)}, {'the two networks are the same' if document['explained'] else still}"
