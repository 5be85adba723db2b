"""What a file of `rules/` says: one kind of layer, its parameters in named axes, and how each framework spells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from parity.axes import Axes, Axis, Shape, broadcast
from parity.nouns import Settings


@dataclass(frozen=True)
class Call:
    """One call as a framework spelled it: its words, the axes of the data it read, the shape it gave.

    `held` gives the native shape of the array in each slot (attribute or argument) that holds a parameter.
    """

    name: str
    words: Mapping[str, Any]
    inputs: tuple[Axes, ...]
    shape: Shape
    held: Mapping[str, Shape] = field(default_factory=dict)


def same_axes(call: Call) -> Axes:
    """Output axes of an elementwise call."""
    return broadcast(call.inputs, call.shape)


def no_settings(call: Call) -> Settings:
    """A kind without hyperparameters."""
    return {}


def no_reads(call: Call) -> Mapping[str, Axis]:
    """A kind whose parameters do not follow the order of an axis of the data."""
    return {}


def always(call: Call) -> bool:
    """A spelling that reads every call of its names."""
    return True


@dataclass(frozen=True)
class Hold:
    """Where a framework keeps the array of one role, and how.

    `slot` is the attribute (dotted where it belongs to a cell) or argument that holds it, `axes` its axes
    there, an einops pattern in which `sizes` gives what the shape alone does not tell (`"input (gate unit)"`
    with `{"gate": 4}`). `part` is the slice of the native array that plays this role, where one array plays
    several. `order` gives for an axis the native position of each canonical one (gates). `canonical` stands
    for the role's axes where those depend on the call.
    """

    slot: str
    axes: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    part: tuple[int | slice, ...] = ()
    order: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    canonical: str | None = None


Holds = Mapping[str, Hold]


@dataclass(frozen=True)
class Spelling:
    """How one framework writes a kind of layer.

    `names` are its classes, functions or op types. `words` are a function's arguments in order with their
    literal defaults (`"input weight bias=None stride=1 *dims"`), since built-ins have no signature to read.
    `holds` gives, for each role, where it is held: for every call alike, or as this call spells it. `slots`
    are all that can hold one; they need to be named only where `holds` depends on the call. `reads` says
    which axis of the data an axis of the parameters runs along (`{"input": ...}`): they share their order.
    Where several spellings have a name in common, the first whose `when` is true of the call reads it, and
    all must give the same `words`.
    """

    names: tuple[str, ...]
    words: str = ""
    holds: Holds | Callable[[Call], Holds] = field(default_factory=dict)
    slots: tuple[str, ...] = ()
    when: Callable[[Call], bool] = always
    settings: Callable[[Call], Settings] = no_settings
    axes: Callable[[Call], Axes] = same_axes
    reads: Callable[[Call], Mapping[str, Axis]] = no_reads

    def held(self, call: Call) -> Holds:
        """Where this call holds the array of each role."""
        return self.holds(call) if callable(self.holds) else self.holds

    @property
    def all_slots(self) -> tuple[str, ...]:
        """Every attribute or argument in which it may hold an array."""
        return self.slots or (() if callable(self.holds) else tuple(hold.slot for hold in self.holds.values()))


@dataclass(frozen=True)
class Role:
    """One parameter or buffer of a kind: its canonical axes and whether training changes it.

    `neutral` is the value with which the layer computes what one without this array does. `joins` names the
    role to which this array may be added, for a layer that keeps only the sum.
    """

    axes: str
    trainable: bool = True
    neutral: float | None = None
    joins: str = ""


@dataclass(frozen=True)
class Example:
    """The same layer in Keras and in PyTorch, as expressions: what proves a rule, over odd and unequal sizes.

    `shape` and `axes` are those of one sample in Keras; `torch_axes` the order in which PyTorch takes it
    (the channels first, where it is empty). The input holds integers below `indices`, where that is not 0.
    In `torch`, `Apply(function, *modules)` is a module whose forward pass is `function(x, *modules)`.
    """

    keras: str
    torch: str
    shape: Shape
    axes: str
    torch_axes: str = ""
    indices: int = 0


@dataclass(frozen=True)
class Rule:
    """One kind of layer in every framework's spellings; `carries` as in Layer.

    `bookkeeping` names buffers that inference never reads, by the end of their native names. `peculiar` says of
    a setting why no weights make a layer without it compute the same, where one framework alone has it.
    """

    kind: str
    keras: tuple[Spelling, ...] = ()
    torch: tuple[Spelling, ...] = ()
    tensorflow: tuple[Spelling, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=dict)
    carries: bool = False
    activation: bool = False
    bookkeeping: tuple[str, ...] = ()
    peculiar: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
