"""ZFNet with batch norms in PyTorch, for 224 samples or 224×224 images: no relu between its convolutions."""

from torch import nn


def build(dimensions: int = 1, channels: int = 1, classes: int = 5) -> nn.Module:
    conv, norm, pool = (getattr(nn, f"{kind}{dimensions}d") for kind in ("Conv", "BatchNorm", "MaxPool"))
    return nn.Sequential(
        conv(channels, 96, 7, stride=2),
        norm(96),
        pool(3, stride=2),
        conv(96, 256, 5, stride=2),
        norm(256),
        pool(3, stride=2),
        conv(256, 384, 3, padding=1),
        norm(384),
        conv(384, 384, 3, padding=1),
        norm(384),
        conv(384, 256, 3, padding=1),
        norm(256),
        pool(3, stride=2),
        nn.Flatten(),
        nn.Linear(256 * 5**dimensions, 1024),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(1024, 1024),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(1024, classes),
    )
