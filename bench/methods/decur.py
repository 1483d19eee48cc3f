"""One pretraining step of DeCUR in PyTorch, float32, at the sizes of decur.ts.

One JSON request a line on stdin, one JSON answer a line on stdout:
{"op": "train", "net": set, "batch": n, "runs": n, "config": {...}} -> {"ms": [milliseconds per step]}

`config` is the model's configuration. Written as one would in PyTorch: channels first, grid_sample,
BatchNorm1d. A step is two views of every modality, forward, loss, backward, clipping and AdamW.
"""
from peer import gelu, serve  # before torch: it sets the threads
import torch
import torch.nn.functional as F
from torch import nn


class ChannelNorm(nn.Module):
    """Layer norm over the channels of [B, C, ...]."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x):
        return self.norm(x.movedim(1, -1)).movedim(-1, 1)


class Deformable(nn.Module):
    """Residual deformable attention on [B, C, H, W]; a series is an image of one row."""

    def __init__(self, channels, size, options):
        super().__init__()
        self.heads, self.groups = options["heads"], options["groups"]
        self.stride, kernel = options["stride"], options["kernel"]
        h, w = size
        width = channels // self.groups
        tall = kernel if h > 1 else 1
        self.query, self.key, self.value, self.output = (nn.Conv2d(channels, channels, 1) for _ in range(4))
        self.depthwise = nn.Conv2d(
            width, width, (tall, kernel), (self.stride if h > 1 else 1, self.stride), (tall // 2, kernel // 2), groups=width
        )
        self.norm = ChannelNorm(width)
        self.direction = nn.Conv2d(width, 2, 1, bias=False)
        self.table = nn.Parameter(0.01 * torch.randn(self.heads, 2 * h - 1, 2 * w - 1))

    def forward(self, x):
        b, c, h, w = x.shape
        g, heads, d = self.groups, self.heads, c // self.heads
        q = self.query(x)
        offset = self.direction(gelu(self.norm(self.depthwise(q.reshape(b * g, c // g, h, w)))))
        rows, columns = offset.shape[-2:]
        n = rows * columns
        reference = torch.stack(
            torch.meshgrid(
                (torch.arange(rows) + 0.5) / rows * 2 - 1,
                (torch.arange(columns) + 0.5) / columns * 2 - 1,
                indexing="ij",
            ),
            -1,
        )
        place = (offset.permute(0, 2, 3, 1) + reference).clamp(-1, 1)  # y, x
        sampled = F.grid_sample(x.reshape(b * g, c // g, h, w), place.flip(-1), align_corners=True)
        sampled = sampled.reshape(b, c, 1, n)
        own = torch.stack(torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij"), -1)
        away = (own.reshape(1, h * w, 1, 2) - place.reshape(b * g, 1, n, 2)) / 2
        table = self.table[None].expand(b, -1, -1, -1).reshape(b * g, heads // g, *self.table.shape[1:])
        bias = F.grid_sample(table, away.flip(-1), align_corners=True).reshape(b * heads, h * w, n)
        q = q.reshape(b * heads, d, h * w)
        k, v = (m(sampled).reshape(b * heads, d, n) for m in (self.key, self.value))
        weights = (torch.bmm(q.transpose(1, 2), k) * d**-0.5 + bias).softmax(-1)
        return x + self.output(torch.bmm(v, weights.transpose(1, 2)).reshape(b, c, h, w))


def stage(channels, size, options, tall):
    kernel, stride = options["kernel"], options["stride"]
    shape = (kernel, kernel) if tall else (1, kernel)
    strides = (stride, stride) if tall else (1, stride)
    conv = nn.Conv2d(channels, options["filters"], shape, strides, tuple(side // 2 for side in shape))
    after = [(side - 1) // step + 1 for side, step in zip(size, strides)]
    layers = [conv, ChannelNorm(options["filters"]), Gelu()]
    if "attention" in options:
        layers.append(Deformable(options["filters"], after, options["attention"]))
    return layers, options["filters"], after


class Gelu(nn.Module):
    def forward(self, x):
        return gelu(x)


def chain(channels, size, stages, tall):
    layers = []
    for options in stages:
        more, channels, size = stage(channels, size, options, tall)
        layers += more
    return nn.Sequential(*layers), channels, size


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config, self.kind = config, config["kind"]
        if self.kind == "vector":
            widths = [config["size"], *config["widths"]]
            layers = []
            for a, b in zip(widths, widths[1:]):
                layers += [nn.Linear(a, b), nn.LayerNorm(b), Gelu()]
            self.layers, self.features = nn.Sequential(*layers), widths[-1]
            return
        channels, length = config.get("width", config["channels"]), config.get("frames", config["rows"])
        if self.kind == "clip":
            size = [config["rows"], config["columns"]]
            self.image, filters, size = chain(config["channels"], size, config["image"], True)
            flat = filters * size[0] * size[1]
            self.frame = nn.Sequential(nn.Linear(flat, channels), nn.LayerNorm(channels), Gelu())
        self.layers, channels, _ = chain(channels, [1, length], config["stages"], False)
        self.features = channels * config["bins"]

    def forward(self, x):
        if self.kind == "vector":
            return self.layers(x)
        if self.kind == "clip":
            b, t = x.shape[:2]
            x = self.frame(self.image(x.flatten(0, 1)).flatten(1)).reshape(b, t, -1).transpose(1, 2)
        line = self.layers(x[:, :, None])[:, :, 0]
        return F.adaptive_avg_pool1d(line, self.config["bins"]).flatten(1)


def projector(features, options):
    layers, width = [], features
    for _ in range(options["depth"]):
        layers += [nn.Linear(width, options["hidden"], bias=False), nn.BatchNorm1d(options["hidden"]), nn.ReLU()]
        width = options["hidden"]
    return nn.Sequential(*layers, nn.Linear(width, options["dimensions"], bias=False))


def barlow(c, target, scale):
    on = (torch.diagonal(c) - target).pow(2).sum()
    off = c.pow(2).sum() - torch.diagonal(c).pow(2).sum()
    return on + scale * off


class Decur(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.encoders = nn.ModuleList(Encoder(m["encoder"]) for m in config["modalities"])
        self.projectors = nn.ModuleList(projector(e.features, config["projector"]) for e in self.encoders)
        self.norm = nn.BatchNorm1d(config["projector"]["dimensions"], affine=False)

    def forward(self, views):
        common, scale = self.config["loss"]["common"], self.config["loss"]["lambda"]
        first, loss, count = [], 0, 0
        for encode, project, (a, b) in zip(self.encoders, self.projectors, views):
            features = encode(torch.cat([a, b]))
            za, zb = (self.norm(project(f)) for f in features.chunk(2))
            first.append(za)
            loss = loss + barlow(za.T @ zb / len(za), 1, scale)
            count += 1
        for i, a in enumerate(first):
            for b in first[i + 1 :]:
                both = barlow(a[:, :common].T @ b[:, :common] / len(a), 1, scale)
                apart = barlow(a[:, common:].T @ b[:, common:] / len(a), 0, scale)
                loss = loss + 0.5 * (both + apart)
                count += 1
        return loss / count


def shape_of(encoder):
    if encoder["kind"] == "vector":
        return [encoder["size"]]
    if encoder["kind"] == "series":
        return [encoder["channels"], encoder["rows"]]
    return [encoder["frames"], encoder["channels"], encoder["rows"], encoder["columns"]]


def train_step(config, batch):
    net = Decur(config)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, weight_decay=1e-4)
    views = [
        tuple(torch.randn(batch, *shape_of(m["encoder"])) for _ in range(2)) for m in config["modalities"]
    ]

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = net(views)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimizer.step()
        return loss.item()

    return step


serve(lambda r: train_step(r["config"], r["batch"]))
