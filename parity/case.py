"""What is asked: two implementations, and the inputs on which to compare them. Plain data, nothing imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from parity.errors import nearest


@dataclass(frozen=True)
class SideSpec:
    """How to build one side: `build` is `module:callable`, found from `folder`, called with `arguments`.

    `environment` are variables of its process, above those that it inherits. `patched` are other texts of some of
    its files, by path: they are imported in the place of what stands on the disk.
    """

    framework: str
    build: str
    folder: Path
    arguments: Mapping[str, Any] = field(default_factory=dict)
    python: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    patched: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Input:
    """One input of the network. `shape` is that of one sample, without the batch, in the reference's axes.

    `axes` names those axes; `candidate_axes` is the order in which the candidate takes them (the same
    where it is None). Values come from `file`, or from `distribution`: "normal" is N(0, 1) moved and scaled
    into `range` as mean ± one deviation, "uniform" fills `range`; integer inputs are uniform in `range`,
    both ends included. `free` names the axes that may have other sizes too: both networks run at such sizes.
    """

    name: str
    shape: tuple[int, ...]
    axes: tuple[str, ...]
    candidate_axes: tuple[str, ...] | None = None
    dtype: str = "float32"
    distribution: str = "normal"
    range: tuple[float, float] | None = None
    file: Path | None = None
    free: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expectation:
    """What a case is expected to come out as."""

    verdict: str = "parity"
    causes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """Two implementations that are to be compared, and with what.

    `pins` are pairs of layers by name (`[match]`), `layouts` the order of axes in kernels of either
    side (`[port]`), where the user knows better than the graph.
    """

    name: str
    title: str
    folder: Path
    reference: SideSpec
    candidate: SideSpec
    inputs: tuple[Input, ...]
    source: str = ""
    weights: str = "probe"
    rtol: float | None = None
    atol: float | None = None
    expect: Expectation = Expectation()
    pins: Mapping[str, str] = field(default_factory=dict)
    layouts: Mapping[str, str] = field(default_factory=dict)


def swapped(case: Case) -> Case:
    """The same case with its sides exchanged: what was the candidate is the reference. Nothing is expected of it.

    A `file` of an input still holds samples in the axes that the case was written in.
    """
    return replace(
        case,
        reference=case.candidate,
        candidate=case.reference,
        inputs=tuple(_swapped(each) for each in case.inputs),
        expect=Expectation(),
        pins={yours: mine for mine, yours in case.pins.items()},
    )


def _swapped(each: Input) -> Input:
    if each.candidate_axes is None:
        return each
    shape = tuple(each.shape[each.axes.index(name)] for name in each.candidate_axes)
    return replace(each, shape=shape, axes=each.candidate_axes, candidate_axes=each.axes)


def not_free(free: Sequence[str], axes: Sequence[str]) -> str:
    """What is wrong with these free axes of an input; empty where nothing is."""
    spatial = [each for each in axes if each != "channel"]
    for name in free:
        if name == "batch":
            return "the batch is free anyway, and named nowhere"
        if name == "channel" and name in axes:
            return "the weights fix the number of channels; expected axes whose size they do not fix"
        if name not in axes:
            return f"there is no axis {name!r}" + (nearest(name, spatial) if spatial else "")
    return f"expected each axis once, of {' '.join(axes)}" if len(set(free)) < len(free) else ""
