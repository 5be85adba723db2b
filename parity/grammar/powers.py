"""What a power raises to what, and the exponents that have kinds of their own.

`x / sqrt(y)` and `x * rsqrt(y)` are one function in other steps: a root must not answer its reciprocal.
"""

from collections.abc import Callable

from parity.grammar.constants import other
from parity.nouns import Settings
from parity.rule import Call

OWN = {"square": 2.0, "sqrt": 0.5, "rsqrt": -0.5, "reciprocal": -1.0}
TORCH_WORDS = "input exponent"


def settings(call: Call) -> Settings:
    """The `exponent` or `base` that is a plain number; none where both are data."""
    words = call.words
    slots = ("x", "y") if "x" in words else ("input", "exponent" if "exponent" in words else "other")
    found = other(call, slots)
    if found is None:
        return {}
    return {"base" if (found[0] == slots[0]) != (call.name == "rpow") else "exponent": found[1]}


def raises_to(kind: str) -> Callable[[Call], bool]:
    """Whether a call is this power by its exponent."""
    return lambda call: settings(call).get("exponent") == OWN[kind]


def general(call: Call) -> bool:
    """Whether a call is a power that has no kind of its own."""
    return settings(call).get("exponent") not in OWN.values()
