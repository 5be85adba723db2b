"""Settings of a window that differ and cannot matter at the size that it is given: no input of that size tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parity.axes import canonical
from parity.nouns import Match


def moot(match: Match, apart: Sequence[str]) -> bool:
    """Whether strides and dilations alone stand `apart`, and both windows read the same elements, whatever they hold.

    Along an axis of one element a stride is never taken, and what is spread over the padding reads zeros.
    """
    if not apart or not set(apart) <= {"stride", "dilation"}:
        return False
    windows = []
    for layer in (match.reference, match.candidate):
        names = ("kernel", "stride", "dilation", "padding")
        if layer is None or layer.kind != "conv" or any(name not in layer.settings for name in names):
            return False
        sizes = [axis.size for axis in canonical(layer.axes) if str(axis) not in ("batch", "channel")]
        settings = [layer.settings[name] for name in names]
        if any(len(each) != len(sizes) for each in settings):
            return False
        windows.append([_Window(*each) for each in zip(sizes, *settings, strict=True)])
    if len(windows[0]) != len(windows[1]):
        return False
    return all(one.reads_as(other) for one, other in zip(*windows, strict=True))


@dataclass(frozen=True)
class _Window:
    """How a window moves along one axis: of how many elements what it gives is, and what is padded."""

    gives: int
    kernel: int
    stride: int
    dilation: int
    padding: tuple[int, int]

    def reads_as(self, other: _Window) -> bool:
        """Whether both read the same elements, of whichever size the axis is that both can have been given."""
        if self.gives == other.gives == 1 and (self.kernel, self.dilation) == (other.kernel, other.dilation):
            return True  # the first step is never taken; what is padded, and where, is compared by what is given
        sizes = set(self._given()) & set(other._given())
        return bool(sizes) and all(self._elements(size) == other._elements(size) for size in sizes)

    def _given(self) -> range:
        """The sizes of the axis from which this many elements come."""
        least = (self.gives - 1) * self.stride + (self.kernel - 1) * self.dilation + 1 - sum(self.padding)
        return range(max(least, 1), least + self.stride)

    def _elements(self, size: int) -> list[int]:
        """What each tap of each place reads, -1 for what is padded."""
        first = [place * self.stride - self.padding[0] for place in range(self.gives)]
        read = [at + tap * self.dilation for at in first for tap in range(self.kernel)]
        return [each if 0 <= each < size else -1 for each in read]
