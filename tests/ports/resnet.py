"""A classifier with two residual blocks: Keras, functional, against a PyTorch module."""

import keras
import torch.nn.functional as F
from keras import layers
from torch import nn

from parity.case import Input
from ports import Fault

INPUTS = [Input("image", (27, 35, 3), ("height", "width", "channel"), ("channel", "height", "width"))]


def residual(x, filters, stride=1):
    shortcut = x
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU()(y)
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    if stride > 1 or x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)
        shortcut = layers.BatchNormalization()(shortcut)
    return layers.ReLU()(layers.Add()([y, shortcut]))


def reference():
    image = keras.Input((27, 35, 3))
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(image)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = residual(x, 16)
    x = residual(x, 24, stride=2)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10, activation="softmax")(x))


class Block(nn.Module):
    def __init__(self, inplanes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes, eps=1e-3)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes, eps=1e-3)
        self.downsample = None
        if stride > 1 or inplanes != planes:
            self.downsample = nn.Sequential(
                nn.Conv2d(inplanes, planes, 1, stride, bias=False),
                nn.BatchNorm2d(planes),
            )

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return F.relu(out + identity)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16, eps=1e-3)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = Block(16, 16)
        self.layer2 = Block(16, 24, stride=2)
        self.fc = nn.Linear(24, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.layer2(self.layer1(x))
        x = x.mean(dim=(2, 3))
        return self.fc(x)


def candidate():
    return ResNet()


FAULTS = [
    Fault(
        "pool",
        "14×18 at stride 2: 'same' pads at the right and lower edge only, this one all around",
        "self.pool = nn.MaxPool2d(3, stride=2, padding=1)",
        "self.pool = nn.Sequential(nn.ConstantPad2d((0, 1, 0, 1), float('-inf')), nn.MaxPool2d(3, stride=2))",
    ),
    Fault(
        "layer2.downsample.1",
        "the epsilon of the shortcut's norm was left at its default",
        "nn.BatchNorm2d(planes),",
        "nn.BatchNorm2d(planes, eps=1e-3),",
    ),
    Fault(
        "layer1 and layer2: relu behind bn2",
        "an activation before the addition, where there is one behind it only",
        "out = F.relu(self.bn2(self.conv2(out)))",
        "out = self.bn2(self.conv2(out))",
    ),
    Fault(
        "fc",
        "returns logits, where the reference returns probabilities",
        "return self.fc(x)",
        "return F.softmax(self.fc(x), dim=-1)",
    ),
]
