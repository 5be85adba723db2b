"""Elementwise calls of two operands: of which one may be a plain number, and one a parameter of the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parity.axes import Axis
from parity.grammar.constants import other
from parity.grammar.spans import Span, along
from parity.nouns import Settings
from parity.rule import Call, Hold, Holds

TORCH, TENSORFLOW, BIAS_ADD = ("input", "other"), ("x", "y"), ("value", "bias")
"""What the two operands are called."""


def constant(slots: tuple[str, str]) -> Callable[[Call], Settings]:
    """Settings of a call whose order does not matter: the plain number, if one operand is one."""

    def settings(call: Call) -> Settings:
        if call.words.get("alpha", 1) != 1:
            return {"alpha": call.words["alpha"]}
        found = other(call, slots)
        return {} if found is None else {"constant": found[1]}

    return settings


def by_parameter(slots: tuple[str, str]) -> Callable[[Call], bool]:
    """Whether one operand is a parameter and the other data."""
    return lambda call: len(call.inputs) == 1 and len(_held(call, slots)) == 1 and call.words.get("alpha", 1) == 1


def holds(role: str, slots: tuple[str, str]) -> Callable[[Call], Holds]:
    """Where the parameter is, lying along the last axes of the data (or its channels, for a bias)."""

    def held(call: Call) -> Holds:
        (slot,) = _held(call, slots)
        span = _span(call, slot)
        return {role: Hold(slot, span.native, canonical=span.canonical)}

    return held


def reads(slots: tuple[str, str]) -> Callable[[Call], Mapping[str, Axis]]:
    """The axes of the data behind the words of the parameter's."""

    def read(call: Call) -> Mapping[str, Axis]:
        (slot,) = _held(call, slots)
        return _span(call, slot).reads

    return read


def _span(call: Call, slot: str) -> Span:
    data = call.inputs[0]
    if call.words.get("data_format") in (b"NCHW", b"NCW", b"NCDHW"):
        data = data[:2]
    return along(data, call.held[slot])


def _held(call: Call, slots: tuple[str, str]) -> list[str]:
    return [slot for slot in slots if slot in call.held]
