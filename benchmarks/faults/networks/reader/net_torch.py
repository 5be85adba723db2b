"""The reader in PyTorch."""

import torch
from torch import nn


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(5, 6), nn.ReLU())
        self.along = nn.GRU(6, 6, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(12)
        self.simple = nn.RNN(12, 4, nonlinearity="relu", batch_first=True)
        self.end = nn.GRU(12, 5, batch_first=True, bidirectional=True)
        self.answer = nn.Linear(14, 3)

    def forward(self, sequence):
        x = self.features(sequence)
        x = self.along(x)[0]
        x = self.norm(x)
        steps, _ = self.simple(x)
        last = steps[:, -1]
        _, state = self.end(x)
        x = torch.cat([state[0], state[1]], 1)
        x = torch.cat([x, last], 1)
        return self.answer(x)


def build():
    return Reader()
