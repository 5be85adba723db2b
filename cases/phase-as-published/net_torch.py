"""Phase as its authors wrote it in PyTorch: one channel of length 250, believed to be the same network."""

import torch
from torch import nn
from torch.nn import functional as F


class Phase(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, 8, 5, padding=2)
        self.conv2 = nn.Conv1d(8, 1, 5, padding=2)
        self.fc1 = nn.Linear(250, 300)
        self.fc2 = nn.Linear(300, 300)
        self.fc3 = nn.Linear(300, 350)
        self.fc4 = nn.Linear(350, 400)
        self.fc5 = nn.Linear(400, 250)

    def forward(self, sounding: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.conv1(sounding))
        x = F.relu(self.conv2(x))
        x = F.dropout(F.relu(self.fc1(x)), 0.0, self.training)
        x = F.dropout(F.relu(self.fc2(x)), 0.01, self.training)
        x = F.dropout(F.relu(self.fc3(x)), 0.1, self.training)
        x = F.dropout(F.relu(self.fc4(x)), 0.1, self.training)
        x = F.dropout(torch.tanh(self.fc5(x)), 0.0, self.training)
        return x + sounding


def build() -> nn.Module:
    return Phase()
