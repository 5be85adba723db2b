"""Whether two PyTorch modules are the same function, by PyTorch alone: in float64, on the probes and beyond them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

CLOSE = 1e-12
"""As a share of the largest number: some thousand units of float64's roundoff, what another order of sums leaves."""
CLOSE_NARROW = 1e-6
"""The same where a module insists on float32."""


def equivalent(one: nn.Module, other: nn.Module, inputs: Iterable[tuple[torch.Tensor, ...]]) -> bool:
    """Whether both give the same on all of these inputs. A module that cannot run on them gives something else."""
    wide = copy.deepcopy(one).double(), copy.deepcopy(other).double()
    for arrays in inputs:
        doubled = tuple(each.double() if each.is_floating_point() else each for each in arrays)
        mine, yours = (_given(each, doubled) for each in wide)
        close = CLOSE
        if yours is None or mine is None:
            mine, yours, close = _given(one, arrays), _given(other, arrays), CLOSE_NARROW
        if mine is None or yours is None or not _alike(mine, yours, close):
            return False
    return True


def runs(module: nn.Module, inputs: Iterable[tuple[torch.Tensor, ...]]) -> bool:
    """Whether a module takes these inputs at all."""
    return all(_given(module, arrays) is not None for arrays in inputs)


def _given(module: nn.Module, arrays: tuple[torch.Tensor, ...]) -> list[torch.Tensor] | None:
    """The outputs; None where the module raises."""
    try:
        with torch.no_grad():
            outputs: Any = module(*(each.clone() for each in arrays))
    except Exception:  # noqa: BLE001 - whatever a text that was changed may raise
        return None
    return [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)


def _alike(mine: list[torch.Tensor], yours: list[torch.Tensor], close: float) -> bool:
    for one, other in zip(mine, yours, strict=True):
        if one.shape != other.shape:
            return False
        scale = one.nan_to_num().abs().max().item() if one.numel() else 0.0
        if not torch.allclose(one.double(), other.double(), rtol=0.0, atol=close * scale, equal_nan=True):
            return False
    return True
