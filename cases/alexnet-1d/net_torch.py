"""AlexNet with batch norms in PyTorch, for series or images: its author's code, the fourth norm behind its relu.

The adaptive pool makes six bins of any length; at 224 samples there are six elements already.
"""

import torch
from torch import nn


class AlexNet(nn.Module):
    def __init__(self, dimensions: int, channels: int, classes: int) -> None:
        super().__init__()
        kinds = "Conv", "BatchNorm", "MaxPool", "AdaptiveAvgPool"
        conv, norm, pool, adaptive = (getattr(nn, f"{kind}{dimensions}d") for kind in kinds)
        self.features = nn.Sequential(
            conv(channels, 64, 11, stride=4, padding=2),
            norm(64),
            nn.ReLU(inplace=True),
            pool(3, stride=2),
            conv(64, 192, 5, padding=2),
            norm(192),
            nn.ReLU(inplace=True),
            pool(3, stride=2),
            conv(192, 384, 3, padding=1),
            norm(384),
            nn.ReLU(inplace=True),
            conv(384, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            norm(256),
            conv(256, 256, 3, padding=1),
            norm(256),
            nn.ReLU(inplace=True),
            pool(3, stride=2),
        )
        self.pool = adaptive(6)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(256 * 6**dimensions, 1024),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(1024, 1024),
            nn.ReLU(inplace=True),
            nn.Linear(1024, classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.pool(self.features(x)).flatten(1))


def build(dimensions: int = 1, channels: int = 1, classes: int = 5) -> nn.Module:
    return AlexNet(dimensions, channels, classes)
