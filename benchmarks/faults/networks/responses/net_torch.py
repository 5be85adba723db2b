"""The same in PyTorch, of an image that lies as Keras has it."""

import torch
from torch import nn


class Responses(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.response1 = nn.LocalResponseNorm(5, 0.1)
        self.slopes = nn.PReLU(8)
        self.conv2 = nn.Conv2d(8, 6, 3)
        self.response2 = nn.LocalResponseNorm(3, 0.3, 0.5, 2.0)
        self.slope = nn.PReLU()
        self.answer = nn.Linear(12, 3)

    def forward(self, image):
        x = image.permute(0, 3, 1, 2)
        x = self.slopes(self.response1(self.conv1(x)))
        x = self.slope(self.response2(self.conv2(x)))
        x = torch.cat([x.mean((2, 3)), x.std((2, 3), unbiased=False)], dim=1)
        return self.answer(x)


def build():
    return Responses()
