"""Phase in PyTorch, computing what the Keras network computes: (batch, length, channel) in and out."""

import torch
from torch import nn
from torch.nn import functional as F


class Phase(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(250, 8, 5, stride=2)
        self.conv2 = nn.Conv1d(8, 1, 5, stride=2)
        self.dense = nn.Sequential(
            nn.Linear(1, 300), nn.ReLU(), nn.Dropout(0.0),
            nn.Linear(300, 300), nn.ReLU(), nn.Dropout(0.01),
            nn.Linear(300, 350), nn.ReLU(), nn.Dropout(0.1),
            nn.Linear(350, 400), nn.ReLU(), nn.Dropout(0.1),
            nn.Linear(400, 250), nn.Tanh(), nn.Dropout(0.0),
        )  # fmt: skip

    def forward(self, sounding: torch.Tensor) -> torch.Tensor:
        x = sounding.transpose(1, 2)
        x = F.relu(self.conv1(F.pad(x, (2, 2))))  # 'same' at length 1, kernel 5, stride 2
        x = F.relu(self.conv2(F.pad(x, (2, 2))))
        return self.dense(x.transpose(1, 2)) + sounding


def build() -> nn.Module:
    return Phase()
