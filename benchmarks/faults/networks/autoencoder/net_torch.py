"""The autoencoder in PyTorch."""

import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.down1 = nn.Conv2d(1, 4, 3, stride=2)
        self.elu = nn.ELU(alpha=0.5)
        self.frame = nn.ZeroPad2d((2, 1, 1, 2))
        self.down2 = nn.Conv2d(4, 6, 4)
        self.relu = nn.ReLU()
        self.code = nn.Linear(144, 6)
        self.tanh = nn.Tanh()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.down1(self.pad(image))
        x = self.elu(x)
        x = self.frame(x)
        x = self.relu(self.down2(x))
        x = x.permute(0, 2, 3, 1).reshape(len(x), -1)
        return self.tanh(self.code(x))


class Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.open = nn.Linear(6, 48)
        self.up1 = nn.ConvTranspose2d(8, 6, 4, stride=2, padding=1)
        self.larger = nn.Upsample(scale_factor=2, mode="nearest")
        self.smooth = nn.Conv2d(6, 4, 3, padding=1)
        self.last = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        x = self.open(code).relu()
        x = x.view(-1, 2, 3, 8).permute(0, 3, 1, 2)
        x = self.up1(x).relu()
        x = self.larger(x)
        x = self.smooth(x).relu()
        x = self.last(x)
        return torch.clamp(x, -1.5, 1.5)


def build() -> nn.Module:
    return nn.Sequential(Encoder(), Decoder())
