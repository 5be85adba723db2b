"""LeNet with batch norms in PyTorch, for series of 224 samples or images of 224×224: its author's code."""

from torch import nn


def build(dimensions: int = 1, channels: int = 1, classes: int = 5) -> nn.Module:
    conv, norm, pool = (getattr(nn, f"{kind}{dimensions}d") for kind in ("Conv", "BatchNorm", "MaxPool"))
    return nn.Sequential(
        conv(channels, 20, 5),
        norm(20),
        pool(2),
        conv(20, 50, 5),
        norm(50),
        pool(2),
        nn.Flatten(),
        nn.Linear(50 * 53**dimensions, 512),
        nn.ReLU(),
        nn.Linear(512, classes),
        nn.ReLU(),
    )
