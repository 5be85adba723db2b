"""The call that makes the candidate draw an array as the reference does, and the proof that it does.

The proof is a draw: the call's own distribution, with the fans that the candidate's framework counts on the
candidate's array, is sampled as often as the reference was built, and held against the reference's sample.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.axes import Shape
from parity.fresh.drawing import POSITIONS, Drawn, orthogonal
from parity.fresh.initialiser import Initialiser, Site
from parity.fresh.law import CONSTANT, IDENTITY, NORMAL, ORTHOGONAL, TRUNCATED, UNIFORM, Law, constant
from parity.fresh.naming import Named, bears
from parity.fresh.telling_apart import apart, measured
from parity.nouns import Array, Origin, Place

_QR = 1 << 20
"""Elements of a matrix up to which every build of the proof draws one; of a larger one there are few."""
_FEW = 8
_CLEARLY = 1e-9
"""The level at which a call is not even tried: the proof asks again."""


@dataclass(frozen=True)
class Advice:
    """Lines of code, the line of the candidate's to which they belong, and the p-value of the proof."""

    code: tuple[str, ...]
    place: Place | None
    p: float


@dataclass(frozen=True)
class Target:
    """The candidate's arrays that are to be drawn: they are added up where there are several.

    `sites` say what a framework counts of each, `gate_shape` is that of one gate along the first native axis.
    """

    origins: tuple[Origin, ...]
    sites: tuple[Site, ...]
    gates: tuple[str, ...]
    place: Place | None


def advised(reference: Drawn, blocks: Sequence[Named | None], target: Target, level: float) -> Advice | None:
    """How to draw as the reference does; None where no one call does, or it could not be proved.

    `blocks` are the initialisers of the reference, one for each gate.
    """
    if any(each is None for each in blocks) or not target.origins:
        return None
    names = [each for each in blocks if each is not None]
    usual = max(names, key=lambda each: sum(other.law == each.law for other in names))
    odd = [at for at, each in enumerate(names) if each.law != usual.law]
    if any(names[at].law.family != CONSTANT for at in odd):
        return None
    found = _spelled(usual, reference.block(_first(names, usual)), target, level)
    if found is None:
        return None
    code, p = found
    first, site = target.origins[0], target.sites[0]
    if site.framework == "torch":
        rows = site.shape[0] // len(names)
        for at in odd:
            code.append(
                f"nn.init.constant_({_tensor(first)}.data[{at * rows}:{(at + 1) * rows}], {names[at].law.mean:g})"
            )
        # What is only ever added to it adds nothing.
        code += [f"nn.init.zeros_({_tensor(each)})" for each in target.origins[1:]]
        if len(target.origins) > 1 and usual.law.random:
            return None
    elif odd:
        forget = [target.gates[at] for at in odd] == ["forget"] and usual.law == constant(0.0)
        if not (forget and names[odd[0]].law == constant(1.0)):
            return None
        code.append("unit_forget_bias=True")
    return Advice(tuple(code), target.place, p)


def _first(names: Sequence[Named], usual: Named) -> int:
    return next(at for at, each in enumerate(names) if each.law == usual.law)


def _spelled(name: Named, reference: Drawn, target: Target, level: float) -> tuple[list[str], float] | None:
    """The first call that is proved, with its p-value."""
    origin, site = target.origins[0], target.sites[0]
    for law, words in _calls(name, reference, site):
        p = _proof(law, reference, site)
        if words and p >= level:
            return [_statement(words, origin, site)], p
    return None


def _calls(name: Named, reference: Drawn, site: Site) -> Iterator[tuple[Law, str]]:
    """The same initialiser as the candidate's framework has it, if it counts alike there; then its numbers.

    Where versions of the framework count the fans of this array in several ways, only numbers hold.
    """
    entry: Initialiser = name.entry
    whole = replace(
        site, measured=measured(reference), orthogonal=reference.gain if reference.orthogonal == "whole" else 0.0
    )
    named = entry.torch if site.framework == "torch" else entry.keras
    law = entry.law(whole)
    if named and law is not None and site.counted is None and bears(law, reference, _CLEARLY):
        yield law, named
    yield name.law, by_numbers(name.law, site.framework)


def by_numbers(law: Law, framework: str) -> str:
    """A distribution spelled by its numbers; empty where the framework has no call for it."""
    low, high = (law.mean - law.spread, law.mean + law.spread) if law.family == UNIFORM else (0.0, 0.0)
    mean, spread = f"{law.mean:.7g}", f"{law.spread:.7g}"
    cut = f"a={law.mean - law.cut * law.spread:.7g}, b={law.mean + law.cut * law.spread:.7g}"
    gain = "" if law.spread == 1 else f"gain={law.spread:.7g}"
    if framework == "torch":
        return {
            UNIFORM: f"nn.init.uniform_({{array}}, {low:.7g}, {high:.7g})",
            NORMAL: f"nn.init.normal_({{array}}, mean={mean}, std={spread})",
            TRUNCATED: f"nn.init.trunc_normal_({{array}}, mean={mean}, std={spread}, {cut})",
            CONSTANT: f"nn.init.constant_({{array}}, {mean})",
            IDENTITY: "nn.init.eye_({array})" if not gain else "",
            ORTHOGONAL: f"nn.init.orthogonal_({{array}}{', ' if gain else ''}{gain})",
        }[law.family]
    return (
        "keras.initializers."
        + {
            UNIFORM: f"RandomUniform(minval={low:.7g}, maxval={high:.7g})",
            NORMAL: f"RandomNormal(mean={mean}, stddev={spread})",
            TRUNCATED: f"TruncatedNormal(mean={mean}, stddev={spread})" if law.cut == 2 else "",
            CONSTANT: f"Constant({mean})",
            IDENTITY: f"Identity({gain})",
            ORTHOGONAL: f"Orthogonal({gain})",
        }[law.family]
    )


def _statement(words: str, origin: Origin, site: Site) -> str:
    if site.framework == "torch":
        return words.replace("{array}", _tensor(origin))
    if origin.argument:
        return f"{origin.argument}={words}"
    return f"{origin.name}.assign({words}({list(origin.whole)}))"


def _tensor(origin: Origin) -> str:
    """How a tensor of the candidate's network is reached; of a part of one, its data, since a view is no leaf."""
    name, bracket, part = origin.name.partition("[")
    return f"net.{name}" + (f".data[{part}" if bracket else "")


def _proof(law: Law, reference: Drawn, site: Site) -> float:
    """The smallest p-value of the reference against as many draws of this distribution; 0 where it is a constant's
    word against a number's."""
    if not law.random:
        return 1.0 if bears(law, reference, 0.0) else 0.0
    if reference.fixed:
        return 0.0
    drawn = drawn_from(law, len(reference.sample), site)
    if drawn.orthogonal != reference.orthogonal:
        return 0.0
    return min(answer.p for answer in apart(reference, drawn))


def drawn_from(law: Law, builds: int, site: Site, seed: int = 0) -> Drawn:
    """So many draws of a distribution as one block, as if a side had been built so often."""
    rng = np.random.default_rng([seed, builds])
    size = math.prod(site.shape)
    matrix, gain = "", 0.0
    rows: list[Array] = []
    if law.family == ORTHOGONAL:
        many = builds if size <= _QR else min(builds, _FEW)
        for _ in range(many):
            array = law.sample(rng, site.shape, rows_last=site.framework != "torch")
            rows.append(array.ravel())
        flat: Shape = (-1, site.shape[-1]) if site.framework != "torch" else (site.shape[0], -1)
        matrix, gain = orthogonal(rows[0].reshape(flat))
    else:
        rows = [law.sample(rng, (min(size, 8 * POSITIONS),)) for _ in range(builds)]
    numbers = np.array(rows)[:, None, :]
    wide = numbers.astype(np.float64)
    places = np.linspace(0, numbers.shape[2] - 1, min(numbers.shape[2], POSITIONS)).astype(np.intp)
    return Drawn(
        site.shape,
        numbers[:, :, places],
        wide.mean(axis=2),
        (wide**2).mean(axis=2),
        wide.min(axis=2),
        wide.max(axis=2),
        orthogonal=matrix,
        gain=gain,
    )
