"""Whether two arrays are drawn from one distribution, or one array from a distribution that is known.

Five questions, each by a test whose level holds whatever the distribution is: where the mean lies and how large the
squares are (Student's and Welch's t over the builds, each of which gives one number, so that nothing hangs on
whether the elements of one build are independent), which shape the distribution has (Kolmogorov and Smirnov), and
how far its two ends reach (how many values in a row the one side alone has beyond the other's last; this tells what
is truncated, which the others hardly see).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from parity.fresh.drawing import Drawn
from parity.fresh.initialiser import Measured
from parity.fresh.law import ORTHOGONAL, Law
from parity.nouns import Array

LEVEL = 1e-3
"""How often a comparison of two networks that draw alike may call any array another one, all arrays together."""
QUESTIONS = 5
NEGLIGIBLE = 1e-4
"""A mean or deviation that is off by no more than this share of the deviation is no other one."""
_POWER = 1.645
"""The normal quantile of 95 %: what is told to be found is found so often."""
_DEPENDENT = 1.25
_QUANTILES = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True)
class Answer:
    """What one question came to: "mean", "deviation", "shape", "lower end" or "upper end", and its p-value."""

    question: str
    p: float


def apart(reference: Drawn, candidate: Drawn) -> list[Answer]:
    """The answers for one block of two arrays."""
    size = math.sqrt(max(_average(reference.square), _average(candidate.square), 1e-300))
    answers = [
        Answer("mean", _welch(reference.mean, candidate.mean, NEGLIGIBLE * size)),
        Answer("deviation", _welch(reference.square, candidate.square, 2 * NEGLIGIBLE * size**2)),
    ]
    one, other = independent(reference), independent(candidate)
    if not one.size or not other.size:
        return answers
    shape = float(stats.ks_2samp(one, other, method="asymp").pvalue)
    ends = [_end(-one, -other), _end(one, other)]
    return [*answers, Answer("shape", shape), Answer("lower end", ends[0]), Answer("upper end", ends[1])]


def fits(law: Law, drawn: Drawn, level: float) -> bool:
    """Whether one block of an array may have been drawn from this distribution, each question at this level."""
    expected, size = law.mean, math.hypot(law.deviation, law.mean)
    if _student(drawn.mean, expected, NEGLIGIBLE * size) < level:
        return False
    if _student(drawn.square, size**2, 2 * NEGLIGIBLE * size**2) < level:
        return False
    sample = independent(drawn)
    if not sample.size:
        return False
    if law.family == ORTHOGONAL:  # its entries hang together, which the last questions do not allow for
        return True
    low, high = law.ends
    slack = 1e-5 * law.deviation
    if sample.min() < low - slack or sample.max() > high + slack:
        return False
    if float(stats.ks_1samp(sample, law.entries.cdf, method="asymp").pvalue) < level:
        return False
    n, (least, greatest) = sample.size, (float(sample.min()), float(sample.max()))
    inward = min(n * law.entries.logcdf(greatest), n * law.entries.logsf(least))
    outward = min(n * law.entries.sf(greatest), n * law.entries.cdf(least))
    if high + slack >= greatest >= high - slack or low - slack <= least <= low + slack:
        outward = 1.0  # float32 may round the last value onto the end
    return 2 * math.exp(inward) >= level and 2 * outward >= level


def finds(reference: Drawn, candidate: Drawn, level: float) -> float:
    """The smallest share by which a deviation may be off that is found 19 times in 20, at this level of one test."""
    square = max(_average(reference.square), _average(candidate.square))
    if square <= 0:
        return 0.0
    builds = min(len(reference.square), len(candidate.square))
    error = math.sqrt((_variance(reference.square) + _variance(candidate.square)) / builds) / (2 * square)
    quantile = float(-special.stdtrit(2 * builds - 2, level / 2))
    return max(NEGLIGIBLE, (quantile + _POWER) * error)


def measured(drawn: Drawn) -> Measured:
    """Mean, deviation, their standard errors, and the ends of one block."""
    builds = len(drawn.mean)
    mean, square = _average(drawn.mean), _average(drawn.square)
    deviation = math.sqrt(max(square - mean**2, 0.0))
    errors = math.sqrt(_variance(drawn.mean) / builds), math.sqrt(_variance(drawn.square) / builds)
    error = errors[1] / (2 * deviation) if deviation else 0.0
    count = builds * (math.prod(drawn.shape) // drawn.blocks)
    ends = float(drawn.low.min()), float(drawn.high.max())
    return Measured(mean, deviation, (errors[0], error), *ends, count)


def independent(drawn: Drawn) -> Array:
    """The sample of one block as independent numbers: without what stands still, and thinned where a build's
    numbers hang together.

    By how much, Kish's design effect tells: the variance between builds of the share of numbers below a threshold,
    in units of what independent numbers would show (*Survey Sampling*, 1965, section 5.4).
    """
    sample = moving(drawn)
    builds, kept = sample.shape
    if kept < 2 or builds < 3:
        return sample.ravel()
    shares = (sample[:, :, None] <= np.quantile(sample, _QUANTILES)).mean(axis=1)
    even = shares.mean(axis=0)
    spread = even * (1 - even)
    effect = float(np.mean(shares.var(axis=0, ddof=1)[spread > 0] * kept / spread[spread > 0])) if spread.any() else 1.0
    if effect <= _DEPENDENT:
        return sample.ravel()
    few = max(1, int(kept / effect))
    return sample[:, np.linspace(0, kept - 1, few).astype(np.intp)].ravel()


def moving(drawn: Drawn) -> Array:
    """The sample of one block, builds × positions, without the elements that no seed moves."""
    sample: Array = drawn.sample[:, 0]
    if drawn.still is None:
        return sample
    return sample[:, (sample != sample[0]).any(axis=0)]


def _welch(one: Array, other: Array, negligible: float) -> float:
    """Welch's t of two means, with Satterthwaite's degrees of freedom."""
    one, other = one.ravel(), other.ravel()
    distance = abs(_average(one) - _average(other))
    shares = _variance(one) / len(one), _variance(other) / len(other)
    freedom = sum(shares) ** 2 / max(
        sum(each**2 / (len(values) - 1) for each, values in zip(shares, (one, other), strict=True)), 1e-300
    )
    return _t(distance, math.sqrt(sum(shares)), freedom, negligible)


def _student(one: Array, expected: float, negligible: float) -> float:
    one = one.ravel()
    error = math.sqrt(_variance(one) / len(one))
    return _t(abs(_average(one) - expected), error, len(one) - 1, negligible)


def _t(distance: float, error: float, freedom: float, negligible: float) -> float:
    if distance <= negligible:
        return 1.0
    return 0.0 if error <= 1e-9 * distance else float(2 * special.stdtr(max(freedom, 1.0), -distance / error))


def _end(one: Array, other: Array) -> float:
    """How likely it is that so many of the greatest values of both come from one of them alone."""
    share = one.size / (one.size + other.size)
    beyond = int(np.sum(one > other.max())), int(np.sum(other > one.max()))
    return min(1.0, 2 * min(share ** beyond[0], (1 - share) ** beyond[1]))


def _average(numbers: Array) -> float:
    return float(np.mean(numbers, dtype=np.float64))


def _variance(numbers: Array) -> float:
    return float(np.var(numbers, ddof=1)) if numbers.size > 1 else 0.0
