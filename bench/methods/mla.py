"""One alternating step of MLA in PyTorch, float32, at the sizes of mla.ts.

One JSON request a line on stdin, one JSON answer a line on stdout:
{"op": "train", "net": modality, "batch": n, "runs": n, "config": {...}} -> {"ms": [milliseconds per step]}

`config` is the model's configuration: encoders as lists of layers, one linear head. A step is forward,
cross-entropy, backward and AdamW on the modality's encoder and on the head.
"""
from peer import gelu, serve  # before torch: it sets the threads
import torch
import torch.nn.functional as F
from torch import nn


class Picture(nn.Module):
    """Convolution of [..., channels, rows, columns], norm over channels: channels first, as PyTorch likes."""

    def __init__(self, channels, filters, kernel, stride):
        super().__init__()
        self.stride = stride
        self.kernel = kernel
        self.conv = nn.Conv2d(channels, filters, kernel, stride)
        self.norm = nn.LayerNorm(filters)

    def forward(self, x):
        leading = x.shape[:-3]
        x = x.reshape(-1, *x.shape[-3:])
        pads = []
        for size in (x.shape[-1], x.shape[-2]):
            out = -(-size // self.stride)
            total = max((out - 1) * self.stride + self.kernel - size, 0)
            pads += [total // 2, total - total // 2]
        y = self.conv(F.pad(x, pads))
        y = gelu(self.norm(y.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        return y.reshape(*leading, *y.shape[1:])


class Dense(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.map, self.norm = nn.Linear(inputs, outputs), nn.LayerNorm(outputs)

    def forward(self, x):
        return gelu(self.norm(self.map(x)))


class Series(nn.Module):
    """Convolution over time of [batch, steps, channels]."""

    def __init__(self, channels, width, stride, taps):
        super().__init__()
        side = (taps - 1) // 2 * stride
        self.conv = nn.Conv1d(channels, width, taps * stride, stride, side)
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        return gelu(self.norm(self.conv(x.transpose(1, 2)).transpose(1, 2)))


class Flatten(nn.Module):
    def __init__(self, axes):
        super().__init__()
        self.axes = axes

    def forward(self, x):
        return x.flatten(-self.axes)


def encoder(config, width):
    shape = list(config["input"])
    layers = []
    for layer in config["layers"]:
        kind = layer["kind"]
        if kind == "picture":
            layers.append(Picture(shape[-1], layer["filters"], layer["kernel"], layer["stride"]))
            sides = [-(-size // layer["stride"]) for size in shape[-3:-1]]
            shape = [*shape[:-3], *sides, layer["filters"]]
        elif kind == "dense":
            layers.append(Dense(shape[-1], layer["width"]))
            shape[-1] = layer["width"]
        elif kind == "series":
            layers.append(Series(shape[1], layer["width"], layer["stride"], layer["taps"]))
            shape = [shape[0] // layer["stride"], layer["width"]]
        elif kind == "flatten":
            layers.append(Flatten(layer["axes"]))
            size = 1
            for side in shape[-layer["axes"] :]:
                size *= side
            shape = [*shape[: -layer["axes"]], size]
        else:
            raise ValueError(kind)
    return nn.Sequential(*layers, Dense(shape[-1], width))


def train_step(config, modality, batch):
    own = config["modalities"][modality]
    net, head = encoder(own, config["width"]), nn.Linear(config["width"], config["classes"])
    decay = config["optimizer"]["weightDecay"]
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, betas=(0.9, 0.98), weight_decay=decay)
    head_optimizer = torch.optim.AdamW(head.parameters(), lr=1e-4, betas=(0.9, 0.98), weight_decay=0)
    shape = list(own["input"])
    if any(layer["kind"] == "picture" for layer in own["layers"]):
        shape = [*shape[:-3], shape[-1], *shape[-3:-1]]
    x, labels = torch.randn(batch, *shape), torch.randint(0, config["classes"], (batch,))
    dropout = torch.ones(batch, config["width"])

    def step():
        optimizer.zero_grad(set_to_none=True)
        head_optimizer.zero_grad(set_to_none=True)
        features = net(x) * dropout
        loss = F.cross_entropy(head(features), labels)
        loss.backward()
        optimizer.step()
        head_optimizer.step()
        # What the next modality needs of this step.
        return loss.item(), features.detach().mean(0)

    return step


serve(lambda r: train_step(r["config"], r["net"], r["batch"]))
