"""DenseNet-121 as Keras has it: norms before convolutions, and every block's input kept in front of what it adds."""

import torch
from torch import nn

LAYERS = (6, 12, 24, 16)
GROWTH = 32


def activated(channels: int) -> nn.Module:
    return nn.Sequential(nn.BatchNorm2d(channels, eps=1.001e-5), nn.ReLU())


class DenseLayer(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow = nn.Sequential(activated(channels), nn.Conv2d(channels, 4 * GROWTH, 1, bias=False))
        self.grow = nn.Sequential(activated(4 * GROWTH), nn.Conv2d(4 * GROWTH, GROWTH, 3, padding=1, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, self.grow(self.narrow(x))], 1)


def transition(channels: int) -> nn.Module:
    return nn.Sequential(activated(channels), nn.Conv2d(channels, channels // 2, 1, bias=False), nn.AvgPool2d(2))


class DenseNet121(nn.Module):
    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
            activated(64),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        layers, channels = [], 64
        for number, count in enumerate(LAYERS):
            if number:
                layers.append(transition(channels))
                channels //= 2
            for _ in range(count):
                layers.append(DenseLayer(channels))
                channels += GROWTH
        self.features = nn.Sequential(*layers, activated(channels))
        self.head = nn.Linear(channels, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = self.features(self.stem(image))
        return self.head(features.mean((-2, -1))).softmax(-1)
