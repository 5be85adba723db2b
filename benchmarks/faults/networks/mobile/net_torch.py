"""The mobile image network in PyTorch."""

import torch
from torch import nn


class Excite(nn.Module):
    def __init__(self, wide: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.down = nn.Conv2d(wide, 4, 1)
        self.act = nn.ReLU(inplace=True)
        self.up = nn.Conv2d(4, wide, 1)
        self.gate = nn.Hardsigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        s = self.pool(x)
        s = self.act(self.down(s))
        s = self.gate(self.up(s))
        return x * s


class Inverted(nn.Module):
    def __init__(self, inputs: int, wide: int, width: int) -> None:
        super().__init__()
        self.expand = nn.Conv2d(inputs, wide, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(wide, eps=1e-3, momentum=0.01)
        self.act1 = nn.ReLU6()
        self.look = nn.Conv2d(wide, wide, 3, padding=1, groups=wide, bias=False)
        self.norm2 = nn.BatchNorm2d(wide, eps=1e-3, momentum=0.01)
        self.act2 = nn.SiLU()
        self.excite = Excite(wide)
        self.project = nn.Conv2d(wide, width, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(width, eps=1e-3, momentum=0.01)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.act1(self.norm1(self.expand(x)))
        y = self.act2(self.norm2(self.look(y)))
        y = self.excite(y)
        y = self.norm3(self.project(y))
        return x + y


class Reducing(nn.Module):
    def __init__(self, inputs: int, wide: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, wide, 1, bias=False),
            nn.BatchNorm2d(wide, eps=1e-3),
            nn.ReLU6(),
            nn.ZeroPad2d((0, 1, 1, 1)),
            nn.Conv2d(wide, wide, 3, stride=2, groups=wide, bias=False),
            nn.BatchNorm2d(wide, eps=1e-3),
            nn.SiLU(),
            Excite(wide),
            nn.Conv2d(wide, width, 1, bias=False),
            nn.BatchNorm2d(width, eps=1e-3),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


class Mobile(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pad = nn.ZeroPad2d((0, 1, 1, 1))
        self.stem = nn.Conv2d(3, 8, 3, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(8, eps=1e-3)
        self.act = nn.Hardswish()
        self.one = Inverted(8, 16, 8)
        self.two = Reducing(8, 24, 12)
        self.mix = nn.Conv2d(12, 16, 1, groups=4)
        self.capped = nn.ReLU6()
        self.logits = nn.Conv2d(16, 5, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.pad(image)
        x = self.stem(x)
        x = self.act(self.norm(x))
        x = self.two(self.one(x))
        x = self.mix(x)
        x = self.capped(x)
        x = x.mean((2, 3), keepdim=True)
        x = self.logits(x)
        return torch.flatten(x, 1)


def build() -> nn.Module:
    return Mobile()
