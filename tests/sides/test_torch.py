"""How the PyTorch side names what it sees."""

import numpy as np
import torch
from torch.nn import functional as F

from parity.nouns import Probe
from parity.sides.torch import TorchSide


def test_a_second_array_of_one_module_that_is_read_again_takes_no_name_twice():
    class Cell(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = (torch.nn.Parameter(torch.ones(4, 4)) for _ in range(2))

        def forward(self, x):
            return F.linear(F.linear(F.linear(x, self.first), self.second), self.second)

    outer = torch.nn.Sequential(Cell())
    probe = Probe("given", {"x": np.ones((2, 4), "f4")}, {"x": ("batch", "channel")})
    outline = TorchSide(outer).outline(probe)
    assert [(each.name, each.shares) for each in outline.layers] == [("0", None), ("0:2", None), ("0:2:2", "0:2")]
