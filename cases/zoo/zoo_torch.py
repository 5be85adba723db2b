"""Any layer, from the expression that builds it."""

import torch
from torch import nn
from torch.nn import functional as F


class Apply(nn.Module):
    """A forward pass written as a function of the input and of modules."""

    def __init__(self, function, *modules):
        super().__init__()
        self.function, self.held = function, nn.ModuleList(modules)

    def forward(self, x):
        return self.function(x, *self.held)


class Bare(nn.Module):
    """A forward pass written as a function of the input and of arrays that no layer owns, in words."""

    def __init__(self, function, *shapes):
        super().__init__()
        self.function, self.held = eval(function), nn.ParameterList(torch.randn(shape) for shape in shapes)

    def forward(self, x):
        return self.function(x, *self.held)


def exported():
    """The modules that PyTorch exports, by name."""
    names = {name: getattr(nn, name) for name in dir(nn)}
    return {name: each for name, each in names.items() if isinstance(each, type) and issubclass(each, nn.Module)}


def build(expression):
    return eval(expression, {"torch": torch, "nn": nn, "F": F, "Apply": Apply, "Bare": Bare})
