"""The same network in PyTorch."""

import torch
from torch import nn

from benchmarks.residual import BLOCKS, SIZE, WIDTH


class Block(nn.Module):
    """conv, norm, relu, conv, norm, added to what came in, relu."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(WIDTH, eps=1e-3)
        self.second = nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False)
        self.other = nn.BatchNorm2d(WIDTH, eps=1e-3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channel, height, width) in and out."""
        return torch.relu(x + self.other(self.second(torch.relu(self.norm(self.first(x))))))


def network() -> nn.Module:
    """50 layers with weights, without the norms."""
    stem = [nn.Conv2d(3, WIDTH, 3, padding=1, bias=False), nn.BatchNorm2d(WIDTH, eps=1e-3), nn.ReLU()]
    blocks = [Block() for _ in range(BLOCKS)]
    return nn.Sequential(*stem, *blocks, nn.AvgPool2d(8), nn.Flatten(), nn.Linear(WIDTH * (SIZE // 8) ** 2, 10)).eval()


def faulty() -> nn.Module:
    """The same with three faults: another epsilon, a function for a relu, a stem that lost its relu."""
    model = network()
    model[10].norm.eps = 1e-5
    model[20] = Shrunk()
    model[2] = nn.Identity()
    return model.eval()


class Shrunk(Block):
    """A block that ends in a tanh."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channel, height, width) in and out."""
        return torch.tanh(x + self.other(self.second(torch.relu(self.norm(self.first(x))))))
