"""What a file of `rules/` says: one kind of layer, its parameters in named axes, and how each framework spells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from parity.axes import Axes, Axis, Shape, broadcast
from parity.nouns import Settings


@dataclass(frozen=True)
class Call:
    """One call as a framework spelled it: its words, the axes of the data it read, the shape it gave."""

    name: str
    words: Mapping[str, Any]
    inputs: tuple[Axes, ...]
    shape: Shape


def same_axes(call: Call) -> Axes:
    """Output axes of an elementwise call."""
    return broadcast(call.inputs, call.shape)


def no_settings(call: Call) -> Settings:
    """A kind without hyperparameters."""
    return {}


def no_reads(call: Call) -> Mapping[str, Axis]:
    """A kind whose parameters do not follow the order of an axis of the data."""
    return {}


@dataclass(frozen=True)
class Spelling:
    """How one framework writes a kind of layer.

    `names` are its classes, functions or op types. `words` are a function's arguments in order with their
    literal defaults (`"input weight bias=None stride=1 *dims"`), since built-ins have no signature to read.
    `holds` gives, for each role, the attribute or argument that holds it and its axes there. `reads` says
    which axis of the data an axis of the parameters runs along (`{"input": ...}`): they share their order.
    """

    names: tuple[str, ...]
    words: str = ""
    holds: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    settings: Callable[[Call], Settings] = no_settings
    axes: Callable[[Call], Axes] = same_axes
    reads: Callable[[Call], Mapping[str, Axis]] = no_reads


@dataclass(frozen=True)
class Role:
    """One parameter or buffer of a kind: its canonical axes and whether training changes it."""

    axes: str
    trainable: bool = True


@dataclass(frozen=True)
class Example:
    """The same layer in Keras and in PyTorch, as expressions: what proves a rule, over odd and unequal sizes.

    `shape` and `axes` are those of one sample in Keras; `torch_axes` the order in which PyTorch takes it
    (the channels first, where it is empty).
    """

    keras: str
    torch: str
    shape: Shape
    axes: str
    torch_axes: str = ""


@dataclass(frozen=True)
class Rule:
    """One kind of layer in every framework's spellings; `carries` as in Layer.

    `bookkeeping` names buffers that inference never reads, by the end of their native names.
    """

    kind: str
    keras: tuple[Spelling, ...] = ()
    torch: tuple[Spelling, ...] = ()
    tensorflow: tuple[Spelling, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=dict)
    carries: bool = False
    activation: bool = False
    bookkeeping: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
