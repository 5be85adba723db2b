"""LeNet in one dimension as its author's code has it: each batch norm stands before its pool."""

from torch import nn


def build(channels: int = 1, classes: int = 5) -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(channels, 20, 5),
        nn.BatchNorm1d(20),
        nn.MaxPool1d(2),
        nn.Conv1d(20, 50, 5),
        nn.BatchNorm1d(50),
        nn.MaxPool1d(2),
        nn.Flatten(),
        nn.Linear(50 * 53, 512),
        nn.ReLU(),
        nn.Linear(512, classes),
        nn.ReLU(),
    )
