"""What a file of `initialisers/` says: one way to draw a fresh array, and how each framework spells it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from parity.axes import Shape
from parity.fresh.law import Law
from parity.nouns import Array, Settings

Fans = tuple[int, int]
"""How many numbers each output reads, and how many outputs each input reaches, as a framework counts."""


@dataclass(frozen=True)
class Measured:
    """What an array was seen to be: the mean and the deviation of its elements with their standard errors, its ends.

    `count` is how many elements that was, of all builds together.
    """

    mean: float
    deviation: float
    errors: tuple[float, float]
    low: float
    high: float
    count: int = 1


@dataclass(frozen=True)
class Site:
    """The array that is to be drawn: in which framework, of which native shape.

    `kernel` is the native shape of the layer's kernel, which PyTorch takes to draw a bias; `units` those of a
    recurrent layer, 0 elsewhere; `config` what the framework says of an initialiser of this name. `orthogonal` is
    the gain with which the array was seen to be a matrix of orthonormal rows or columns, 0 where it was not.
    `counted` are its fans where they are not counted by its shape.
    """

    framework: str
    shape: Shape
    kernel: Shape = ()
    units: int = 0
    config: Settings = field(default_factory=dict)
    measured: Measured | None = None
    orthogonal: float = 0.0
    counted: Fans | None = None

    @property
    def fans(self) -> Fans:
        """The fans of the array itself."""
        return self.counted or fans(self.framework, self.shape)

    @property
    def kernel_fans(self) -> Fans:
        """The fans of the kernel of its layer."""
        return fans(self.framework, self.kernel)


def fans(framework: str, shape: Sequence[int]) -> Fans:
    """As `keras.initializers` counts (`compute_fans`), or as `torch.nn.init` does.

    Keras takes the last two axes as input and output, PyTorch the first two the other way round, whatever they are.
    So a depthwise kernel has a fan of all its channels in Keras and of one in PyTorch, and a transposed convolution
    has its two fans exchanged in Keras and in PyTorch alike.
    """
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    if framework == "torch":
        field = math.prod(shape[2:])
        return shape[1] * field, shape[0] * field
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


@dataclass(frozen=True)
class Initialiser:
    """One way to draw an array.

    `law` gives the distribution for a site; None for an array that it is not meant for. `keras` and `torch` spell it
    (`{array}` stands for the tensor); where one is empty, the distribution is spelled by its numbers. `said` is the
    class by which Keras layers hold it, `defaults` the classes of PyTorch whose arrays start so; `free`: its
    numbers are taken from the sample or from `config`, so that it is asked last.
    """

    name: str
    law: Callable[[Site], Law | None]
    keras: str = ""
    torch: str = ""
    said: str = ""
    defaults: tuple[str, ...] = ()
    free: bool = False

    def sample(self, rng: np.random.Generator, site: Site) -> Array:
        """One fresh array. Raises ValueError for a site that it is not meant for."""
        law = self.law(site)
        if law is None:
            raise ValueError(f"{self.name} draws no array of the shape {site.shape}")
        return law.sample(rng, site.shape, rows_last=site.framework != "torch")


def scaled(number: float, count: float) -> float:
    """√(number / count), for fans that may be empty."""
    return math.sqrt(number / max(count, 1))


def a_matrix(site: Site) -> bool:
    """Whether an array has fans at all: two axes or more."""
    return len(site.shape) > 1
