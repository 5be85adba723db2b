"""A layer that is called a second time in the place of another one.

What it is: a line is copied and its number not changed: `self.mix2` is called where `self.mix3` should be, which
nothing calls.
How it shows: the network owns arrays that no layer reads, and its totals agree all the same.
How to mend: call the layer that was meant.
Example: `x = self.mix2(x)` twice, where the reference calls `mix2` and `mix3`.
Source: copied lines.
"""

from collections import Counter
from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.judge import Judgement
from parity.nouns import Layer


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    for row in _later_calls(evidence):
        reference, candidate = row.match.reference, row.match.candidate
        if reference is None or candidate is None or candidate.shares is None or reference.shares is not None:
            continue
        again = candidate.shares
        meant = max(_never_called(evidence, reference), key=lambda name: _alike(name, again), default="")
        if meant:
            yield Suspicion(
                f"{again} is called again here, and {meant}, which has arrays of these sizes, is never called",
                (reference.name, again),
                mend=evidence.mend_call(candidate, rename=meant.rpartition(".")[2]) if _beside(meant, again) else None,
                stated=True,
                places=(candidate.called, reference.place),
                covers=frozenset([row.match.name, evidence.network.rows[1][again].match.name]),
            )


def _later_calls(evidence: Evidence) -> list[Judgement]:
    """The call itself; of a first call that differs, the later ones whose arrays it holds, and which agree for that."""
    if not evidence.paired:
        return []
    if evidence.candidate.shares is not None:
        return [evidence.row]
    return [row for row in evidence.network.readers(evidence.candidate) if row is not evidence.row and not row.faulty]


def _never_called(evidence: Evidence, wanted: Layer) -> list[str]:
    """What holds arrays of the sizes of this layer's, and is never called; it may count its batches besides."""
    sizes = Counter(each.size for each in wanted.parameters)
    spare: dict[str, Counter[int]] = {}
    for each in evidence.network.outlines[1].unread:
        spare.setdefault(each.name.rpartition(".")[0], Counter())[each.size] += 1
    return [
        name for name, held in spare.items() if name and sizes and not sizes - held and (held - sizes).keys() <= {1}
    ]


def _alike(one: str, other: str) -> int:
    """How many names lead to both, from the outside in."""
    same = [a == b for a, b in zip(one.split("."), other.split("."), strict=False)]
    return same.index(False) if False in same else len(same)


def _beside(one: str, other: str) -> bool:
    """Whether both are attributes of one and the same, so that the one name may stand for the other."""
    (home, _, name), (there, _, _) = one.rpartition("."), other.rpartition(".")
    return home == there and name.isidentifier()


CAUSE = Cause(_suspect)
