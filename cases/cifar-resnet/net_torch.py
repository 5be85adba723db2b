"""The residual network in PyTorch, computing what the Keras network computes.

Where a map shrinks, TensorFlow's 'same' padding of an even size stands at its end alone.
"""

import torch
from torch import nn
from torch.nn import functional as F


class Normed(nn.Module):
    """A convolution and its batch norm, padded as TensorFlow pads."""

    def __init__(self, inputs: int, filters: int, stride: int = 1) -> None:
        super().__init__()
        self.pad = (1, 1, 1, 1) if stride == 1 else (0, 1, 0, 1)
        self.conv = nn.Conv2d(inputs, filters, 3, stride=stride)
        self.bn = nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(F.pad(x, self.pad)))


class Block(nn.Module):
    def __init__(self, inputs: int, filters: int, stride: int) -> None:
        super().__init__()
        self.first = Normed(inputs, filters, stride)
        self.second = Normed(filters, filters)
        self.shortcut = nn.Identity() if stride == 1 else Normed(inputs, filters, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.second(F.relu(self.first(x)))
        return F.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = Normed(3, 16)
        self.stages = nn.Sequential(
            Block(16, 16, 1), Block(16, 16, 1), Block(16, 32, 2), Block(32, 32, 1), Block(32, 64, 2), Block(64, 64, 1)
        )
        self.head = nn.Linear(64, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stages(F.relu(self.stem(image)))
        x = F.avg_pool2d(x, 8).flatten(1)
        return F.softmax(self.head(x), dim=-1)


def build() -> nn.Module:
    return ResNet()
