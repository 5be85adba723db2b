"""What the user says of the pairing: `[match]` and `[port]` of a case.toml, read against two outlines."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from parity.axes import Atom, Axes, canonical, text
from parity.errors import UsageError
from parity.nouns import Layer, Matches, Outline


def pinned(pairs: Mapping[str, str], reference: Outline, candidate: Outline) -> dict[str, str]:
    """The pairs of layers that the user gives, reference to candidate, `*` standing for any text alike in both.

    Raises UsageError for a name that a side does not have, or that a pattern leads to.
    """
    names = [layer.name for layer in reference.layers], [layer.name for layer in candidate.layers]
    found: dict[str, str] = {}
    for mine, yours in pairs.items():
        pattern = re.compile("(.*)".join(map(re.escape, mine.split("*"))))
        hits = [hit for name in names[0] if (hit := pattern.fullmatch(name))]
        if not hits:
            raise UsageError(f"[match] {mine!r}: the reference has no such layer{_nearest(mine, names[0])}")
        for hit in hits:
            answer = yours
            for part in hit.groups():
                answer = answer.replace("*", part, 1)
            if answer not in names[1]:
                raise UsageError(
                    f"[match] {mine!r} = {yours!r}: the candidate has no layer {answer!r}{_nearest(answer, names[1])}"
                )
            found[hit[0]] = answer
    if len(set(found.values())) < len(found):
        twice = next(each for each in found.values() if list(found.values()).count(each) > 1)
        raise UsageError(f"[match] pairs {twice!r} with two layers of the reference; expected one for each")
    return found


def laid_out(layouts: Mapping[str, str], matches: Matches, reference: Outline, candidate: Outline) -> Matches:
    """The matches with the order of input axes that the user gives for a kernel whose own could not be followed.

    A layout is the kernel's native axes with the composite one in brackets: `"out (c h w)"`; its words are
    names of the axes of the other side's data, or begin them. Raises UsageError for an unknown kernel or axis,
    and for one whose order is known.
    """
    wanted, found = dict(layouts), []
    for match in matches:
        if match.reference and match.candidate:
            for layer, outline, other, known in (
                (match.candidate, candidate, match.reference, reference),
                (match.reference, reference, match.candidate, candidate),
            ):
                kernel = next((each for each in layer.parameters if each.role == "kernel"), None)
                if kernel and kernel.name in wanted:
                    _check_lost(kernel.name, layer, outline)
                    sizes, order = _order(kernel.name, wanted.pop(kernel.name), other, known)
                    if layer is match.reference:  # the same the other way round
                        sizes, order = tuple(sizes[at] for at in order), _inverse(order)
                    match = replace(match, relay=(sizes, order))
        found.append(match)
    if wanted:
        name = next(iter(wanted))
        names = [each.name for side in (reference, candidate) for each in side.parameters() if each.role == "kernel"]
        raise UsageError(f"[port] {name!r}: there is no such kernel with a partner{_nearest(name, names)}")
    return tuple(found)


def _check_lost(name: str, layer: Layer, outline: Outline) -> None:
    axes = _read(layer, outline)
    if not (axes and axes[-1].lost):
        raise UsageError(f"[port] {name!r}: its order is followed already, as {text(axes)!r}; expected no line for it")


def _order(name: str, layout: str, other: Layer, outline: Outline) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The sizes of the canonical atoms of the axis, and the order in which they are kept here."""
    group = re.search(r"\(([^)]*)\)", layout)
    atoms = _atoms(other, outline)
    axes = " ".join(axis for axis, _ in atoms)
    if not group or len(group[1].split()) != len(atoms):
        raise UsageError(f"[port] {name!r} = {layout!r}: expected ({axes or '?'}) in its own order, in brackets")
    order: list[int] = []
    for word in group[1].split():
        fitting = [at for at, (axis, _) in enumerate(atoms) if axis.startswith(word) and at not in order]
        if not fitting:
            raise UsageError(f"[port] {name!r}: no axis begins with {word!r}; the other side has {axes}")
        order.append(fitting[0])
    return tuple(size for _, size in atoms), tuple(order)


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(order.index(at) for at in range(len(order)))


def _atoms(layer: Layer, outline: Outline) -> tuple[Atom, ...]:
    """What the axis that a layer reads is made of, in canonical order."""
    axes = _read(layer, outline)
    blocks = canonical(axes)[-1].blocks if axes else ()
    return tuple(atom for block in blocks for atom in block if atom[1] != 1) if len(blocks) == 1 else ()


def _read(layer: Layer, outline: Outline) -> Axes:
    """The axes of what a layer reads."""
    return next((each.axes for each in outline.layers if each.name == layer.inputs[0]), ())


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word.replace("*", ""), list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else "; `parity show` names them"
