"""GMC's training step in PyTorch, float32, at the sizes of gmc.ts.

One JSON request a line on stdin, one JSON answer a line on stdout:
{"op": "train", "net": "mhd" | "digits", "batch": n, "runs": n} -> {"ms": [milliseconds per step]}

A step is forward through every base encoder, the joint encoder and the head, the contrast of each
modality with the joint (2B anchors), backward and Adam.
"""
from peer import serve  # before torch: it sets the threads
import torch
import torch.nn.functional as F
from torch import nn


def image():
    return nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1, bias=False), nn.SiLU(),
        nn.Conv2d(64, 128, 4, 2, 1, bias=False), nn.SiLU(), nn.Flatten(),
    ), 6272


def sound(bands, frames):
    return nn.Sequential(
        nn.Conv2d(1, 128, (1, frames), bias=False), nn.BatchNorm2d(128), nn.ReLU(),
        nn.Conv2d(128, 128, (4, 1), (2, 1), (1, 0), bias=False), nn.BatchNorm2d(128), nn.ReLU(),
        nn.Conv2d(128, 256, (4, 1), (2, 1), (1, 0), bias=False), nn.BatchNorm2d(256), nn.ReLU(),
        nn.Flatten(),
    ), 256 * bands // 4


def trajectory():
    return nn.Sequential(nn.Linear(200, 512), nn.SiLU(), nn.Linear(512, 512), nn.SiLU()), 512


# Per modality: shape of one example, its stack; no stack is read raw by the joint.
NETS = {
    "mhd": [
        ((1, 28, 28), image),
        ((1, 32, 128), lambda: sound(32, 128)),
        ((200,), trajectory),
        ((10,), None),
    ],
    "digits": [
        ((200,), trajectory),
        ((1, 28, 28), image),
        ((1, 28, 28), image),
        ((1, 40, 64), lambda: sound(40, 64)),
    ],
}


class Gmc(nn.Module):
    def __init__(self, modalities):
        super().__init__()
        self.base, self.joint = nn.ModuleList(), nn.ModuleList()
        width = 0
        for shape, make in modalities:
            stack, size = make() if make else (nn.Identity(), shape[0])
            self.base.append(nn.Sequential(stack, nn.Linear(size, 64)))
            self.joint.append(make()[0] if make else nn.Identity())
            width += size
        self.out = nn.Linear(width, 64)
        self.head = nn.Sequential(
            nn.Linear(64, 512), nn.SiLU(), nn.Linear(512, 512), nn.SiLU(), nn.Linear(512, 64)
        )

    def forward(self, inputs):
        joint = self.out(torch.cat([stack(x) for stack, x in zip(self.joint, inputs)], 1))
        hidden = [joint, *(stack(x) for stack, x in zip(self.base, inputs))]
        return F.normalize(self.head(torch.cat(hidden)), dim=1).chunk(len(hidden))


def contrast(joint, modality, temperature=0.1):
    both = torch.cat([joint, modality])
    count = len(joint)
    scores = (both @ both.T / temperature).fill_diagonal_(float("-inf"))
    positives = torch.arange(2 * count).roll(count)
    return F.cross_entropy(scores, positives)


def train_step(name, batch):
    modalities = NETS[name]
    net = Gmc(modalities)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
    inputs = [torch.rand(batch, *shape) for shape, _ in modalities]

    def step():
        optimizer.zero_grad(set_to_none=True)
        joint, *rest = net(inputs)
        loss = sum(contrast(joint, z) for z in rest)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


serve(lambda r: train_step(r["net"], r["batch"]))
