"""Running statistics near those of what each normalisation reads, set while a module runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from parity.probes import near
from parity.rulebook import bind, words_of
from parity.sides._torch_pass import FRAMEWORK, as_array


class Calibrator(TorchFunctionMode):
    """Gives each call that reads running statistics new ones, near those of its input, before it is made."""

    def __init__(self, random: np.random.Generator) -> None:
        super().__init__()
        self._random = random

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if function.__name__ in ("batch_norm", "instance_norm"):
            words = bind(words_of(FRAMEWORK, function.__name__), args, kwargs)
            data, held = words["input"], [words[slot] for slot in ("running_mean", "running_var")]
            if all(isinstance(each, torch.Tensor) for each in held):
                others = [axis for axis in range(data.ndim) if axis != 1]
                measured = as_array(data.double().mean(others)), as_array(data.double().var(others, correction=0))
                for tensor, value in zip(held, near(*measured, self._random), strict=True):
                    tensor.copy_(torch.from_numpy(value))
        return function(*args, **kwargs)
