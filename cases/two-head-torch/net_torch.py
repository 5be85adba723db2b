"""Two heads in PyTorch, computing what the TensorFlow network computes."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F


class TwoHead(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = stack(45), stack(540)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = x.flatten(1)
        pairs = self.second(x).view(-1, 9, 4, 15)
        product = pairs.permute(0, 2, 1, 3) @ pairs.permute(0, 2, 3, 1)
        return self.first(x).view(-1, 9, 5), F.leaky_relu(product, 0.2).permute(0, 2, 3, 1)


def stack(outputs: int) -> nn.Sequential:
    """A linear layer and a leaky relu for each width, starting as the reference does."""
    widths = (135, 128, 256, 512, outputs)
    steps: list[nn.Module] = []
    for inputs, width in pairwise(widths):
        linear = nn.Linear(inputs, width)
        nn.init.normal_(linear.weight, std=(2 / inputs) ** 0.5)
        nn.init.zeros_(linear.bias)
        steps += [linear, nn.LeakyReLU(0.2)]
    return nn.Sequential(*steps)


def build() -> nn.Module:
    return TwoHead()
