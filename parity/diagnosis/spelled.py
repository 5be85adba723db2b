"""The numbers of an activation as the words of the candidate's framework, for a line that calls it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity.nouns import Layer, Move

_WORDS: Mapping[str, Mapping[tuple[str, str], str]] = {
    "torch": {
        ("elu", "alpha"): "alpha",
        ("celu", "alpha"): "alpha",
        ("gelu", "approximate"): "approximate",
        ("hard_shrink", "threshold"): "lambd",
        ("leaky_relu", "slope"): "negative_slope",
        ("soft_shrink", "threshold"): "lambd",
        ("softplus", "beta"): "beta",
    },
    "keras": {
        ("elu", "alpha"): "alpha",
        ("celu", "alpha"): "alpha",
        ("gelu", "approximate"): "approximate",
        ("hard_shrink", "threshold"): "threshold",
        ("leaky_relu", "slope"): "negative_slope",
        ("relu", "max_value"): "max_value",
        ("relu", "negative_slope"): "negative_slope",
        ("relu", "threshold"): "threshold",
        ("soft_shrink", "threshold"): "threshold",
    },
}
_DEFAULTS = {("elu", "alpha"): 1.0, ("celu", "alpha"): 1.0, ("gelu", "approximate"): False, ("softplus", "beta"): 1.0}


_NAMES = {
    "hard_shrink": "hardshrink",
    "hard_sigmoid": "hardsigmoid",
    "hard_silu": "hardswish",
    "log_sigmoid": "logsigmoid",
    "soft_shrink": "softshrink",
    "tanh_shrink": "tanhshrink",
}
"""What PyTorch calls functions that have another name here."""


def call_of(activation: Layer, framework: str, moves: Sequence[Move] = ()) -> tuple[str, dict[str, Any]] | None:
    """The function by which a framework computes an activation, and its arguments, as `keywords_of` tells them."""
    if activation.kind == "clip":
        return _clip(activation.settings.get("low"), activation.settings.get("high"), framework)
    keywords = keywords_of(activation, framework, moves)
    name = _NAMES.get(activation.kind, activation.kind) if framework == "torch" else activation.kind
    return None if keywords is None else (name, keywords)


def _clip(low: Any, high: Any, framework: str) -> tuple[str, dict[str, Any]] | None:
    if (low, high) == (0, 6):
        return "relu6", {}
    if framework == "torch":
        return "hardtanh", {} if (low, high) == (-1, 1) else {"min_val": low, "max_val": high}
    return ("hard_tanh", {}) if (low, high) == (-1, 1) else None


def word_of(framework: str, kind: str, setting: str) -> str:
    """The argument that says a setting of an activation; empty where there is none."""
    return _WORDS.get(framework, {}).get((kind, setting), "")


def keywords_of(activation: Layer, framework: str, moves: Sequence[Move] = ()) -> dict[str, Any] | None:
    """The arguments with which a framework calls this activation; None where it cannot say one of its numbers.

    The `moves` that make it of the candidate's own arrays tell along which axis.
    """
    found: dict[str, Any] = {}
    axes = [move.arguments["axis"] for move in moves if "axis" in move.arguments]
    for setting, value in activation.settings.items():
        if value is None or _DEFAULTS.get((activation.kind, setting)) == value:
            continue
        if setting == "over" and axes:
            found["dim" if framework == "torch" else "axis"] = axes[0]
            continue
        word = word_of(framework, activation.kind, setting)
        if not word:
            return None
        tanh = activation.kind == "gelu" and framework == "torch"
        found[word] = ("tanh" if value else "none") if tanh else value
    return found
