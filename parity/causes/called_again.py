"""A layer that is called a second time in the place of another one.

What it is: a line is copied and its number not changed: `self.mix2` is called where `self.mix3` should be, which
nothing calls.
How it shows: the network owns arrays that no layer reads, and its totals agree all the same.
How to mend: call the layer that was meant.
Example: `x = self.mix2(x)` twice, where the reference calls `mix2` and `mix3`.
Source: copied lines.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not evidence.paired or evidence.candidate.shares is None or evidence.reference.shares is not None:
        return
    wanted = sorted(each.size for each in evidence.reference.parameters)
    spare: dict[str, list[int]] = {}
    for each in evidence.network.outlines[1].unread:
        spare.setdefault(each.name.rpartition(".")[0], []).append(each.size)
    meant = [name for name, sizes in spare.items() if name and sorted(sizes) == wanted]
    again = evidence.candidate.shares
    for name in meant[:1]:
        yield Suspicion(
            f"{again} is called again here, and {name}, which has arrays of these sizes, is never called",
            (evidence.reference.name, again),
            stated=True,
            covers=frozenset([evidence.row.match.name]),
        )


CAUSE = Cause(_suspect)
