"""CMG's training step in PyTorch at the sizes of cmg.ts.

One JSON request a line on stdin, one JSON answer a line on stdout:
{"op": "train", "net": "float32" | "float64", "batch": n, "runs": n} -> {"ms": [milliseconds per step]}

Two modalities of vectors: two transformer layers each (dropout 0.1), specific branches, one codebook
moved modality by modality, linear decoders, five steps of the approximation nets, two-layer LSTM
predictions of the next frame from one random place, the histograms' contrast, Adam, clipping by module.
"""
from peer import serve  # before torch: it sets the threads
import torch
import torch.nn.functional as F
from torch import nn

SIZES, T, D, L, GAMMA = (128, 256), 10, 256, 400, 0.99


class Deep(nn.Sequential):
    def __init__(self):
        layers = [nn.Linear(D, 128)]
        for _ in range(2):
            layers += [nn.ReLU(), nn.Linear(128, 128)]
        super().__init__(*layers, nn.ReLU(), nn.Linear(128, 256))


class Encoder(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.first = nn.Linear(size, D)
        layer = nn.TransformerEncoderLayer(D, 4, 1024, 0.1, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2)
        self.specific = nn.Linear(size, 256)

    def forward(self, x):
        return self.layers(self.first(x)), F.relu(self.specific(x))


class Decoder(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.code, self.out = nn.Linear(D, 256), nn.Linear(512, size)

    def forward(self, q, s):
        return self.out(torch.cat([self.code(q), s], 2))


class Cpc(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.predict = nn.LSTM(D, D, 2, batch_first=True), nn.Linear(D, D)


def open_step(dtype, batch):
    torch.manual_seed(1)
    encoders = nn.ModuleList(Encoder(size) for size in SIZES).to(dtype)
    decoders = nn.ModuleList(Decoder(size) for size in SIZES).to(dtype)
    cpc = nn.ModuleList(Cpc() for _ in SIZES).to(dtype)
    nets = [nn.ModuleList([Deep(), Deep()]).to(dtype) for _ in SIZES]
    modules = [encoders, decoders, cpc]
    adam = torch.optim.Adam([p for m in modules for p in m.parameters()], lr=1e-4)
    club_adams = [torch.optim.Adam(net.parameters(), lr=1e-3) for net in nets]
    x = [torch.randn(batch, T, size, dtype=dtype) for size in SIZES]
    state = {
        "codes": torch.randn(L, D, dtype=dtype),
        "counts": torch.ones(L, dtype=dtype),
        "idle": torch.zeros(L),
    }
    state["sums"] = state["codes"].clone()

    def gaussian(net, q):
        return net[0](q), torch.tanh(net[1](q))

    def step():
        codes = state["codes"]
        z, specific = zip(*(encoder(each) for encoder, each in zip(encoders, x)))
        flat = [each.detach().reshape(-1, D) for each in z]
        index = [torch.cdist(each, codes).argmin(1) for each in flat]
        code = [codes[each].reshape(batch, T, D) for each in index]
        quantized = [each + (own - each).detach() for each, own in zip(z, code)]
        for _ in range(5):
            for net, club, q, s in zip(nets, club_adams, quantized, specific):
                mu, lv = gaussian(net, q.detach())
                fit = 0.5 * ((mu - s.detach()) ** 2 / lv.exp() + lv).sum(2).mean()
                club.zero_grad(set_to_none=True)
                fit.backward()
                nn.utils.clip_grad_norm_(net.parameters(), 0.5)
                club.step()
        loss = 0
        for m in range(2):
            loss = loss + F.mse_loss(decoders[m](quantized[m], specific[m]), x[m])
            loss = loss + 0.5 * F.mse_loss(z[m], code[m]) + 0.25 * F.mse_loss(z[m], code[1 - m])
            mu, lv = gaussian(nets[m], quantized[m])
            other = specific[m][torch.randperm(batch)]
            gap = ((mu - other) ** 2).mean(1) - ((mu - specific[m]) ** 2).mean(1)
            loss = loss + 0.5 * (gap / lv.mean(1).exp()).sum(1).mean()
        at = int(torch.randint(1, T - 1, (1,)))
        heard = [c.predict(c.lstm(each[:, : at + 1])[0][:, -1]) for c, each in zip(cpc, z)]
        target = torch.arange(batch)
        for a in range(2):
            for b in range(2):
                scores = z[b][:, at + 1] @ heard[a].T
                loss = loss + (0.1 if a == b else 1) * F.cross_entropy(scores, target)
        p = []
        for each in z:
            rows = each.reshape(-1, D)
            far = (rows ** 2).sum(1, keepdim=True) - 2 * rows @ codes.T + (codes ** 2).sum(1)
            soft = (-far.clamp(min=1e-12).sqrt()).softmax(1)
            p.append(soft.reshape(batch, T, L).mean(1))
        logs = [(each + 1e-10).log() for each in p]
        loss = loss + 0.5 * F.cross_entropy(p[0] @ logs[1].T + p[1] @ logs[0].T, target)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        for module in modules:
            nn.utils.clip_grad_norm_(module.parameters(), 0.5)
        adam.step()
        with torch.no_grad():
            hits = [F.one_hot(each, L).to(dtype) for each in index]
            for m in range(2):
                counts = GAMMA * state["counts"] + (1 - GAMMA) * hits[m].sum(0)
                total = counts.sum()
                state["counts"] = (counts + 1e-5) / (total + L * 1e-5) * total
                pulled = hits[m].T @ (0.5 * (flat[m] + flat[1 - m]))
                state["sums"] = GAMMA * state["sums"] + (1 - GAMMA) * pulled
                state["codes"] = state["sums"] / state["counts"].unsqueeze(1)
            used = (hits[0].sum(0) + hits[1].sum(0)) > 0
            state["idle"] = torch.where(used, torch.zeros(L), state["idle"] + 1)
            dead = state["idle"] > 300
            if dead.any():
                active = (state["idle"] < 100).nonzero().flatten()
                parents = active[torch.randint(len(active), (int(dead.sum()),))]
                noise = (torch.rand(len(parents), D, dtype=dtype) * 2 - 1) / 1024
                state["codes"][dead] = state["codes"][parents] + noise
                state["idle"][dead] = 0
        return loss.item()

    return step


serve(lambda r: open_step(getattr(torch, r["net"]), r["batch"]))
