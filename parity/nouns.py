"""The nouns that flow from stage to stage. All are frozen; `reference` stands before `candidate` everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from parity.axes import Axes, Shape

Array = NDArray[Any]
Settings = Mapping[str, Any]
Weights = Mapping[str, Mapping[str, Array]]
"""Canonical arrays by layer and role: `weights["conv1"]["kernel"]`."""


@dataclass(frozen=True)
class Probe:
    """One batch of inputs, in the reference's axes; `axes` names those of each array, batch first."""

    name: str
    arrays: Mapping[str, Array]
    axes: Mapping[str, tuple[str, ...]]


# -- what a side is made of ------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A line of the user's code."""

    file: str
    line: int
    code: str = ""

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}"


@dataclass(frozen=True)
class Parameter:
    """One array that a layer holds. `shape` is canonical, in `axes`; `name` is the framework's own.

    `counted` tells whether the framework counts it among its parameters (PyTorch does not count buffers).
    `registered` is False for one that the network reads and does not own (a layer kept in a plain list);
    `portable` is False for one that no rule knows how to carry.
    """

    role: str
    name: str
    shape: Shape
    axes: str = ""
    trainable: bool = True
    counted: bool = True
    registered: bool = True
    portable: bool = True

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass(frozen=True)
class Layer:
    """One call of a layer or function: a node of the data-flow graph, in call order.

    `inputs` names the layers it reads, operand by operand (`input:NAME` for an input of the network).
    `shape` is the output's own shape with the batch, `axes` its named axes. A later call of a layer that
    was called before has no parameters of its own and names the first call in `shares`.
    `carries` marks what moves data and computes nothing (reshape, transpose, dropout at inference).
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    shape: Shape
    axes: Axes
    settings: Settings = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    carries: bool = False
    known: bool = True
    shares: str | None = None
    built: Place | None = None
    called: Place | None = None

    @property
    def place(self) -> Place | None:
        return self.built or self.called

    @property
    def counted(self) -> int:
        """The number of its parameters, as its framework counts them."""
        return sum(each.size for each in self.parameters if each.counted)


@dataclass(frozen=True)
class Outline:
    """A side's layers in call order. `outputs` maps each output's name to the layer that gives it.

    `unread` are parameters and buffers that belong to the network and that no layer reads.
    """

    framework: str
    versions: Mapping[str, str]
    inputs: tuple[str, ...]
    layers: tuple[Layer, ...]
    outputs: Mapping[str, str]
    unread: tuple[Parameter, ...] = ()

    def layer(self, name: str) -> Layer:
        return next(layer for layer in self.layers if layer.name == name)

    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(p for layer in self.layers for p in layer.parameters) + self.unread

    def count(self, *, trainable: bool | None = None) -> int:
        """The number of parameters as the framework counts them, all or only the (un)trainable ones."""
        return sum(p.size for p in self.parameters() if p.counted and trainable in (None, p.trainable))


@dataclass(frozen=True)
class Trace:
    """One run: the canonical output of each layer, by its name, and the network's outputs by theirs."""

    steps: Mapping[str, Array]
    outputs: Mapping[str, Array]


class Side(Protocol):
    """One implementation in one framework, live in this process or behind a worker."""

    def outline(self, probe: Probe) -> Outline:
        """The layers, as called on inputs of the probe's shapes."""

    def weights(self) -> Weights:
        """All portable parameters, canonical, by layer and role."""

    def load(self, weights: Weights) -> None:
        """Write canonical parameters back, all or none; raises OutlineError for a shape that does not fit."""

    def run(self, probe: Probe) -> Trace:
        """One forward pass in inference mode, every layer's output recorded."""

    def export(self, file: Path, probe: Probe) -> None:
        """Write the network as an ONNX file, its outputs in the side's own order."""


# -- what is found ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Match:
    """A reference layer and the candidate layer that answers it; one of them is None for a lonely layer.

    `moved`: the two stand in another order relative to another matched pair, so that their values may differ
    although the network behind both is the same; what comes behind them is compared all the same.
    `ambiguous`: the graph holds several layers that could answer; this pair was taken in call order.
    """

    reference: Layer | None
    candidate: Layer | None
    moved: bool = False
    ambiguous: bool = False

    @property
    def name(self) -> str:
        """The reference layer's name; the candidate's for one that the reference has not."""
        return self.reference.name if self.reference else self.candidate.name if self.candidate else ""

    @property
    def kind(self) -> str:
        layer = self.reference or self.candidate
        return layer.kind if layer else ""

    @property
    def carries(self) -> bool:
        layer = self.reference or self.candidate
        return bool(layer and layer.carries)


Matches = tuple[Match, ...]


@dataclass(frozen=True)
class Entry:
    """One parameter or buffer in the ledger, and what became of it.

    `use` is "ported" (carried bit for bit from `reference` to `candidate`), "bookkeeping" (never read at
    inference), or why it was not carried: "mismatched" (the two networks hold different arrays here),
    "unknown" (no rule of parity's knows it) or "unread" (its network holds it and reads it nowhere), with
    the `reason` in words. Either name is empty where that side has no such array.
    """

    layer: str
    role: str
    reference: str
    candidate: str
    size: int
    use: str
    reason: str = ""


@dataclass(frozen=True)
class Balance:
    """What one pair of layers contributes to the two totals, as each framework counts, and why they differ."""

    reference: str
    candidate: str
    reference_count: int
    candidate_count: int
    explanation: str = ""
    explained: bool = True

    @property
    def difference(self) -> int:
        return self.reference_count - self.candidate_count


@dataclass(frozen=True)
class Ledger:
    """The account of every parameter and buffer of both sides; `balances` add up to the totals' difference."""

    entries: tuple[Entry, ...]
    balances: tuple[Balance, ...]

    @property
    def unported(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.use not in ("ported", "bookkeeping"))

    @property
    def closed(self) -> bool:
        """Every array was carried over or is bookkeeping."""
        return not self.unported


@dataclass(frozen=True)
class Pair:
    """Two canonical arrays that should be equal. An array is None where its side has no such step."""

    name: str
    reference: Array | None
    candidate: Array | None


@dataclass(frozen=True)
class Difference:
    """How far two arrays lie apart. Numbers are None where nothing could be subtracted.

    `scale` is the largest finite magnitude of the reference (of what a layer reads, where that is larger
    and passes through it); `relative` is `max_abs / scale`; `where` is the
    canonical index of the largest difference. NaN and infinities are counted on each side; infinities
    that stand at the same place on both sides are equal, NaN never is.
    """

    name: str
    reference_shape: Shape | None
    candidate_shape: Shape | None
    scale: float | None = None
    max_abs: float | None = None
    mean_abs: float | None = None
    relative: float | None = None
    cosine: float | None = None
    where: tuple[int, ...] | None = None
    reference_nan: int = 0
    candidate_nan: int = 0
    reference_inf: int = 0
    candidate_inf: int = 0
    allowed: float | None = None

    @property
    def compared(self) -> bool:
        return self.max_abs is not None

    @property
    def same_shape(self) -> bool:
        return self.reference_shape == self.candidate_shape

    @property
    def agrees(self) -> bool:
        """Compared, free of NaN, and within what is allowed."""
        clean = not (self.reference_nan or self.candidate_nan)
        return bool(clean and self.max_abs is not None and self.allowed is not None and self.max_abs <= self.allowed)


@dataclass(frozen=True)
class Finding:
    """A cause that accounts for a difference: suspected from what stands in the two networks.

    `cause` is its code (`bn-epsilon`); `place` the candidate's line, `reference_place` the reference's.
    """

    cause: str
    status: str
    layer: str
    sentence: str
    reference_value: str = ""
    candidate_value: str = ""
    place: Place | None = None
    reference_place: Place | None = None
