"""A reference that runs once on each batch with each set of weights, however many candidates are held against it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from parity.nouns import Amendment, Array, Outline, Probe, Side, Trace, Weights


class Remembered:
    """A side that gives again what it gave. The weights are written only where there is something to run."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._wanted: Weights | None = None
        self._held = self._key = ""
        self._parts: tuple[tuple[str, int], ...] = ()
        self._runs: dict[tuple[Any, ...], Trace] = {}
        self._outputs: dict[tuple[Any, ...], Mapping[str, Array]] = {}
        self._calibrated: dict[tuple[Any, ...], Weights] = {}

    def outline(self, probe: Probe) -> Outline:
        return self._side.outline(probe)

    def part(self, layers: Mapping[str, int]) -> bool:
        self._parts = (*self._parts, *layers.items())
        return self._side.part(layers)

    def among(self, sides: int) -> None:
        self._side.among(sides)

    def weights(self) -> Weights:
        return self._side.weights() if self._wanted is None else _copied(self._wanted)

    def load(self, weights: Weights) -> None:
        self._wanted, self._key = _copied(weights), _digest(weights)

    def calibrate(self, probe: Probe, seed: int) -> None:
        at = self._key, _digest({"": probe.arrays}), seed
        if at not in self._calibrated:
            self._ready().calibrate(probe, seed)
            self._calibrated[at] = _copied(self._side.weights())
            self._held = _digest(self._calibrated[at])
        self.load(self._calibrated[at])

    def run(
        self,
        probe: Probe,
        *,
        double: bool = False,
        given: Mapping[str, Array] | None = None,
        amendments: Sequence[Amendment] = (),
    ) -> Trace:
        if given is not None or amendments:
            return self._ready().run(probe, double=double, given=given, amendments=amendments)
        at = self._key, self._parts, _digest({"": probe.arrays}), double
        if at not in self._runs:
            self._runs[at] = self._ready().run(probe, double=double)
        return self._runs[at]

    def outputs(self, probe: Probe) -> Mapping[str, Array]:
        at = self._key, self._parts, _digest({"": probe.arrays})
        if at not in self._outputs:
            self._outputs[at] = self._ready().outputs(probe)
        return self._outputs[at]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._side, name)

    def _ready(self) -> Side:
        """The side itself, with the weights that were asked for last."""
        if self._wanted is not None and self._held != self._key:
            self._side.load(self._wanted)
            self._held = self._key
        return self._side


def _copied(weights: Weights) -> Weights:
    return {layer: {role: np.array(array) for role, array in roles.items()} for layer, roles in weights.items()}


def _digest(arrays: Mapping[str, Mapping[str, Array]]) -> str:
    """A name for arrays, by all that is in them."""
    made = hashlib.sha256()
    for name, roles in sorted(arrays.items()):
        for role, array in sorted(roles.items()):
            made.update(f"{name} {role} {array.dtype} {array.shape} ".encode())
            made.update(np.ascontiguousarray(array).tobytes())
    return made.hexdigest()
