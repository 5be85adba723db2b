"""Magnitude in PyTorch, computing what the Keras network computes.

Tensors are (batch, channel, length) inside; the network takes and gives (batch, length, channel) as Keras does.
"""

import torch
from torch import nn
from torch.nn import functional as F


class Magnitude(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bn = nn.BatchNorm1d(250, eps=1e-3)
        self.conv1 = nn.Conv1d(250, 64, 5, stride=2)
        self.conv2 = nn.Conv1d(64, 64, 5, stride=2)
        self.conv3 = nn.Conv1d(64, 32, 3, padding=1)
        self.conv4 = nn.Conv1d(32, 16, 3, padding=1)
        self.side3 = nn.Conv1d(16, 15, 3, padding=1)
        self.side2 = nn.Conv1d(32, 31, 3, padding=1)
        self.side1 = nn.Conv1d(64, 62, 3, padding=1)
        self.pool = nn.MaxPool1d(2, ceil_mode=True)
        self.fc1 = nn.Linear(16, 300)
        self.fc2 = nn.Linear(315, 350)
        self.fc3 = nn.Linear(381, 300)
        self.fc4 = nn.Linear(362, 275)
        self.fc5 = nn.Linear(275, 250)

    def forward(self, sounding: torch.Tensor) -> torch.Tensor:
        x = self.bn(sounding.permute(0, 2, 1))
        x = self.pool(F.relu(self.conv1(same(x, 5, 2))))
        b1 = x = self.pool(F.relu(self.conv2(same(x, 5, 2))))
        b2 = x = self.pool(F.relu(self.conv3(x)))
        b3 = x = self.pool(F.relu(self.conv4(x)))
        x = self.fc1(x.transpose(1, 2))
        x = F.relu(self.fc2(beside(x, self.side3(b3))))
        x = F.relu(self.fc3(beside(x, self.side2(b2))))
        x = F.relu(self.fc4(beside(x, self.side1(b1))))
        x = F.relu(self.fc5(x))
        return x + sounding


def same(x: torch.Tensor, kernel: int, stride: int) -> torch.Tensor:
    """TensorFlow's 'same' padding at this length: the odd element goes to the end."""
    length = x.shape[-1]
    total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return F.pad(x, (total // 2, total - total // 2))


def beside(x: torch.Tensor, branch: torch.Tensor) -> torch.Tensor:
    """The trunk with a branch set beside it, channel by channel."""
    return torch.cat([x, F.relu(branch).transpose(1, 2)], dim=-1)


def build() -> nn.Module:
    return Magnitude()
