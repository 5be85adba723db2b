"""The normalisations in PyTorch."""

from torch import nn


class Norms(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.LayerNorm(6, eps=1e-6)
        self.conv1 = nn.Conv2d(6, 6, 3, padding=1)
        self.grouped = nn.GroupNorm(3, 6, eps=1e-5)
        self.mish = nn.Mish()
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.instance = nn.InstanceNorm2d(6, eps=1e-4, affine=True)
        self.shares = nn.Softmax(dim=1)
        self.conv3 = nn.Conv2d(6, 6, 1, bias=False)
        self.batch = nn.BatchNorm2d(6, eps=1e-3)
        self.elu = nn.ELU()
        self.pool = nn.AvgPool2d(2)
        self.rms = nn.RMSNorm(54, eps=1e-6)
        self.hidden = nn.Linear(54, 9)
        self.silu = nn.SiLU()
        self.last_norm = nn.LayerNorm(9, eps=1e-3)
        self.answer = nn.Linear(9, 3)
        self.ends = nn.LogSoftmax(dim=1)

    def forward(self, map):
        x = map.permute(0, 2, 3, 1)
        x = self.first(x)
        x = x.permute(0, 3, 1, 2)
        x = self.conv1(x)
        x = self.grouped(x)
        x = self.mish(x)
        x = self.conv2(x)
        x = self.instance(x)
        x = self.shares(x)
        x = self.conv3(x)
        x = self.batch(x)
        x = self.elu(x)
        x = self.pool(x)
        x = x.permute(0, 2, 3, 1)
        x = x.flatten(1)
        x = self.rms(x)
        x = self.hidden(x)
        x = self.silu(x)
        x = self.last_norm(x)
        x = self.answer(x)
        return self.ends(x)


def build():
    return Norms()
