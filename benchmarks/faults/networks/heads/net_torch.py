"""The picture and the facts in PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 6, (3, 3))
        self.norm1 = nn.BatchNorm2d(6, eps=1e-3)
        self.leaky = nn.LeakyReLU(negative_slope=0.3)
        self.pool = nn.MaxPool2d(3, stride=2)
        self.conv2 = nn.Conv2d(6, 4, 2)
        self.known = nn.Linear(6, 7)
        self.norm2 = nn.BatchNorm1d(7, eps=1e-3)
        self.trunk = nn.Linear(23, 12)
        self.kind_hidden = nn.Linear(12, 8)
        self.kind = nn.Linear(8, 3)
        self.place_hidden = nn.Linear(12, 8)
        self.place = nn.Linear(8, 2)

    def forward(self, image, facts):
        x = self.pool(self.leaky(self.norm1(self.conv1(image))))
        x = F.relu(self.conv2(x))
        x = x.permute(0, 2, 3, 1)
        x = torch.flatten(x, 1)
        y = F.selu(self.known(facts))
        y = self.norm2(y)
        x = torch.cat((x, y), dim=1)
        x = F.relu(self.trunk(x))
        kind = F.silu(self.kind_hidden(x))
        kind = self.kind(kind).softmax(dim=1)
        place = F.softsign(self.place_hidden(x))
        place = place - y[:, :1]
        place = self.place(place).sigmoid()
        return kind, place


def build():
    return Heads()
