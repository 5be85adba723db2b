"""Magnitude as its authors wrote it in PyTorch: one channel of length 250, believed to be the same network."""

import torch
from torch import nn
from torch.nn import functional as F


class Magnitude(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bn = nn.BatchNorm1d(1)
        self.conv1 = nn.Conv1d(1, 64, 5, padding=2)
        self.conv2 = nn.Conv1d(64, 64, 5, padding=2)
        self.conv3 = nn.Conv1d(64, 32, 3, padding=1)
        self.conv4 = nn.Conv1d(32, 16, 3, padding=1)
        self.fc1 = nn.Linear(240, 300)
        self.side3 = nn.Conv1d(16, 1, 3, padding=1)
        self.fc2 = nn.Linear(315, 350)
        self.side2 = nn.Conv1d(32, 1, 3, padding=1)
        self.fc3 = nn.Linear(381, 300)
        self.side1 = nn.Conv1d(64, 1, 3, padding=1)
        self.fc4 = nn.Linear(362, 275)
        self.fc5 = nn.Linear(275, 250)

    def forward(self, sounding: torch.Tensor) -> torch.Tensor:
        x = self.bn(sounding)
        x = F.max_pool1d(F.relu(self.conv1(x)), 2)
        t1 = x = F.max_pool1d(F.relu(self.conv2(x)), 2)
        t2 = x = F.max_pool1d(F.relu(self.conv3(x)), 2)
        t3 = x = F.max_pool1d(F.relu(self.conv4(x)), 2)
        x = F.relu(self.fc1(x.view(-1, 1, 240)))
        x = F.relu(self.fc2(torch.cat([x, self.side3(t3)], dim=-1)))
        x = F.relu(self.fc3(torch.cat([x, self.side2(t2)], dim=-1)))
        x = F.relu(self.fc4(torch.cat([x, self.side1(t1)], dim=-1)))
        x = F.relu(self.fc5(x))
        return x + sounding


def build() -> nn.Module:
    return Magnitude()
