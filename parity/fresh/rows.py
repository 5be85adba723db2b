"""What both sides drew for one array -> its row: the verdict, both initialisers by name, and how to draw alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from parity.fresh.advice import Target, advised
from parity.fresh.drawing import Drawn, Wanted
from parity.fresh.initialiser import Site
from parity.fresh.judging import OTHER, Held, status_of
from parity.fresh.meetings import Meeting, Origins
from parity.fresh.naming import Named, named
from parity.fresh.result import Face, Row
from parity.fresh.telling_apart import LEVEL, QUESTIONS, measured
from parity.nouns import Layer, Origin, Outline, Parameter
from parity.port import read_by

Place = tuple[str, str]


@dataclass(frozen=True)
class Kept:
    """One side: its framework, its layers, where it keeps each array, and what it drew."""

    framework: str
    layers: Mapping[str, Layer]
    origins: Origins
    drawn: Mapping[Wanted | None, Drawn]

    @classmethod
    def of(cls, outline: Outline, origins: Origins, drawn: Mapping[Wanted | None, Drawn]) -> Kept:
        """A side as it was outlined and drawn from."""
        return cls(outline.framework, {layer.name: layer for layer in outline.layers}, origins, drawn)

    def origin(self, place: Place) -> Origin:
        return self.origins[place[0]][place[1]]

    def sites(self, place: Place, *, part: bool = False) -> list[Site]:
        """An array as an initialiser sees it: as a whole, or the `part` that plays its role here.

        The kernel of an EinsumDense may have several axes of inputs and of outputs: versions of Keras count its fans
        by the equation, or as those of a convolution, which is not what it is.
        """
        origin, layer = self.origin(place), self.layers[place[0]]
        kernel, parameter = self.origins[place[0]].get("kernel"), read_by(layer)[place[1]]
        site = Site(
            framework=self.framework,
            shape=origin.shape if part else origin.whole,
            kernel=kernel.whole if kernel else (),
            units=_units(parameter),
        )
        inward, outward = (*parameter.shape, 1, 1)[:2]
        several = layer.maker == "EinsumDense" and place[1] == "kernel" and site.fans != (inward, outward)
        return [replace(site, counted=(inward, outward)), site] if several else [site]

    def names(self, wanted: Wanted, level: float) -> list[list[Named | None]]:
        """The initialisers of each term, one for each gate."""
        found = []
        for term in wanted.apart():
            (place,) = term.terms
            drawn, maker = self.drawn[term], self.layers[place[0]].maker
            blocks = [drawn.block(at) for at in range(drawn.blocks)]
            found.append([named(each, self.sites(place), self.origin(place), maker, level) for each in blocks])
        return found


def row(each: Held, questions: int, kept: tuple[Kept, Kept]) -> Row:
    """The row of one array; `questions` is how many were put about all of them."""
    meeting = each.meeting
    level = LEVEL / max(questions, QUESTIONS)
    status, p, least, told = status_of(each, questions, LEVEL)
    reference, candidate = meeting.layers
    sides = zip(kept, (meeting.reference, meeting.candidate), (each.reference, each.candidate), strict=True)
    faces, names = [], []
    for side, wanted, drawn in sides:
        names.append(side.names(wanted, level) if wanted else [])
        faces.append(_face(side, wanted, drawn, names[-1], meeting) if wanted and drawn else None)
    advice = None
    if status == OTHER and each.reference is not None and meeting.candidate is not None and len(names[0]) == 1:
        advice = advised(each.reference, names[0][0], _target(meeting, meeting.candidate, kept[1]), level)
    return Row(
        layer=meeting.match.name,
        candidate_layer=candidate.name if candidate else "",
        role=meeting.role,
        status=status,
        reference=faces[0],
        candidate=faces[1],
        p=p,
        finds=least,
        apart=told,
        reason=_reason(each, kept),
        places=(
            str(reference.place) if reference and reference.place else "",
            str(candidate.place) if candidate and candidate.place else "",
        ),
        advice=advice,
    )


def unopposed(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows without calls that speak against each other: one argument of a layer may serve several of its arrays.

    A Keras attention takes one initialiser for all of its kernels, where PyTorch draws them in two ways.
    """
    wishes: dict[tuple[str, str, str], set[str]] = {}
    for each in rows:
        for key, code in _wishes(each):
            wishes.setdefault(key, set()).add(code)
    opposed = {key for key, codes in wishes.items() if len(codes) > 1}
    return tuple(
        replace(each, advice=None) if any(key in opposed for key, _ in _wishes(each)) else each for each in rows
    )


def _wishes(each: Row) -> Iterator[tuple[tuple[str, str, str], str]]:
    """For each argument that is to be given: the layer that takes it, and what it is."""
    outermost = each.candidate_layer.partition("/")[0]
    for code in each.advice.code if each.advice else ():
        argument, sign, value = code.partition("_initializer=")
        if sign:
            yield (outermost, each.places[1], argument), value


def _reason(each: Held, kept: tuple[Kept, Kept]) -> str:
    """Why the two were not held against each other."""
    if not each.frozen:
        return each.meeting.reason or each.meeting.aside
    words = []
    for side, mine, wanted in zip(
        ("reference", "candidate"), kept, (each.meeting.reference, each.meeting.candidate), strict=True
    ):
        if side in each.frozen and wanted:
            seed = mine.origin(wanted.terms[0]).config.get("seed")
            own = f"its initialiser has the seed {seed}" if seed is not None else ""
            words.append(f"the {side} gives the same numbers under every seed" + (f": {own}" if own else ""))
    return " and ".join(words)


def _target(meeting: Meeting, wanted: Wanted, kept: Kept) -> Target:
    layer = meeting.match.candidate
    return Target(
        origins=tuple(kept.origin(place) for place in wanted.terms),
        sites=tuple(kept.sites(place, part=True)[0] for place in wanted.terms),
        gates=meeting.gates,
        place=layer.place if layer else None,
    )


def _face(kept: Kept, wanted: Wanted, drawn: Drawn, names: Sequence[Sequence[Named | None]], meeting: Meeting) -> Face:
    found = [measured(drawn.block(at)) for at in range(drawn.blocks)]
    mean = sum(each.mean for each in found) / len(found)
    square = sum(each.mean**2 + each.deviation**2 for each in found) / len(found)
    terms = [_gated([each.entry.name if each else "" for each in term], meeting.gates) for term in names]
    laws = [_gated([str(each.law) if each else _unnamed(drawn) for each in term], meeting.gates) for term in names]
    origins = [kept.origin(place) for place in wanted.terms]
    return Face(
        arrays=tuple(each.name for each in origins),
        name=" + ".join(terms) if all(terms) else "",
        law=" + ".join(laws),
        sentences=tuple(dict.fromkeys(each.sentence for term in names for each in term if each)),
        also=names[0][0].also if len(names) == 1 and len(set(terms)) == 1 and names[0] and names[0][0] else (),
        said=" + ".join(filter(None, (each.said for each in origins))),
        mean=mean,
        deviation=max(square - mean**2, 0.0) ** 0.5,
        low=min(each.low for each in found),
        high=max(each.high for each in found),
        orthogonal=drawn.orthogonal,
        fixed=drawn.fixed,
    )


def _gated(words: Sequence[str], gates: Sequence[str]) -> str:
    """One word where all gates have the same; else the usual one, and the gates that are otherwise."""
    usual = max(words, key=words.count)
    odd = [
        f"{gate} gate {word or 'none of the shelf'}" for gate, word in zip(gates, words, strict=True) if word != usual
    ]
    return f"{usual} ({', '.join(odd)})" if odd and usual else usual


def _unnamed(drawn: Drawn) -> str:
    return "orthogonal, each gate by itself" if drawn.orthogonal == "gates" else "of no distribution on the shelf"


def _units(parameter: Parameter) -> int:
    """The units of a recurrent layer, whose arrays have an axis of that name; 0 for any other array."""
    words = parameter.axes.split()
    return parameter.shape[words.index("unit")] if "unit" in words else 0
