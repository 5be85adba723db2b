"""A tolerance of the user's that only rounding exceeds: proved by both networks in float64, where rounding is gone."""

from __future__ import annotations

from collections.abc import Sequence

from parity.diagnosis.diagnose import Diagnosis
from parity.diagnosis.trial import Trial
from parity.errors import SideFailed
from parity.judge import Judgement
from parity.nouns import Difference, Finding


def only_noise(trial: Trial, rows: Sequence[Judgement], outputs: Sequence[Difference]) -> Diagnosis | None:
    """The finding that all there is is rounding; None where something else is, or float64 is not to be had.

    `rows` and `outputs` are as the tolerance judged them.
    """
    first = next((row for row in rows if row.source and row.faulty), None)
    if first is None or first.mismatched or first.match.candidate is None:
        return None
    try:
        wide, ends = trial.rows((), trial.probes)
    except SideFailed:
        return None
    ended = [*(row.difference for row in wide if row.difference.compared), *ends]
    rounded = all(each.agrees and not each.hidden and _measured(each) for each in ended)
    if not rounded or any(row.faulty or row.status not in ("same", "lonely") for row in wide):
        return None
    before = max(each.max_abs or 0.0 for each in outputs)
    after = max(each.gap or 0.0 for each in ends)
    finding = Finding(
        "float32-noise",
        "confirmed",
        first.match.name,
        "all that exceeds the tolerance here and behind is rounding in float32, which is gone in float64",
        place=first.match.candidate.place,
        reference_place=first.match.reference.place if first.match.reference else None,
        before=before,
        after=after,
        mend="leave rtol and atol out, so that rounding is measured, or allow more",
    )
    return Diagnosis((finding,), explained=True)


def _measured(difference: Difference) -> bool:
    """Whether float64 runs told rounding from the rest: an estimated floor is all that is granted without them."""
    return difference.gap == 0 or difference.rounding != difference.floor
