"""The causal convolutions in PyTorch; the network takes and gives (batch, length, channel) as Keras does."""

import torch
import torch.nn.functional as F
from torch import nn


class Level(nn.Module):
    def __init__(self, dilation):
        super().__init__()
        self.before = 2 * dilation
        self.filter = nn.Conv1d(6, 6, 3, dilation=dilation)
        self.gate = nn.Conv1d(6, 6, 3, dilation=dilation)
        self.skip = nn.Conv1d(6, 5, 1)
        self.out = nn.Conv1d(6, 6, 1)

    def forward(self, x):
        padded = F.pad(x, (self.before, 0))
        y = torch.tanh(self.filter(padded))
        z = torch.sigmoid(self.gate(padded))
        y = y * z
        x = x + 0.5 * self.out(y)
        return x, self.skip(y)


class Causal(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Conv1d(12, 6, 1)
        self.levels = nn.ModuleList([Level(1), Level(2), Level(4)])
        self.wide = nn.Conv1d(11, 7, 1)
        self.leave = nn.Conv1d(7, 2, 1)

    def forward(self, signal):
        x = signal.transpose(1, 2)
        x = self.enter(x)
        x, one = self.levels[0](x)
        x, two = self.levels[1](x)
        x, four = self.levels[2](x)
        total = one + two + four
        total = F.relu(total)
        x = torch.cat([total, x], dim=1)
        x = F.elu(self.wide(x))
        x = self.leave(x)
        return x.transpose(1, 2)


def build():
    return Causal()
