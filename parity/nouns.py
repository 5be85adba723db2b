"""The nouns that flow from stage to stage. All are frozen; `reference` stands before `candidate` everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from parity.axes import Axes, Shape, named

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

    def entering(self) -> Mapping[str, Axes]:
        """The axes of each input, with their sizes."""
        return {name: named(self.axes[name], array.shape) for name, array in self.arrays.items()}

    def doubled(self) -> Probe:
        """The same batch with its floating inputs in float64."""
        wide = {
            name: array.astype(np.float64) if array.dtype.kind == "f" else array for name, array in self.arrays.items()
        }
        return replace(self, arrays=wide)


# -- what a side is made of ------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A line of the user's code. `within` is the line, the user's too, that called the function in which it stands."""

    file: str
    line: int
    code: str = ""
    within: Place | None = field(default=None, compare=False, repr=False)

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
class Origin:
    """Where a framework keeps an array, and how it says that it draws a fresh one.

    `shape` is that of the native array or of the part that plays this role, `whole` that of all of it: an
    initialiser counts its fans by that. `said` names the initialiser as the framework holds it ("GlorotUniform";
    empty where it holds none), `config` its arguments, `argument` the one of the layer's that takes it.
    """

    name: str
    shape: Shape
    whole: Shape
    said: str = ""
    config: Settings = field(default_factory=dict)
    argument: str = ""


@dataclass(frozen=True)
class Layer:
    """One call of a layer or function: a node of the data-flow graph, in call order.

    `inputs` names the layers it reads, operand by operand (`input:NAME` for an input of the network).
    `shape` is the output's own shape with the batch, `axes` its named axes. A later call of a layer that
    was called before has no parameters of its own and names the first call in `shares`; `borrowed` are the
    parameters that it reads and another call owns (a tied weight). `in_place`: it wrote into its first operand,
    so that what reads that later reads this layer.
    `carries` marks what moves data and computes nothing (reshape, transpose, dropout at inference). `maker` is the
    class of what was built, or else the function that was called; `signature` names its parameters, in order, those
    that are no positions behind `*`. `made_of` names the calls before this one that are one layer with
    it: a formula that is written out, a product with the bias that is added to it.
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
    borrowed: tuple[Parameter, ...] = ()
    in_place: bool = False
    built: Place | None = None
    called: Place | None = None
    maker: str = ""
    signature: tuple[str, ...] = ()
    made_of: tuple[str, ...] = ()

    @property
    def place(self) -> Place | None:
        return self.built or self.called

    @property
    def counted(self) -> int:
        """The number of its parameters, as its framework counts them."""
        return sum(each.size for each in self.parameters if each.counted)


@dataclass(frozen=True)
class Claim:
    """A call whose declared output shape is not the shape that it gives; None in `declared` is any size.

    `source` is the layer of the outline that gives it. `stops`: what stands behind it cannot run on what it gives,
    and was traced on zeros of the declared shape instead.
    """

    name: str
    source: str
    declared: tuple[int | None, ...]
    gives: Shape
    place: Place | None = None
    stops: bool = False

    def __str__(self) -> str:
        declared = "×".join("batch" if size is None else str(size) for size in self.declared)
        where = f" ({self.place})" if self.place else ""
        return f"{self.name} declares the shape {declared} and gives {'×'.join(map(str, self.gives))}{where}"


@dataclass(frozen=True)
class Outline:
    """A side's layers in call order. `outputs` maps each output's name to the layer that gives it.

    `unread` are parameters and buffers that belong to the network and that no layer reads, `claims` what it says of
    its own shapes and does not hold, `entering` the axes in which it takes each input.
    """

    framework: str
    versions: Mapping[str, str]
    inputs: tuple[str, ...]
    layers: tuple[Layer, ...]
    outputs: Mapping[str, str]
    unread: tuple[Parameter, ...] = ()
    claims: tuple[Claim, ...] = ()
    entering: Mapping[str, Axes] = field(default_factory=dict)

    def layer(self, name: str) -> Layer:
        return next(layer for layer in self.layers if layer.name == name)

    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(p for layer in self.layers for p in layer.parameters) + self.unread

    def count(self, *, trainable: bool | None = None) -> int:
        """The number of parameters as the framework counts them, all or only the (un)trainable ones."""
        return sum(p.size for p in self.parameters() if p.counted and trainable in (None, p.trainable))


@dataclass(frozen=True)
class Trace:
    """One run: the canonical output of each layer, by its name, and the network's outputs by theirs.

    `isolated` holds what each layer gives on outputs that were given for the layers before it.
    """

    steps: Mapping[str, Array]
    outputs: Mapping[str, Array]
    isolated: Mapping[str, Array] = field(default_factory=dict)

    def outputs_only(self) -> Trace:
        """The same without its steps."""
        return Trace({}, self.outputs)


@dataclass(frozen=True)
class Move:
    """One thing that is done to an array: a name in `moves`, and its arguments. Plain data, so that it travels."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Amendment:
    """One change of a live network while it runs, in its own code: what a remedy is made of.

    `layer` is the layer whose call is changed, or `input:NAME`. `words` are native arguments that it gets in
    the place of its own (of a Keras layer, its attributes), `operands` the order in which it reads what it
    reads, `before` what is done to one operand: the first, or number `at` in that order. With `instead`, that is
    done to the first operand and the layer is not called; nothing at all leaves the layer out. `after` belongs to
    the layer; `then` is done to what it hands on, as a layer behind it would. `behind` names a later layer: this
    one is then called on what that one gives, with all else that is amended of it, and left out here. An input is
    no call: only `then` can be done to it. Arrays stand in the order of their own framework's axes.
    """

    layer: str
    words: Mapping[str, Any] = field(default_factory=dict)
    operands: tuple[int, ...] = ()
    before: tuple[Move, ...] = ()
    at: int = 0
    instead: tuple[Move, ...] | None = None
    after: tuple[Move, ...] = ()
    then: tuple[Move, ...] = ()
    behind: str = ""


@dataclass(frozen=True)
class Excerpt:
    """A few calls of a network by themselves: the body of a function that needs their framework alone.

    The `code` makes them again of `arrays`, which it reads as `ARRAYS["name"]`, and returns what the last of them
    gives; it was run once, and gave what the network gives here. Empty where `reason` says why there is none.
    `calls` names the layers in it, `imports` what it needs. `output` is what the network gives, as its framework lays
    it out, with these `axes`.
    """

    calls: tuple[str, ...]
    code: str
    imports: tuple[str, ...]
    arrays: Mapping[str, Array]
    output: Array
    axes: Axes
    reason: str = ""


@dataclass(frozen=True)
class Intake:
    """One input as a network declares it: the shape of one sample, None where a size is free."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str


class Side(Protocol):
    """One implementation in one framework, live in this process or behind a worker."""

    def intakes(self) -> tuple[Intake, ...]:
        """The inputs that the network declares, in their order; none where it declares nothing."""

    def outline(self, probe: Probe) -> Outline:
        """The layers, as called on inputs of the probe's shapes."""

    def part(self, layers: Mapping[str, int]) -> bool:
        """From the next outline on, show each of these dense layers as so many, whose outputs stand in a row.

        Returns whether it can: False changes nothing.
        """

    def weights(self) -> Weights:
        """All portable parameters, canonical, by layer and role."""

    def load(self, weights: Weights) -> None:
        """Write canonical parameters back, all or none; raises OutlineError for a shape that does not fit."""

    def origins(self) -> Mapping[str, Mapping[str, Origin]]:
        """Where each of the arrays of `weights` is kept, and how it is drawn, by layer and role."""

    def again(self, thing: Any, probe: Probe) -> Weights:
        """The weights of another build of the same network, by this one's layers and roles.

        Raises OutlineError where what was built is another network.
        """

    def among(self, sides: int) -> None:
        """From now on so many sides run at the same time, this one among them: keep to a share of the cores."""

    def calibrate(self, probe: Probe, seed: int) -> None:
        """Set the statistics of its normalisations, one behind the other, near those of what they read.

        Drawn weights make activations explode or die in a deep network; this keeps them at one scale.
        """

    def run(
        self,
        probe: Probe,
        *,
        double: bool = False,
        given: Mapping[str, Array] | None = None,
        amendments: Sequence[Amendment] = (),
    ) -> Trace:
        """One forward pass in inference mode, every layer's output recorded, as amended for this pass alone.

        `double` runs the side's float64 twin, with the same weights; raises NoTwin where there is none. With
        `given` outputs (canonical, by layer name), each layer also runs on what is given for those before it,
        in the same pass: `Trace.isolated`. Raises NoAmendment where the code cannot be amended so.
        """

    def excerpt(
        self, layer: str, probe: Probe, *, role: str, given: Mapping[str, Array], double: bool = False
    ) -> Excerpt:
        """A layer by itself, behind outputs that are given (canonical, by layer name) for those before it.

        What lies between comes with it, or the two sides would begin at values that differ already. `role` begins
        the names of the arrays. A layer that is given itself is what it hands on. Raises NoTwin as `run` does.
        """

    def outputs(self, probe: Probe) -> Mapping[str, Array]:
        """What the network gives by itself, called as its user calls it: canonical outputs by name.

        `run` watches a network, and shows some calls in parts; this is what that must not change.
        """

    def read(self, file: Path) -> None:
        """Load trained weights from a file of its framework, all or none; raises UsageError for an unfit file."""

    def save(self, file: Path) -> None:
        """Write all its weights into a file of its framework, whole or not at all; raises UsageError likewise."""

    def export(self, file: Path, probe: Probe) -> None:
        """Write the network as an ONNX file, its outputs in the side's own order."""


# -- what is found ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Match:
    """A reference layer and the candidate layer that answers it; one of them is None for a lonely layer.

    `moved`: the two stand in another order relative to another matched pair, so that their values may differ
    although the network behind both is the same; what comes behind them is compared all the same.
    `folds` names the reference's normalisation behind this layer into which its bias goes, or that takes it away,
    where the candidate's layer has none. `rivals` are further layers of the candidate's that the graph allows as well;
    of these the first in call order was taken. `steps` names the steps in which the two show their values,
    where that is not their own: a crop behind a layer may belong to it on the other side. `relay` is the user's
    word on the axis that the kernel reads: the sizes of what it is made of, and the order on the candidate's
    side. `lost` tells where that order could not be followed on either side.
    """

    reference: Layer | None
    candidate: Layer | None
    moved: bool = False
    rivals: tuple[str, ...] = ()
    folds: str = ""
    steps: tuple[str, str] | None = None
    relay: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    lost: str = ""

    @property
    def ambiguous(self) -> bool:
        """Whether the graph alone does not tell that these two answer each other."""
        return bool(self.rivals)

    @property
    def stepwise(self) -> bool:
        """Whether one side makes in one call what the other makes step by step: a recurrent layer and its cell."""
        pair = self.reference, self.candidate
        return pair[0] is not None and len({bool(each.settings.get("step")) for each in pair if each}) == 2

    @property
    def shown(self) -> tuple[str, str]:
        """The steps that are compared, of a pair."""
        assert self.reference and self.candidate
        return self.steps or (self.reference.name, self.candidate.name)

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


CARRIED = ("ported", "copied", "summed", "folded", "cancelled", "neutral", "bookkeeping")
"""What may become of an array without a loss: each use of a ledger that closes."""


@dataclass(frozen=True)
class Entry:
    """One parameter or buffer in the ledger, and what became of it.

    `use` is one of CARRIED: "ported" (bit for bit from `reference` to `candidate`), "copied" (the same, of an
    array that the reference ties and the candidate does not), "summed" and "folded" (added into another array
    of the candidate's, which has none of its own), "cancelled" (the reference's alone, and the norm behind it takes
    away what it adds), "neutral" (the candidate's alone, set to what does nothing), "bookkeeping" (never read at
    inference). Or it says why it was not carried: "mismatched" (the two networks
    hold different arrays here), "unknown" (no rule of parity's knows it) or "unread" (its network holds it and
    reads it nowhere), with the `reason` in words. Either name is empty where that side has no such array.
    """

    layer: str
    role: str
    reference: str
    candidate: str
    size: int
    use: str
    reason: str = ""

    @property
    def carried(self) -> bool:
        """Whether numbers of the reference's went to the candidate."""
        return self.use in ("ported", "copied", "summed", "folded")


@dataclass(frozen=True)
class Owed:
    """What one array owes to the difference of two totals: how many numbers more the reference counts, and why."""

    amount: int
    role: str
    why: str


@dataclass(frozen=True)
class Balance:
    """What one pair of layers contributes to the two totals, as each framework counts, and why they differ."""

    reference: str
    candidate: str
    reference_count: int
    candidate_count: int
    explanation: str = ""
    explained: bool = True
    owed: tuple[Owed, ...] = ()

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
        return tuple(entry for entry in self.entries if entry.use not in CARRIED)

    @property
    def closed(self) -> bool:
        """Every array was carried over or is bookkeeping."""
        return not self.unported


@dataclass(frozen=True)
class Runs:
    """Both sides run on one probe: in float32 and, where both can, as float64 twins.

    The candidate's last run also holds each of its layers alone on the reference's values (`isolated`).
    Where a side has no twin, `reason` says why, and `shaken` are further float32 runs of both sides with
    inputs and weights moved by half a unit in the last place: how far those lie apart estimates the floor.
    `redrawn` is what the layers of each side give on values that were drawn anew for what they read.
    """

    reference: Trace
    candidate: Trace
    twins: tuple[Trace, Trace] | None = None
    shaken: tuple[tuple[Trace, Trace], ...] = ()
    reason: str = ""
    redrawn: tuple[Mapping[str, Array], Mapping[str, Array]] | None = None

    def outputs_only(self) -> Runs:
        """The same without the steps of each run, which may be large."""
        twins = None if self.twins is None else (self.twins[0].outputs_only(), self.twins[1].outputs_only())
        return Runs(self.reference.outputs_only(), self.candidate.outputs_only(), twins, reason=self.reason)


@dataclass(frozen=True)
class Pair:
    """The canonical arrays of one step, reference before candidate; None where a side has no such step.

    `values` are of the float32 runs, `twins` of the float64 runs, `shaken` of the moved float32 runs.
    `isolated` is what the candidate's layer gives on the reference's values, in the widest precision run, and
    `redrawn` what both give on values drawn anew, of layers that hold weights.
    """

    name: str
    values: tuple[Array | None, Array | None]
    twins: tuple[Array, Array] | None = None
    shaken: tuple[tuple[Array, Array], ...] = ()
    isolated: Array | None = None
    redrawn: tuple[Array, Array] | None = None


@dataclass(frozen=True)
class Difference:
    """How far the two sides of one step lie apart, and how much of that is rounding.

    `max_abs`, `mean_abs`, `cosine` and `where` (a canonical index) compare the float32 runs; `scale` is the
    largest finite magnitude of the reference's. `gap` is the distance of the float64 runs, `floor` how far a
    side's float32 run lies from its own float64 run and `rounding` what float64 may leave of that, all in the
    channel where gap / floor, the `share`, is largest. `isolated` is the distance that this layer makes
    alone, on equal inputs, and `redrawn` the one that it makes where these are drawn anew, each with its share of
    the floor. `allowed` is the user's tolerance, and then the float32 distance is what counts.
    Numbers are None where nothing could be subtracted. NaN and infinities are counted in float32; infinities
    at the same place are equal, NaN never is. `probe` names the batch on which all this was seen, `alone_on`
    those on which `isolated` and `redrawn` were.
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
    gap: float | None = None
    floor: float | None = None
    rounding: float | None = None
    share: float | None = None
    isolated: float | None = None
    isolated_share: float | None = None
    redrawn: float | None = None
    redrawn_share: float | None = None
    redrawn_rounding: float | None = None
    allowed: float | None = None
    probe: str = ""
    alone_on: tuple[str, str] = ("", "")
    reference_nan: int = 0
    candidate_nan: int = 0
    reference_inf: int = 0
    candidate_inf: int = 0

    @property
    def compared(self) -> bool:
        return self.max_abs is not None

    @property
    def same_shape(self) -> bool:
        return self.reference_shape == self.candidate_shape

    @property
    def agrees(self) -> bool:
        """Compared, free of NaN, and not farther apart than rounding in float32 explains, or the user allows."""
        if self.reference_nan or self.candidate_nan or self.max_abs is None:
            return False
        if self.allowed is not None:
            return self.max_abs <= self.allowed
        return not self.parts and not self.asleep

    @property
    def parts(self) -> bool:
        """Whether what the two networks give here lies farther apart than rounding in float32 explains."""
        return self.gap != 0 and (self.share is None or self.share > 1)

    @property
    def asleep(self) -> bool:
        """Whether this layer parts on values drawn anew: no probe may have reached that part of its weights."""
        return self.allowed is None and _above(self.redrawn_share, 1.0)

    @property
    def hidden(self) -> bool:
        """Agrees in float32 only because its rounding hides a difference that float64 shows."""
        shown = _above(self.gap, self.rounding) or _above(self.redrawn, self.redrawn_rounding)
        return self.agrees and self.allowed is None and shown

    @property
    def made_here(self) -> bool | None:
        """Whether this layer alone, on equal inputs, parts by more than rounding; None if it was not seen alone."""
        if self.isolated is None or self.isolated_share is None or self.allowed is not None:
            return True if self.asleep else None
        return self.isolated_share > 1 or self.asleep

    @property
    def made_beneath(self) -> bool:
        """Whether this layer alone makes a difference that float32's rounding hides."""
        return self.made_here is False and _above(self.isolated, self.rounding)


def _above(number: float | None, bound: float | None) -> bool:
    return number is not None and bound is not None and number > bound


@dataclass(frozen=True)
class Finding:
    """A cause that accounts for a difference.

    `cause` is its code (`bn-epsilon`). `status` is "confirmed" (amended so, the candidate's layers give what the
    reference's give), "stated" (the two networks themselves say it: arrays of other sizes), "suspected" (it was
    not, or could not be, tried; `doubt` says why) or "unknown" (no cause explains what this layer makes).
    `place` is the candidate's line, `reference_place` the reference's, `mend` the line to write. `before` and
    `after` are the distances that the layers it explains make alone, as the candidate is and amended.
    """

    cause: str
    status: str
    layer: str
    sentence: str
    reference_value: str = ""
    candidate_value: str = ""
    place: Place | None = None
    reference_place: Place | None = None
    before: float | None = None
    after: float | None = None
    mend: str = ""
    doubt: str = ""
