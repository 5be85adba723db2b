"""What causes about sliding windows share: what is padded on either side, and how a window is set otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from parity.axes import canonical
from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network
from parity.mending.mend import Mend, Mended, mended
from parity.moves.pooling import Amounts, filled
from parity.nouns import Amendment, Layer, Move

CONVOLUTIONS = ("conv", "conv_transpose")
POOLS = ("max_pool", "average_pool")
_STILL = ("identity", "dropout", "permute")
"""What a pad is seen through: it leaves every element at its place in the map."""


def space(layer: Layer, framework: str, rank: int) -> tuple[int, ...]:
    """Where a layer's spatial axes stand in its native arrays."""
    names = [str(axis) for axis in layer.axes]
    last = framework == "torch" or (names[1:2] == ["channel"] and names[-1] != "channel")
    end = len(names) - (not last)
    return tuple(range(end - rank, end))


def along(layer: Layer, framework: str, amounts: Amounts) -> Amounts:
    """Amounts along the spatial axes as amounts along all axes of a layer's native arrays."""
    found = [(0, 0)] * len(layer.axes)
    for at, pair in zip(space(layer, framework, len(amounts)), amounts, strict=True):
        found[at] = pair
    return tuple(found)


def apart(evidence: Evidence, setting: str) -> tuple[Any, Any] | None:
    """Both values of a setting of windows that differ where it matters; None where they do not.

    A window of one element may be spread or stand along an axis more: neither changes anything.
    """
    if setting not in evidence.differing or not alike(evidence):
        return None
    mine, yours = evidence.differing[setting]
    if len(_kernel(evidence.reference)) != len(_kernel(evidence.candidate)):
        bare = [_bare(layer, value) for layer, value in ((evidence.reference, mine), (evidence.candidate, yours))]
        return None if bare[0] == bare[1] else (mine, yours)
    both = zip(_kernel(evidence.reference), _kernel(evidence.candidate), strict=True)
    matters = [setting != "dilation" or kernels != (1, 1) for kernels in both]
    different = any(one != two and counts for one, two, counts in zip(mine, yours, matters, strict=True))
    return (mine, yours) if different else None


def alike(evidence: Evidence) -> bool:
    """Whether a row holds two layers of one kind whose windows can be compared."""
    return evidence.paired and evidence.reference.kind == evidence.candidate.kind and "kernel" in _set(evidence)


def amendable(evidence: Evidence) -> bool:
    """Whether the candidate's window could be set as the reference's: over as many axes, and with arrays that fit."""
    ranks = len(_kernel(evidence.reference)), len(_kernel(evidence.candidate))
    return ranks[0] == ranks[1] and not (evidence.row.mismatched and "kernel" in evidence.differing)


# -- convolutions ----------------------------------------------------------------------------------


def padding_apart(evidence: Evidence) -> tuple[Amounts, Amounts] | None:
    """What is padded before a convolution in all, where that differs and not only because its kernel does."""
    if evidence.kind != "conv":
        return None
    values = apart(evidence, "padding")
    if values is None or amendable(evidence):
        return values
    spare = [_spare(*each) for each in zip(values, (evidence.reference, evidence.candidate), strict=True)]
    return None if spare[0] == spare[1] else values


def causal(evidence: Evidence) -> bool:
    """Whether one side pads all that a kernel reaches at the start, and the other does not."""
    values = padding_apart(evidence)
    if values is None or any(len(each) != 1 for each in values):
        return False
    reach = [_span(layer)[0] - 1 for layer in (evidence.reference, evidence.candidate)]
    return any(end == 0 < start == far for ((start, end),), far in zip(values, reach, strict=True))


def odd_one(evidence: Evidence) -> bool:
    """Whether the paddings of a convolution with a stride differ by where, or whether, one odd pixel is added."""
    values = padding_apart(evidence)
    if values is None or causal(evidence) or not amendable(evidence):
        return False
    strides = [max(each) for each in zip(*(layer.settings["stride"] for layer in _both(evidence)), strict=True)]
    axes = [each for each in zip(*values, strides, strict=True) if each[0] != each[1]]
    return all(
        stride > 1 and abs(sum(mine) - sum(yours)) <= 1 and any(end - start == 1 for start, end in (mine, yours))
        for mine, yours, stride in axes
    )


def padded(evidence: Evidence) -> tuple[Amendment, ...]:
    """The candidate's convolution behind a pad that makes up for what the reference pads, and without one's own."""
    if not amendable(evidence):
        return ()
    framework = evidence.network.candidate_framework
    amounts = along(evidence.candidate, framework, _missing(evidence))
    none = 0 if framework == "torch" else "valid"
    return (Amendment(evidence.candidate.name, words={"padding": none}, before=(Move("pad", {"amounts": amounts}),)),)


def padding_mend(evidence: Evidence) -> Mend | None:
    """The argument that pads so; a pad of its own where there is none, as it pads alike on both sides of each axis."""
    if not amendable(evidence):
        return None
    missing = _missing(evidence)
    return _symmetric(evidence, missing) or _behind_pad(evidence, missing)


def say_amounts(amounts: Amounts) -> str:
    """Amounts in a sentence."""
    return " by ".join(f"({start}, {end})" for start, end in amounts)


def say_pads(values: tuple[Amounts, Amounts]) -> tuple[str, str]:
    """What two pads add in a sentence, without the axes to which neither adds anything."""
    kept = [pair for pair in zip(*values, strict=True) if any(any(each) for each in pair)]
    return say_amounts(tuple(one for one, _ in kept)), say_amounts(tuple(other for _, other in kept))


def say_window(sizes: tuple[int, ...]) -> str:
    """A window, or a setting of one, in a sentence: one number where it is the same along all axes."""
    return str(sizes[0]) if len(set(sizes)) == 1 else "×".join(map(str, sizes))


def of_window(setting: str, words: Mapping[str, str]) -> Cause:
    """A cause that is one setting of a window, which `words` names in each framework."""

    def suspect(evidence: Evidence) -> Iterator[Suspicion]:
        values = apart(evidence, setting) if evidence.kind in CONVOLUTIONS + POOLS else None
        if values is None:
            return
        word = words.get(evidence.network.candidate_framework)
        can = word is not None and amendable(evidence)
        amendments = (Amendment(evidence.candidate.name, words={word: values[0]}),) if can and word else ()
        yield Suspicion(
            f"{setting} is {say_window(values[0])} in the reference and {say_window(values[1])} here",
            values,
            pooled(evidence, **{setting: values[0]}) if evidence.kind in POOLS else amendments,
            evidence.mend(keywords={word: bare(values[0])}) if can and word else None,
        )

    return Cause(suspect, CONVOLUTIONS + POOLS, (setting,))


def bare(sizes: tuple[int, ...]) -> int | tuple[int, ...]:
    """A setting of a window as it is written: one number where it is the same along all axes."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def amounts_apart(evidence: Evidence) -> tuple[Amounts, Amounts] | None:
    """What two pads add, along as many axes, where that differs."""
    mine, yours = evidence.differing.get("amounts", (None, None)) if evidence.kind == "pad" else (None, None)
    return (mine, yours) if mine and yours and len(mine) == len(yours) else None


def reordered(evidence: Evidence) -> bool:
    """Whether two pads add the same amounts in another order."""
    values = amounts_apart(evidence)
    if values is None:
        return False
    mine, yours = values
    return sorted(each for pair in mine for each in pair) == sorted(each for pair in yours for each in pair)


# -- pools -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Padding:
    """All that is padded before a pool, by itself or by pads before it that have no partner.

    `fill` says what it counts as: "zeros", "silent" for nothing at all, the amounts that are zeros where it is
    both, "" where nothing is padded. `there` is what the pads before it add.
    """

    amounts: Amounts
    fill: str | Amounts
    there: Amounts


def paddings(evidence: Evidence) -> tuple[Padding, Padding] | None:
    """What both sides pad before a pool; None for anything but a pair of pools over as many axes."""
    if evidence.kind not in POOLS or not alike(evidence) or not amendable(evidence):
        return None
    mine, yours = (padding_of(evidence.network, layer, side) for side, layer in enumerate(_both(evidence)))
    # What is not there counts as the other side's does.
    fills = mine.fill or yours.fill or "silent", yours.fill or mine.fill or "silent"
    return replace(mine, fill=fills[0]), replace(yours, fill=fills[1])


def uneven(found: tuple[Padding, Padding]) -> bool:
    """Whether one of two pools reaches farther at the end along an axis that they pad otherwise.

    So do 'same' and `ceil_mode`, and never a padding by one number.
    """
    both = zip(found[0].amounts, found[1].amounts, strict=True)
    return any(start < end for one, other in both if one != other for start, end in (one, other))


def pooled(evidence: Evidence, **changed: Any) -> tuple[Amendment, ...]:
    """The candidate's pool with some of its settings changed."""
    found = paddings(evidence)
    if found is None:
        return ()
    candidate = evidence.candidate
    move = pool_move(evidence.kind, candidate.settings, found[1], space_of(evidence.network, candidate), **changed)
    return (Amendment(candidate.name, instead=(move,)),)


def pool_move(kind: str, settings: Mapping[str, Any], padding: Padding, axes: tuple[int, ...], **changed: Any) -> Move:
    """A pool with these settings, some of them changed."""
    own = {name: settings[name] for name in ("kernel", "stride", "dilation", "divisor") if name in settings}
    own |= {"amounts": padding.amounts, "fill": padding.fill, "there": padding.there}
    own["statistic"] = "max" if kind == "max_pool" else "average"
    return Move("pool", {"space": axes, "own": own, **changed})


def space_of(network: Network, layer: Layer) -> tuple[int, ...]:
    """Where the spatial axes of a pool of the candidate's stand."""
    return space(layer, network.candidate_framework, len(_kernel(layer)))


def alone(kind: str, settings: Mapping[str, Any]) -> Padding:
    """What a pool pads by itself."""
    own, none = settings["padding"], ((0, 0),) * len(settings["padding"])
    if kind == "average_pool" and (settings.get("counts_padding") or "divisor" in settings):
        # What PyTorch reaches beyond its own padding, it does not count.
        zeros = own if "divisor" in settings else tuple((start, min(start, end)) for start, end in own)
    else:
        zeros = none
    return Padding(own, _fill(own, zeros), none)


def pool_mend(evidence: Evidence) -> Mend | None:
    """The arguments with which the candidate's pool pads as the reference's."""
    found = paddings(evidence)
    if found is None or found[0].fill != "silent" or any(any(pair) for pair in found[1].there):
        return None
    wanted = found[0].amounts
    strides = evidence.candidate.settings["stride"]
    reaches = all(start == 0 and end < stride for (start, end), stride in zip(wanted, strides, strict=True))
    if reaches and evidence.network.candidate_framework == "torch" and any(end for _, end in wanted):
        own = any(start for start, _ in evidence.candidate.settings["padding"])
        return evidence.mend(keywords={"padding": 0, "ceil_mode": True} if own else {"ceil_mode": True})
    silent = float("-inf") if evidence.kind == "max_pool" else None
    return _symmetric(evidence, wanted) or (None if silent is None else _behind_pad(evidence, wanted, silent))


# --------------------------------------------------------------------------------------------------


def padding_of(network: Network, layer: Layer, side: int) -> Padding:
    """All that is padded before a pool of one side."""
    own = alone(layer.kind, layer.settings)
    total, there = own.amounts, own.there
    zeros, _ = filled(own.amounts, own.fill)
    before = network.layers[side].get(layer.inputs[0]) if layer.inputs else None
    while before is not None and (before.kind in _STILL or before.kind == "pad"):
        if before.kind == "pad":
            value = before.settings.get("value")
            silent = layer.kind == "max_pool" and value == float("-inf")
            constant = before.settings.get("mode") == "constant" and (value == 0 or silent)
            if not constant or not network.lonely(before, side):
                break  # data like any other
            amounts = spatial(before)
            if len(amounts) != len(there):
                break
            there, total = _sum(there, amounts), _sum(total, amounts)
            zeros = zeros if silent else _sum(zeros, amounts)
        before = network.layers[side].get(before.inputs[0]) if before.inputs else None
    return Padding(total, _fill(total, zeros), there)


def _fill(total: Amounts, zeros: Amounts) -> str | Amounts:
    if not any(any(pair) for pair in total):
        return ""
    return "zeros" if zeros == total else "silent" if not any(any(pair) for pair in zeros) else zeros


def spatial(pad: Layer) -> Amounts:
    """What a pad adds along the axes of space; nothing where it adds along others too."""
    pairs = list(zip(canonical(pad.axes), pad.settings["amounts"], strict=True))
    spatial = [(axis, pair) for axis, pair in pairs if str(axis) not in ("batch", "channel")]
    elsewhere = any(any(pair) for axis, pair in pairs if str(axis) in ("batch", "channel"))
    return () if elsewhere else tuple(pair for _, pair in spatial)


def _sum(one: Amounts, other: Amounts) -> Amounts:
    return tuple((a + c, b + d) for (a, b), (c, d) in zip(one, other, strict=True))


def _missing(evidence: Evidence) -> Amounts:
    """What the candidate's layer has to pad by itself, so that it is the reference's amount in all."""
    wanted, there = evidence.differing["padding"]
    own = evidence.candidate.settings["padding"]
    return tuple(
        (want[0] - have[0] + mine[0], want[1] - have[1] + mine[1])
        for want, have, mine in zip(wanted, there, own, strict=True)
    )


def _symmetric(evidence: Evidence, amounts: Amounts) -> Mend | None:
    """The argument `padding` of a layer that pads so; None where it cannot say that."""
    if evidence.network.candidate_framework != "torch":
        return None if any(any(pair) for pair in amounts) else evidence.mend(keywords={"padding": "valid"})
    if any(start != end or start < 0 for start, end in amounts):
        return None
    return evidence.mend(keywords={"padding": bare(tuple(start for start, _ in amounts))})


def _behind_pad(evidence: Evidence, amounts: Amounts, value: float = 0.0) -> Mend | None:
    """The layer without padding of its own, behind a pad of these amounts; a pad that stands there gets others."""
    layer, torch = evidence.candidate, evidence.network.candidate_framework == "torch"
    own = any(any(pair) for pair in layer.settings["padding"])
    none: dict[str, Any] = {"padding": 0 if torch else "valid"} if own else {}
    before = evidence.network.layers[1].get(layer.inputs[0])
    if torch and not own and before is not None and before.kind == "pad":
        there = spatial(before)
        if len(there) != len(amounts) or before.settings.get("value", 0.0) != value:
            return None
        return evidence.mend_call(before, keywords={"pad": _flat(_sum(there, amounts))})
    if any(each < 0 for pair in amounts for each in pair) or (value and not torch):
        return None
    function, made = (
        _pads(amounts, value) if torch else ("", f"keras.layers.ZeroPadding{len(amounts)}D({_say(amounts)})({{}})")
    )
    if layer.built is None:
        return evidence.mend(keywords=none, feed=function or made)
    if not function or layer.called is None:  # Keras calls a layer on the line that builds it
        return evidence.mend(keywords=none, feed=made)
    also = evidence.mend(keywords=none) if none else None
    called = evidence.mend_call(layer, feed=function, also=(also,) if also else ())
    in_sequence = evidence.mend(keywords=none, feed=made)
    return called if called and isinstance(mended(called), Mended) else in_sequence


def _pads(amounts: Amounts, value: float) -> tuple[str, str]:
    """PyTorch's function that pads so, and the call of its module."""
    if value:
        silent = f'{_flat(amounts)}, float("-inf")'
        return f'F.pad({{}}, {_flat(amounts)}, value=float("-inf"))', f"nn.ConstantPad{len(amounts)}d({silent})({{}})"
    return f"F.pad({{}}, {_flat(amounts)})", f"nn.ZeroPad{len(amounts)}d({_flat(amounts)})({{}})"


def _say(amounts: Amounts) -> str:
    """Amounts as Keras's layers of padding take them."""
    alike = {each for pair in amounts for each in pair}
    return str(*alike) if len(alike) == 1 else str(amounts[0] if len(amounts) == 1 else amounts)


def _flat(amounts: Amounts) -> tuple[int, ...]:
    """Amounts as PyTorch's `pad` takes them: of the last axis first."""
    return tuple(each for pair in reversed(amounts) for each in pair)


def _both(evidence: Evidence) -> tuple[Layer, Layer]:
    return evidence.reference, evidence.candidate


def _set(evidence: Evidence) -> Mapping[str, Any]:
    """The settings that both layers have."""
    yours = evidence.candidate.settings
    return {name: value for name, value in evidence.reference.settings.items() if name in yours}


def _kernel(layer: Layer) -> tuple[int, ...]:
    return tuple(layer.settings["kernel"])


def _span(layer: Layer) -> tuple[int, ...]:
    return tuple((k - 1) * d + 1 for k, d in zip(_kernel(layer), layer.settings["dilation"], strict=True))


def _spare(amounts: Amounts, layer: Layer) -> list[int]:
    """By how much an output is longer than its input, along each axis that a window of more than one slides on."""
    spans = zip(amounts, _span(layer), strict=True)
    return [sum(pair) - span for pair, span in spans if (sum(pair), span) != (0, 1)]


def _bare(layer: Layer, value: tuple[Any, ...]) -> list[Any]:
    windows = zip(_kernel(layer), layer.settings["stride"], value, strict=True)
    return [each for kernel, stride, each in windows if (kernel, stride) != (1, 1)]
