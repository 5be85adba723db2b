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


def test_what_a_dropout_drops_is_drawn_anew_by_each_plain_run_alike_in_float64_and_leaves_the_user_s_luck():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = torch.nn.Linear(4, 50), torch.nn.Linear(50, 3)

        def forward(self, x):
            return self.two(F.dropout(self.one(x), 0.5))

    probe = Probe("given", {"x": np.ones((2, 4), "f4")}, {"x": ("batch", "channel")})
    side = TorchSide(Net())
    luck = torch.get_rng_state()
    side.outline(probe)
    first, wide = side.run(probe), side.run(probe, double=True)
    given = side.run(probe, double=True, given={"one": wide.steps["one"]})
    again = side.run(probe)
    assert torch.equal(luck, torch.get_rng_state())
    dropped = [run.steps["dropout"] == 0 for run in (first, wide, given, again)]
    assert 0 < dropped[0].sum() < dropped[0].size
    assert np.array_equal(dropped[0], dropped[1]) and np.array_equal(dropped[0], dropped[2])
    assert not np.array_equal(dropped[0], dropped[3])
    other = TorchSide(side._module)
    other.outline(probe)
    assert not np.array_equal(dropped[0], other.run(probe).steps["dropout"] == 0), "two sides draw alike"
