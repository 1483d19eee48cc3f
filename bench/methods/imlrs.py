"""The IML-RS training step in PyTorch, float32, at the sizes of imlrs.ts.

One JSON request a line on stdin, one JSON answer a line on stdout:
{"op": "train", "net": name, "batch": n, "runs": n, "config": {...}} -> {"ms": [milliseconds per step]}

Written as one would in PyTorch: modalities of equally many tokens stacked on the batch axis, attention
block by block, one fused projection for queries, keys and values.
"""
import math

from peer import serve  # before torch: it sets the threads
import torch
import torch.nn.functional as F
from torch import nn


class Norm(nn.Module):
    """LayerNorm with gain only."""

    def __init__(self, width):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.width = width

    def forward(self, x):
        return F.layer_norm(x, (self.width,), self.gain)


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.hidden = 8 * width // 3
        self.norm = Norm(width)
        self.up = nn.Linear(width, 2 * self.hidden, bias=False)
        self.out = nn.Linear(self.hidden, width, bias=False)

    def forward(self, x):
        value, gate = self.up(self.norm(x)).chunk(2, -1)
        return x + self.out(value * F.gelu(gate, approximate="tanh"))


def attend(q, k, v, bias=None):
    logits = q @ k.transpose(-2, -1) * (1 / math.sqrt(q.shape[-1]))
    if bias is not None:
        logits = logits + bias
    return logits.softmax(-1) @ v


class Layer(nn.Module):
    def __init__(self, width, heads, size):
        super().__init__()
        inner = heads * size
        self.heads, self.size = heads, size
        self.fuse_norm, self.fuse_context = Norm(width), Norm(width)
        self.fuse_q = nn.Linear(width, inner, bias=False)
        self.fuse_kv = nn.Linear(width, 2 * inner, bias=False)
        self.fuse_out = nn.Linear(inner, width, bias=False)
        self.fuse_ffn = FeedForward(width)
        self.norm = Norm(width)
        self.qkv = nn.Linear(width, 3 * inner, bias=False)
        self.out = nn.Linear(inner, width, bias=False)
        self.ffn = FeedForward(width)

    def split(self, x):
        b, t, _ = x.shape
        return x.view(b, t, self.heads, self.size).transpose(1, 2)

    def join(self, x):
        b, _, t, _ = x.shape
        return x.transpose(1, 2).reshape(b, t, -1)

    def forward(self, groups, fusion, hidden, masks):
        b, n, width = fusion.shape
        keys, values = [], []
        for rows, (count, tokens, readable, _) in zip(groups, masks["groups"]):
            r = tokens // n
            learned = hidden.repeat_interleave(r, 0)
            shown = rows * readable[..., None] + (1 - readable[..., None]) * learned
            k, v = self.fuse_kv(self.fuse_context(shown)).chunk(2, -1)
            shape = (count, b, n, r, self.heads, self.size)
            for part, target in ((k, keys), (v, values)):
                part = part.view(shape).permute(1, 2, 4, 0, 3, 5)
                target.append(part.reshape(b * n, self.heads, count * r, self.size))
        q = self.fuse_q(self.fuse_norm(fusion)).view(b * n, self.heads, 1, self.size)
        read = attend(q, torch.cat(keys, 2), torch.cat(values, 2), masks["present"])
        fusion = fusion + self.fuse_out(read.view(b, n, -1))
        fusion = self.fuse_ffn(fusion)

        all_k, all_v, after = [], [], []
        for rows, (count, tokens, _, bias) in zip(groups, masks["groups"]):
            q, k, v = (self.split(x) for x in self.qkv(self.norm(rows)).chunk(3, -1))
            read = v if tokens == 1 else attend(q, k, v, bias)
            after.append(self.ffn(rows + self.out(self.join(read))))
            for part, target in ((k, all_k), (v, all_v)):
                part = part.view(count, b, self.heads, tokens, self.size).permute(1, 2, 0, 3, 4)
                target.append(part.reshape(b, self.heads, count * tokens, self.size))
        q, k, v = (self.split(x) for x in self.qkv(self.norm(fusion)).chunk(3, -1))
        read = attend(q, torch.cat([*all_k, k], 2), torch.cat([*all_v, v], 2), masks["fusion"])
        fusion = self.ffn(fusion + self.out(self.join(read)))
        return after, fusion


class ImlRs(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["width"]
        self.config = config
        self.adapters = nn.ModuleDict()
        for m in config["modalities"]:
            hidden = m.get("hidden")
            layers = [nn.Linear(m["patch"], hidden or width, bias=hidden is not None)]
            if hidden:
                layers += [nn.GELU(approximate="tanh"), nn.Linear(hidden, width, bias=False)]
            self.adapters[m["name"]] = nn.Sequential(*layers)
        n = config["positions"]
        self.places = nn.ParameterDict(
            {m["name"]: nn.Parameter(0.02 * torch.randn(m["tokens"] // n, width)) for m in config["modalities"]}
        )
        self.tokens = nn.Parameter(0.02 * torch.randn(n, width))
        self.hidden = nn.Parameter(0.02 * torch.randn(n, width))
        self.layers = nn.ModuleList(
            Layer(width, config["heads"], config["headWidth"]) for _ in range(config["layers"])
        )
        self.norm = Norm(width)
        self.head = nn.Linear(width, config["classes"])

    def forward(self, inputs, present, visible, dropout):
        n = self.config["positions"]
        by_count = {}
        for m in self.config["modalities"]:
            by_count.setdefault(m["tokens"], []).append(m["name"])
        groups, masks, readables, presents = [], [], [], []
        for tokens, names in sorted(by_count.items()):
            r = tokens // n
            rows = torch.cat([self.adapters[m](inputs[m]) + self.places[m].repeat(n, 1) for m in names])
            readable = torch.cat([visible[m] * present[m][:, None] for m in names])
            bias = None
            if tokens > 1:
                allowed = torch.maximum(readable[:, None, :], torch.eye(tokens)[None])
                bias = ((allowed - 1) * 1e9)[:, None]
            groups.append(rows)
            masks.append((len(names), tokens, readable, bias))
            for m in names:
                readables.append(visible[m] * present[m][:, None])
                presents.append(present[m][:, None].expand(-1, r))
        b = dropout.shape[0]
        fusion_mask = torch.cat([*readables, torch.ones(b, n)], 1)
        there = (torch.cat(presents, 1) - 1) * 1e9
        masks = {
            "groups": masks,
            "fusion": ((fusion_mask - 1) * 1e9)[:, None, None, :],
            "present": there[:, None, :].expand(-1, n, -1).reshape(b * n, 1, 1, -1),
        }
        fusion = self.tokens[None].expand(b, -1, -1)
        for layer in self.layers:
            groups, fusion = layer(groups, fusion, self.hidden, masks)
        return self.head(self.norm(fusion).mean(1) * dropout)


def train_step(config, batch):
    net = ImlRs(config)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, betas=(0.9, 0.99))
    inputs = {m["name"]: torch.randn(batch, m["tokens"], m["patch"]) for m in config["modalities"]}
    present = {m["name"]: (torch.rand(batch) < 0.7).float() for m in config["modalities"]}
    visible = {m["name"]: (torch.rand(batch, m["tokens"]) < 0.9).float() for m in config["modalities"]}
    dropout = torch.ones(batch, config["width"])
    labels = torch.randint(0, config["classes"], (batch,))

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(inputs, present, visible, dropout), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


serve(lambda r: train_step(r["config"], r["batch"]))
