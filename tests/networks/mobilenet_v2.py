"""MobileNetV2 as Keras has it: at stride 2 an even image is padded at its right and lower edge only."""

import torch
from torch import nn

STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""The expansion, the channels, the number of blocks and the stride of each stage."""


def norm(channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels, eps=1e-3)


def look(channels: int, width: int, stride: int, groups: int = 1) -> nn.Module:
    """A 3×3 convolution of an image with even sides, its norm and its activation."""
    return nn.Sequential(
        nn.ZeroPad2d((0, 1, 0, 1) if stride == 2 else 1),
        nn.Conv2d(channels, width, 3, stride, groups=groups, bias=False),
        norm(width),
        nn.ReLU6(),
    )


def mix(channels: int, width: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(channels, width, 1, bias=False), norm(width))


class InvertedResidual(nn.Module):
    def __init__(self, channels: int, width: int, expansion: int, stride: int) -> None:
        super().__init__()
        inner = expansion * channels
        self.adds = channels == width and stride == 1
        self.expand = nn.Sequential(mix(channels, inner), nn.ReLU6()) if expansion > 1 else nn.Identity()
        self.depthwise = look(inner, inner, stride, groups=inner)
        self.project = mix(inner, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result = self.project(self.depthwise(self.expand(x)))
        return x + result if self.adds else result


class MobileNetV2(nn.Module):
    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        blocks, channels = [look(3, 32, stride=2)], 32
        for expansion, width, count, stride in STAGES:
            for number in range(count):
                blocks.append(InvertedResidual(channels, width, expansion, stride if number == 0 else 1))
                channels = width
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Sequential(mix(channels, 1280), nn.ReLU6())
        self.head = nn.Linear(1280, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = self.last(self.blocks(image))
        pooled = nn.functional.adaptive_avg_pool2d(features, 1).flatten(1)
        return torch.softmax(self.head(pooled), -1)
