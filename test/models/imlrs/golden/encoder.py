"""IML-RS in plain NumPy, float64, sample by sample, tokens that are hidden or absent really left out.

Independent of the project's code: written from the equations. Prints encoder.json.
Run: python3 encoder.py > encoder.json   (NumPy 1.24)
"""
import json
import math

import numpy as np

N, D, HEADS, LAYERS, CLASSES, NORMS = 2, 8, 2, 2, 3, 2
# name: (samples, channels, window): tokens are windows of samples.
MODALITIES = {"alpha": (8, 2, 2), "beta": (6, 1, 3), "gamma": (4, 3, 2)}
B = 2
VISIBLE = {
    "alpha": [[1, 0, 1, 1], [1, 1, 1, 1]],
    "beta": [[0, 1], [1, 1]],
    "gamma": [[1, 1], [1, 0]],
}
PRESENT = {"alpha": [1, 1], "beta": [1, 1], "gamma": [0, 1]}


def weights(path, shape):
    start = sum(map(ord, path)) % 97
    size = int(np.prod(shape))
    values = np.array([math.sin(0.7 * i + start) for i in range(size)]).reshape(shape)
    last = path.split("/")[-1]
    return 1 + 0.1 * values if last in ("norm", "context", "gain") else 0.5 * values


def norm(x, gains, bias=0.0, eps=1e-5):
    for gain in gains:
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps) * gain + bias
    return x


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def mha(q, k, v, heads=HEADS):
    """q [Tq, I], k and v [Tk, I] -> [Tq, I]"""
    size = q.shape[1] // heads
    out = []
    for h in range(heads):
        part = slice(h * size, (h + 1) * size)
        out.append(softmax(q[:, part] @ k[:, part].T / math.sqrt(size)) @ v[:, part])
    return np.concatenate(out, 1)


def ffn(path, x):
    hidden = 8 * D // 3
    n = norm(x, weights(path + "/norm", (NORMS, D)))
    a = n @ weights(path + "/value", (D, hidden))
    b = gelu(n @ weights(path + "/gate", (D, hidden)))
    return x + (a * b) @ weights(path + "/out", (hidden, D))


def qkvo(path):
    return [weights(f"{path}/{name}", (D, D)) for name in ("query", "key", "value", "out")]


def sincos(n):
    half = D // 2
    angles = [n / 10000 ** (k / half) for k in range(half)]
    return np.array([math.sin(a) for a in angles] + [math.cos(a) for a in angles])


def inputs(name, b):
    length, channels, _ = MODALITIES[name]
    c = len(name)
    return np.array([math.cos(0.9 * i + 2.3 * b + c) for i in range(length * channels)]).reshape(length, channels)


def encode(b, form):
    tokens = {}
    for name, (length, channels, window) in MODALITIES.items():
        T = length // window
        r = T // N
        patches = inputs(name, b).reshape(T, window * channels)
        x = patches @ weights(f"adapters/{name}/weight", (window * channels, D))
        place = weights(f"adapters/{name}/place", (r, D))
        x = x + np.array([sincos(t // r) + place[t % r] for t in range(T)])
        tokens[name] = x
    fusion = np.array([sincos(n) for n in range(N)]) + weights("fusion/tokens", (N, D))
    hidden = weights("fusion/hidden", (N, D))
    shown = {m: [t for t, v in enumerate(VISIBLE[m][b]) if v] for m in MODALITIES if PRESENT[m][b]}
    rows = {m: tokens[m][shown[m]] for m in shown}
    for l in range(LAYERS):
        path = f"layers/{l}/fuse/attention"
        wq, wk, wv, wo = qkvo(path)
        gains = weights(path + "/norm", (NORMS, D))
        context = weights(path + "/context", (NORMS, D)) if form == "cross" else gains
        new = []
        for n in range(N):
            keys = []
            for m in shown:
                T = len(VISIBLE[m][b])
                for t in range(T):
                    if t // (T // N) != n:
                        continue
                    keys.append(rows[m][shown[m].index(t)] if t in shown[m] else hidden[n])
            keys = norm(np.array(keys), context)
            q = norm(fusion[n : n + 1], gains)
            if form == "selfMPlus1":
                keys = np.concatenate([keys, q])
            new.append(fusion[n] + (mha(q @ wq, keys @ wk, keys @ wv) @ wo)[0])
        fusion = ffn(f"layers/{l}/fuse/feedForward", np.array(new))
        # Dense attention under the block mask over the tokens that are there.
        order = list(rows)
        T = np.concatenate([rows[m] for m in order] + [fusion])
        kind = sum([[m] * len(rows[m]) for m in order], []) + ["F"] * N
        wq, wk, wv, wo = qkvo(f"layers/{l}/attention")
        n = norm(T, weights(f"layers/{l}/attention/norm", (NORMS, D)))
        q, k, v = n @ wq, n @ wk, n @ wv
        allow = np.array([[a == c or a == "F" for c in kind] for a in kind])
        out, size = [], D // HEADS
        for h in range(HEADS):
            part = slice(h * size, (h + 1) * size)
            logits = np.where(allow, q[:, part] @ k[:, part].T / math.sqrt(size), -np.inf)
            out.append(softmax(logits) @ v[:, part])
        T = ffn(f"layers/{l}/feedForward", T + np.concatenate(out, 1) @ wo)
        at = 0
        for m in order:
            rows[m] = T[at : at + len(rows[m])]
            at += len(rows[m])
        fusion = T[at:]
    last = weights("norm", (1, D))
    return norm(fusion, last), {m: norm(rows[m], last) for m in rows}, shown


def pooled(query, keys):
    wq, wk, wv, wo = qkvo("pool/attention")
    n = norm(keys, weights("pool/attention/norm", (NORMS, D)))
    p = (mha(query @ wq, n @ wk, n @ wv) @ wo)[0]
    up = norm(p, weights("pool/norm", (1, D))) @ weights("pool/up/weight", (D, 4 * D)) + weights("pool/up/bias", (4 * D,))
    return p + gelu(up) @ weights("pool/down/weight", (4 * D, D)) + weights("pool/down/bias", (D,))


def affine(path, x, to):
    return x @ weights(path + "/weight", (x.shape[-1], to)) + weights(path + "/bias", (to,))


def decode(name, fusion):
    W = 8
    length, channels, window = MODALITIES[name]
    path = f"decoders/{name}"
    x = affine(path + "/enter", fusion, W) + weights(path + "/task", (1, W))
    for l in range(2):
        p = f"{path}/blocks/{l}"
        n = norm(x, [weights(p + "/attentionNorm/gain", (W,))], weights(p + "/attentionNorm/offset", (W,)), 1e-6)
        q, k, v = (affine(f"{p}/{part}", n, W) for part in ("query", "key", "value"))
        x = x + affine(p + "/out", mha(q, k, v, 2), W)
        n = norm(x, [weights(p + "/mlpNorm/gain", (W,))], weights(p + "/mlpNorm/offset", (W,)), 1e-6)
        x = x + affine(p + "/down", gelu(affine(p + "/up", n, 4 * W)), W)
    T = length // window
    return affine(path + "/leave", x, T // N * window * channels).reshape(T, window * channels)


def run(form):
    fusions, logits, glob, own, fused, recon = [], [], [], {}, {}, {}
    for b in range(B):
        fusion, rows, shown = encode(b, form)
        fusions.append(fusion)
        logits.append(affine("head", fusion.mean(0), CLASSES))
        glob.append(pooled(weights("pool/global", (1, D)), np.concatenate([*rows.values(), fusion])))
        for m in shown:
            T = len(VISIBLE[m][b])
            at = sorted({t // (T // N) for t in shown[m]})
            own.setdefault(m, {})[b] = pooled(weights(f"pool/own/{m}", (1, D)), rows[m])
            fused.setdefault(m, {})[b] = pooled(weights(f"pool/fused/{m}", (1, D)), fusion[at])
            length, channels, window = MODALITIES[m]
            patches = inputs(m, b).reshape(T, window * channels)
            error = np.abs(decode(m, fusion) - patches) ** (1 if m == "beta" else 2)
            hiddenTokens = [t for t in range(T) if t not in shown[m]]
            if hiddenTokens:
                recon.setdefault(m, []).append(error[hiddenTokens].mean())
    unit = lambda x: x / np.linalg.norm(x)
    contrast = 0.0
    for m in MODALITIES:
        samples = sorted(own[m])
        s = np.array([[unit(own[m][i]) @ unit(glob[j]) / 0.1 for j in samples] for i in samples])
        contrast += -np.mean(np.log(np.diag(softmax(s))))
    dino = 0.0
    for m in MODALITIES:
        terms = [-(softmax(unit(own[m][i]) / 0.04) * np.log(softmax(unit(fused[m][i]) / 0.1))).sum() for i in own[m]]
        dino += np.mean(terms)
    return {
        "fusion": np.array(fusions).ravel().tolist(),
        "logits": np.array(logits).ravel().tolist(),
        "global": np.array(glob).ravel().tolist(),
        "reconstruction": {m: float(np.mean(recon[m])) for m in MODALITIES if m in recon},
        "contrast": float(contrast),
        "dino": float(dino),
    }


print(json.dumps({form: run(form) for form in ("cross", "selfMPlus1")}, indent=1))
