"""ONNX as third reference: the Keras or TensorFlow side exported, run by ONNX Runtime, and laid beside both sides."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from parity.axes import to_canonical, unknown
from parity.compare import distance
from parity.nouns import Outline, Probe, Side, Trace

EQUAL = 1e-5
"""The share of the scale up to which two float32 results count as one here: it says who stands alone, no more."""
OpenOnnx = Callable[[Path], AbstractContextManager[Side]]


@dataclass(frozen=True)
class Third:
    """The largest distance of the outputs between each two of the three, relative to the scale.

    A distance is None where the two could not be compared; `reason` says why there is no third at all.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    between: float | None = None
    reference: float | None = None
    candidate: float | None = None
    reason: str = ""

    @property
    def implies(self) -> str:
        """What the three distances say, in a sentence."""
        if self.reason:
            return f"no third reference: {self.reason.splitlines()[0]}"
        ours, theirs = (
            each is not None and math.isfinite(each) and each <= EQUAL for each in (self.reference, self.candidate)
        )
        if ours and theirs:
            return "ONNX agrees with both"
        if ours:
            return "ONNX agrees with the reference, the candidate stands alone"
        if theirs:
            return "ONNX agrees with the candidate, the reference stands alone"
        return "ONNX agrees with neither"


EXPORTED = ("keras", "tensorflow")
"""The frameworks whose networks are exported to ONNX."""


@dataclass(frozen=True)
class Exported:
    """One side with what it was asked and what it answered."""

    side: Side
    outline: Outline
    probe: Probe
    trace: Trace


def third_reference(reference: Exported, candidate: Exported, open_onnx: OpenOnnx) -> Third:
    """Export the first side that can be, run it, and measure. Whatever fails is the `reason` of there being none."""
    exported = next((run for run in (reference, candidate) if run.outline.framework in EXPORTED), None)
    if exported is None:
        return Third(reason="neither side is Keras or TensorFlow, and only those are exported")
    try:
        with tempfile.TemporaryDirectory(prefix="parity-") as folder:
            file = Path(folder) / "exported.onnx"
            exported.side.export(file, exported.probe)
            with open_onnx(file) as onnx:
                result = onnx.run(exported.probe)
                versions = onnx.outline(exported.probe).versions
        if len(result.outputs) != len(exported.outline.outputs):
            raise ValueError(
                f"the export gives {len(result.outputs)} outputs, the network {len(exported.outline.outputs)}"
            )
    except Exception as error:  # noqa: BLE001 - an export may fail in any way, and the verdict stands without it
        return Third(reason=str(error) or type(error).__name__)
    layers = {layer.name: layer.axes for layer in exported.outline.layers}
    arrays = {
        name: to_canonical(array, layers.get(layer, unknown(array.shape)))
        for (name, layer), array in zip(exported.outline.outputs.items(), result.outputs.values(), strict=True)
    }
    third = Trace({}, arrays)
    return Third(
        versions=versions,
        between=_farthest(reference.trace, candidate.trace),
        reference=_farthest(reference.trace, third),
        candidate=_farthest(candidate.trace, third),
    )


def _farthest(one: Trace, other: Trace) -> float | None:
    """The largest distance over all outputs as a share of the first one's scale; None where shapes differ."""
    arrays = list(zip(one.outputs.values(), other.outputs.values(), strict=False))
    if not arrays or len(one.outputs) != len(other.outputs) or any(a.shape != b.shape for a, b in arrays):
        return None
    return max(distance(a, b) / (distance(a, 0 * a) or 1.0) for a, b in arrays)
