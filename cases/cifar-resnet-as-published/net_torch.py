"""The residual network as it was written in PyTorch: no biases before a norm, padding of one, logits at the end."""

import torch
from torch import nn


def conv(inputs: int, filters: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, filters, 3, stride=stride, padding=1, bias=False)


class Block(nn.Module):
    def __init__(self, inputs: int, filters: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = conv(inputs, filters, stride)
        self.bn1 = nn.BatchNorm2d(filters)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv(filters, filters)
        self.bn2 = nn.BatchNorm2d(filters)
        self.shortcut = None
        if stride != 1:
            self.shortcut = nn.Sequential(conv(inputs, filters, stride), nn.BatchNorm2d(filters))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x if self.shortcut is None else self.shortcut(x)
        return self.relu(y)


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = conv(3, 16)
        self.bn = nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)
        self.stage1 = nn.Sequential(Block(16, 16), Block(16, 16))
        self.stage2 = nn.Sequential(Block(16, 32, 2), Block(32, 32))
        self.stage3 = nn.Sequential(Block(32, 64, 2), Block(64, 64))
        self.pool = nn.AvgPool2d(8)
        self.fc = nn.Linear(64, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.bn(self.conv(image)))
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.fc(self.pool(x).flatten(1))


def build() -> nn.Module:
    return ResNet()
