"""The distribution from which the elements of an array are drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import stats

from parity.axes import Shape
from parity.nouns import Array

UNIFORM, NORMAL, TRUNCATED = "uniform", "normal", "truncated normal"
CONSTANT, IDENTITY, ORTHOGONAL = "constant", "identity", "orthogonal"
TWO_SIGMA = 0.8796256610342398
"""The standard deviation of a standard normal that is cut at ±2: √(1 − 4 φ(2) / (2 Φ(2) − 1))."""


@dataclass(frozen=True)
class Law:
    """One distribution. What `spread` is depends on the family.

    Of `uniform` it is half the width, of `normal` the standard deviation, of `truncated normal` that of the normal
    before it is cut at `cut` of them, of `orthogonal` and `identity` the gain. A constant is its `mean` alone.
    `longer` is the larger side of an orthogonal matrix: its entries are the narrower the longer it is.
    """

    family: str
    spread: float = 0.0
    mean: float = 0.0
    cut: float = math.inf
    longer: int = 0

    @property
    def random(self) -> bool:
        """Whether another seed gives other numbers."""
        return self.family not in (CONSTANT, IDENTITY)

    @cached_property
    def entries(self) -> Any:
        """The distribution of one entry, as SciPy has it. An entry of an orthogonal matrix is a beta, spread over
        ±gain (Muirhead, *Aspects of Multivariate Statistical Theory*, theorem 1.5.7)."""
        if self.family == UNIFORM:
            return stats.uniform(self.mean - self.spread, 2 * self.spread)
        if self.family == NORMAL:
            return stats.norm(self.mean, self.spread)
        if self.family == TRUNCATED:
            return stats.truncnorm(-self.cut, self.cut, self.mean, self.spread)
        half = (self.longer - 1) / 2
        return stats.beta(half, half, -self.spread, 2 * self.spread)

    @property
    def deviation(self) -> float:
        """The standard deviation of one entry."""
        if self.family == UNIFORM:
            return self.spread / math.sqrt(3)
        if self.family == ORTHOGONAL:
            return self.spread / math.sqrt(self.longer)
        if self.family == TRUNCATED:
            density = math.exp(-(self.cut**2) / 2) / math.sqrt(2 * math.pi)
            return self.spread * math.sqrt(1 - 2 * self.cut * density / math.erf(self.cut / math.sqrt(2)))
        return self.spread if self.family == NORMAL else 0.0

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest value that it gives."""
        low, high = self.entries.support()
        return float(low), float(high)

    def sample(self, rng: np.random.Generator, shape: Shape, *, rows_last: bool = True) -> Array:
        """One array of this shape. `rows_last`: a matrix is made of it by its last axis, as Keras does, and not by
        its first, as PyTorch does."""
        if self.family == CONSTANT:
            return np.full(shape, self.mean, np.float32)
        if self.family in (IDENTITY, ORTHOGONAL):
            flat = (math.prod(shape[:-1]), shape[-1]) if rows_last else (shape[0], math.prod(shape[1:]))
            matrix = np.eye(*flat) if self.family == IDENTITY else _orthonormal(rng, flat)
            return (self.spread * matrix).reshape(shape).astype(np.float32)
        if self.family == UNIFORM:
            low, high = self.ends
            return rng.uniform(low, high, shape).astype(np.float32)
        if self.family == NORMAL:
            return rng.normal(self.mean, self.spread, shape).astype(np.float32)
        found: Array = self.entries.ppf(rng.uniform(size=shape)).astype(np.float32)
        return found

    def __str__(self) -> str:
        about = f" about {self.mean:.4g}" if self.mean else ""
        if self.family == UNIFORM:
            low, high = self.ends
            return f"uniform in ±{self.spread:.4g}" if not self.mean else f"uniform in {low:.4g} … {high:.4g}"
        if self.family == NORMAL:
            return f"normal{about}, standard deviation {self.spread:.4g}, not truncated"
        if self.family == TRUNCATED:
            end = self.cut * self.spread
            return f"normal{about}, standard deviation {self.deviation:.4g}, truncated at ±{end:.4g}"
        if self.family == CONSTANT:
            return f"{self.mean:.6g} everywhere"
        return self.family if self.spread == 1 else f"{self.family}, gain {self.spread:.4g}"


def uniform(bound: float) -> Law:
    """Uniform within ±bound."""
    return Law(UNIFORM, bound)


def normal(deviation: float, mean: float = 0.0) -> Law:
    """Normal, not truncated."""
    return Law(NORMAL, deviation, mean)


def truncated(deviation: float, mean: float = 0.0) -> Law:
    """Normal, cut at two of its own standard deviations, with this standard deviation after the cut."""
    return Law(TRUNCATED, deviation / TWO_SIGMA, mean, 2.0)


def constant(value: float) -> Law:
    """The same number everywhere."""
    return Law(CONSTANT, mean=value)


def _orthonormal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A matrix whose rows or columns, whichever are fewer, are orthonormal, drawn evenly from all such."""
    rows, columns = shape
    q, r = np.linalg.qr(rng.normal(size=(max(shape), min(shape))))
    q = q * np.sign(np.diag(r))
    return np.asarray(q if rows >= columns else q.T)
