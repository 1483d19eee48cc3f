"""The benchmark's networks in PyTorch, float32, at the sizes of nets.ts.

One JSON request a line on stdin, one JSON answer a line on stdout:
{"op": "train" | "serve", "net": name, "batch": n, "runs": n} -> {"ms": [milliseconds per run]}
"""
import json
import math
import os
import sys
import time

# OpenBLAS counts its threads apart from PyTorch and reads this when it is loaded.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = sys.argv[1]

try:
    import torch
    import torch.nn.functional as F
    from torch import nn
except ImportError as error:
    print(json.dumps({"error": f"{error}; on Debian: apt-get install python3-torch libopenblas0"}))
    sys.exit(0)

CLASSES = {"mlp": 64, "conv": 10, "transformer": 64, "lstm": 16}
INPUTS = {"mlp": (784,), "conv": (1, 28, 28), "transformer": (10, 256), "lstm": (10, 64)}


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 64)
        )

    def forward(self, x):
        return self.layers(x)


class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, 1, 1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
            nn.Conv2d(32, 32, 3, 2, 1), nn.ReLU(),
        )
        self.out = nn.Linear(32, 10)

    def forward(self, x):
        return self.out(self.layers(x).mean(dim=(2, 3)))


class Block(nn.Module):
    def __init__(self, width=256, heads=4):
        super().__init__()
        self.heads = heads
        self.n1, self.n2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, t, w = x.shape
        q, k, v = self.qkv(self.n1(x)).split(w, dim=2)
        q, k, v = (z.view(b, t, self.heads, w // self.heads).transpose(1, 2) for z in (q, k, v))
        a = (q @ k.transpose(-2, -1) / math.sqrt(w // self.heads)).softmax(dim=-1)
        x = x + self.proj((a @ v).transpose(1, 2).reshape(b, t, w))
        return x + self.down(F.gelu(self.up(self.n2(x)), approximate="tanh"))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(Block(), Block())
        self.out = nn.Linear(256, 64)

    def forward(self, x):
        return self.out(self.blocks(x).mean(dim=1))


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(64, 128, batch_first=True)
        self.out = nn.Linear(128, 16)

    def forward(self, x):
        return self.out(self.lstm(x)[0][:, -1])


NETS = {"mlp": Mlp, "conv": Conv, "transformer": Transformer, "lstm": Lstm}
sessions = {}
device = "cpu"


def train_step(name, batch):
    net = NETS[name]().to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
    x = torch.randn(batch, *INPUTS[name], device=device)
    y = torch.randint(0, CLASSES[name], (batch,), device=device)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def serve_step(name, batch):
    net = NETS[name]().to(device).eval()
    x = torch.randn(batch, *INPUTS[name], device=device)

    def step():
        with torch.inference_mode():
            return net(x).softmax(dim=1).cpu().numpy()

    return step


def main():
    global device
    torch.set_num_threads(int(sys.argv[1]))
    # Off the CPU the fair peer is PyTorch on the same GPU.
    if sys.argv[2] != "cpu" and torch.cuda.is_available():
        device = "cuda"
    print(json.dumps({"version": f"{torch.__version__} ({device})"}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        key = (request["op"], request["net"], request["batch"])
        if key not in sessions:
            make = train_step if request["op"] == "train" else serve_step
            sessions[key] = make(request["net"], request["batch"])
        times = []
        for _ in range(request["runs"]):
            started = time.perf_counter()
            sessions[key]()
            times.append((time.perf_counter() - started) * 1000)
        print(json.dumps({"ms": times}), flush=True)


main()
