"""ResNet-50 as Keras has it: the stride in the first 1×1 convolution, biases in front of the norms."""

import torch
from torch import nn

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""The width, the number of blocks and the stride of each stage."""


def norm(channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels, eps=1.001e-5)


class Bottleneck(nn.Module):
    def __init__(self, channels: int, width: int, stride: int, project: bool) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.Conv2d(channels, 4 * width, 1, stride), norm(4 * width)) if project else None
        self.narrow = nn.Sequential(nn.Conv2d(channels, width, 1, stride), norm(width), nn.ReLU())
        self.look = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), norm(width), nn.ReLU())
        self.widen = nn.Sequential(nn.Conv2d(width, 4 * width, 1), norm(4 * width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x if self.project is None else self.project(x)
        return torch.relu(shortcut + self.widen(self.look(self.narrow(x))))


class ResNet50(nn.Module):
    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, stride=2, padding=3),
            norm(64),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        blocks, channels = [], 64
        for width, count, stride in STAGES:
            for number in range(count):
                blocks.append(Bottleneck(channels, width, stride if number == 0 else 1, project=number == 0))
                channels = 4 * width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(channels, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = self.blocks(self.stem(image))
        return self.head(features.mean((2, 3))).softmax(1)
