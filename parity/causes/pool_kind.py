"""A maximum on one side, a mean on the other.

What it is: `MaxPooling2D` ported to `nn.AvgPool2d`, or a global average to a global maximum.
How it shows: no shape or count differs; means lie below maxima.
How to mend: the reference's kind of pool, with the same window.
Example: `keras.layers.AveragePooling2D(2)` ported to `nn.MaxPool2d(2)`.
Source: a slip of the hand; LeNet averages, its successors take the maximum.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import (
    Padding,
    bare,
    padding_of,
    pool_move,
    say_amounts,
    say_window,
    space_of,
    uneven,
)
from parity.mending.mend import Mend
from parity.nouns import Amendment, Layer

_POOLS = {"average_pool": "average", "max_pool": "max", "mean": "average", "max": "max"}
_NAMES = {"average": "the mean", "max": "the maximum"}
_MODULES = {"average_pool": "AvgPool", "max_pool": "MaxPool"}
_SETTINGS = {
    "kernel": {"torch": "kernel_size", "keras": "pool_size"},
    "stride": {"torch": "stride", "keras": "strides"},
    "dilation": {"torch": "dilation"},
}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.row.match.candidate is not None or evidence.kind not in _POOLS:
        return
    mine, network = evidence.reference, evidence.network
    there = network.answers.get(network.source(mine.inputs[0], 0), "")
    found = [
        each
        for each in network.computing_users(there, 1)
        if _POOLS.get(each.kind, _POOLS[mine.kind]) != _POOLS[mine.kind] and network.lonely(each, 1)
    ]
    if len(found) != 1:
        return
    yours = found[0]
    names = _NAMES[_POOLS[mine.kind]], _NAMES[_POOLS[yours.kind]]
    windows = _windows(evidence, mine, yours) if mine.kind in _MODULES and yours.kind in _MODULES else None
    yield Suspicion(
        f"{names[0]} of each window is taken in the reference, {names[1]} here",
        names,
        windows.set(**windows.kind()) if windows else (),
        _mend(evidence, mine, yours) if windows else None,
        places=(yours.place, mine.place),
    )
    if windows:
        yield from _set_otherwise(evidence, windows)


@dataclass(frozen=True)
class _Windows:
    """Two pools of other kinds that slide over as many axes: what each pads, and where those axes stand here."""

    mine: Layer
    yours: Layer
    padding: tuple[Padding, Padding]
    axes: tuple[int, ...]

    def set(self, **changed: Any) -> tuple[Amendment, ...]:
        """The candidate's pool with some of its settings changed."""
        move = pool_move(self.yours.kind, self.yours.settings, self.padding[1], self.axes, **changed)
        return (Amendment(self.yours.name, instead=(move,)),)

    def kind(self) -> dict[str, Any]:
        """What makes it the reference's kind: with that goes what the padding counts as."""
        divisor = self.mine.settings.get("divisor")
        fill = self.padding[0].fill or "silent"
        return {"statistic": _POOLS[self.mine.kind], "fill": fill, "divisor": divisor}


def _windows(evidence: Evidence, mine: Layer, yours: Layer) -> _Windows | None:
    if len(mine.settings["kernel"]) != len(yours.settings["kernel"]):
        return None
    network = evidence.network
    padding = padding_of(network, mine, 0), padding_of(network, yours, 1)
    return _Windows(mine, yours, padding, space_of(network, yours))


def _set_otherwise(evidence: Evidence, windows: _Windows) -> Iterator[Suspicion]:
    """What differs beside the kind: pools of two kinds have no row together in which it would be told."""
    mine, yours = windows.mine, windows.yours
    for setting, words in _SETTINGS.items():
        values = mine.settings.get(setting, ()), yours.settings.get(setting, ())
        if all(values) and values[0] != values[1]:
            word = words.get(evidence.network.candidate_framework)
            told = "the window" if setting == "kernel" else setting
            yield Suspicion(
                f"{told} is {say_window(values[0])} in the reference and {say_window(values[1])} here",
                values,
                windows.set(**{setting: values[0]}),
                _set(evidence, yours, {word: bare(values[0])}) if word else None,
                places=(yours.place, mine.place),
                name=setting,
            )
    amounts = windows.padding[0].amounts, windows.padding[1].amounts
    if amounts[0] != amounts[1]:
        yield Suspicion(
            f"pads {say_amounts(amounts[0])} in the reference and {say_amounts(amounts[1])} here",
            amounts,
            windows.set(amounts=amounts[0]),
            places=(yours.place, mine.place),
            name="pool-same" if uneven(windows.padding) else "padding",
        )


def _set(evidence: Evidence, yours: Layer, keywords: dict[str, Any]) -> Mend | None:
    if yours.built is None:
        return evidence.mend_call(yours, keywords=keywords)
    framework = evidence.network.candidate_framework
    return Mend(yours.built, keywords=keywords, framework=framework, signature=yours.signature)


def _mend(evidence: Evidence, mine: Layer, yours: Layer) -> Mend | None:
    if evidence.network.candidate_framework != "torch":
        return None
    rank = len(mine.settings["kernel"])
    if yours.built is None:
        name = {"max_pool": "max", "average_pool": "avg"}[mine.kind]
        return evidence.mend_call(yours, replace=f"{name}_pool{rank}d")
    return Mend(yours.built, replace=f"{_MODULES[mine.kind]}{rank}d", framework="torch")


CAUSE = Cause(_suspect)
