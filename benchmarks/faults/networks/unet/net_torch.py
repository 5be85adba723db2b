"""The U-Net in PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = twice(2, 6)
        self.two = twice(6, 8)
        self.bottom = twice(8, 10)
        self.back2 = twice(16, 8)
        self.back1 = twice(12, 6)
        self.pool = nn.MaxPool2d(kernel_size=2)
        self.up2 = nn.ConvTranspose2d(10, 8, 2, stride=2)
        self.up1 = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.smooth = nn.ConvTranspose2d(8, 6, 4)
        self.last_up = nn.ConvTranspose2d(6, 4, 3, padding=1)
        self.leaky = nn.LeakyReLU(0.2)
        self.mask = nn.Conv2d(4, 1, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        one = self.one(image)
        two = self.two(self.pool(one))
        x = self.bottom(self.pool(two))
        x = self.up2(x)
        x = torch.cat([two, x], dim=1)
        x = self.back2(x)
        x = self.up1(x)
        x = self.smooth(x)
        x = x[:, :, 1:-2, 1:-2]
        x = F.relu(x)
        x = torch.cat([one, x], dim=1)
        x = self.back1(x)
        x = self.last_up(x)
        x = self.leaky(x)
        return torch.sigmoid(self.mask(x))


def twice(inputs: int, width: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, width, 3, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(width),
        nn.Conv2d(width, width, 3, padding="same"),
        nn.ReLU(),
    )


def build() -> nn.Module:
    return UNet()
