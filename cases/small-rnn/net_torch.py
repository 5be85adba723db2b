"""A small recurrent classifier in PyTorch, which reads time first: (time, batch, channel)."""

import torch
from torch import nn


class SmallRNN(nn.Module):
    def __init__(self, inputs: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.rnn = nn.RNN(inputs, hidden)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, series: torch.Tensor) -> torch.Tensor:
        x = series.transpose(0, 1)
        start = torch.zeros(1, x.shape[1], self.hidden, dtype=x.dtype, device=x.device)
        every, _ = self.rnn(x, start)
        return self.fc(every[-1])


def build(inputs: int = 28, hidden: int = 150, classes: int = 10) -> nn.Module:
    return SmallRNN(inputs, hidden, classes)
