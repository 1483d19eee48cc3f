"""Three training steps of GMC's digits network in PyTorch: the oracle of digitsSteps.test.ts.

Weights and inputs are drawn from formulas that both sides compute. Run with PyTorch 1.13 (Debian's
python3-torch), float32: prints the loss before each step, in all and per modality.
"""
import math

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
BATCH = 64
NAMES = ["trajectory", "pen-image", "mnist-image", "speech"]
SHAPES = {"trajectory": (200,), "pen-image": (28, 28, 1), "mnist-image": (28, 28, 1), "speech": (40, 64, 1)}
IMAGE = [((4, 4, 1), 64, False), ((4, 4, 64), 128, False)]
STACKS = {
    "trajectory": [((200,), 512, True), ((512,), 512, True)],
    "pen-image": IMAGE,
    "mnist-image": IMAGE,
    "speech": [((1, 64, 1), 128, False), ((4, 1, 128), 128, False), ((4, 1, 128), 256, False)],
}
FEATURES = {"trajectory": 512, "pen-image": 6272, "mnist-image": 6272, "speech": 2560}

drawn = 0


def draw(count, factor, start):
    """Fractional parts of multiples: as good as random for this purpose, the same everywhere."""
    n = torch.arange(start, start + count, dtype=torch.float64)
    return torch.remainder(n * factor, 1.0)


def weights(shape, fan_in):
    global drawn
    count = math.prod(shape)
    u = draw(count, 0.6180339887498949, drawn + 1)
    drawn += count
    w = ((2 * u - 1) / math.sqrt(fan_in)).float().reshape(shape)
    return w.requires_grad_(True)


def make_stack(name):
    layers = []
    for kernel, out, bias in STACKS[name]:
        fan_in = math.prod(kernel)
        layer = {"weight": weights((*kernel, out), fan_in)}
        if bias:
            layer["bias"] = weights((out,), fan_in)
        if name == "speech":
            layer["gain"] = torch.ones(out, requires_grad=True)
            layer["offset"] = torch.zeros(out, requires_grad=True)
        layers.append(layer)
    return layers


def make_affine(inputs, outputs):
    return {"weight": weights((inputs, outputs), inputs), "bias": weights((outputs,), inputs)}


def apply_stack(name, layers, x):
    if name == "trajectory":
        for layer in layers:
            x = F.silu(x @ layer["weight"] + layer["bias"])
        return x
    x = x.permute(0, 3, 1, 2)
    for position, layer in enumerate(layers):
        kernel = layer["weight"].permute(3, 2, 0, 1)
        if name == "speech":
            first = position == 0
            x = F.conv2d(x, kernel, stride=(1, 1) if first else (2, 1), padding=(0, 0) if first else (1, 0))
            x = F.relu(F.batch_norm(x, None, None, layer["gain"], layer["offset"], training=True))
        else:
            x = F.silu(F.conv2d(x, kernel, stride=2, padding=1))
    return x.permute(0, 2, 3, 1).flatten(1)


def contrast(joint, modality):
    z = torch.cat([joint, modality])
    scores = (z @ z.T / 0.1).masked_fill(torch.eye(2 * BATCH, dtype=bool), float("-inf"))
    return F.cross_entropy(scores, torch.arange(2 * BATCH).roll(BATCH))


base = {name: (make_stack(name), make_affine(FEATURES[name], 64)) for name in NAMES}
joint_stacks = {name: make_stack(name) for name in NAMES}
joint_out = make_affine(sum(FEATURES.values()), 64)
head = [make_affine(64, 512), make_affine(512, 512), make_affine(512, 64)]
inputs, start = {}, 1
for name in NAMES:
    count = BATCH * math.prod(SHAPES[name])
    inputs[name] = draw(count, 0.7548776662466927, start).float().reshape(BATCH, *SHAPES[name])
    start += count


def project(h):
    for position, layer in enumerate(head):
        h = h @ layer["weight"] + layer["bias"]
        if position < 2:
            h = F.silu(h)
    return F.normalize(h, dim=1)


tensors = [
    tensor
    for group in [
        *[layer for stack, out in base.values() for layer in [*stack, out]],
        *[layer for stack in joint_stacks.values() for layer in stack],
        joint_out,
        *head,
    ]
    for tensor in group.values()
]
print("weights", sum(tensor.numel() for tensor in tensors))
optimizer = torch.optim.Adam(tensors, lr=1e-4)
for step in range(3):
    optimizer.zero_grad()
    features = torch.cat([apply_stack(n, joint_stacks[n], inputs[n]) for n in NAMES], 1)
    z_joint = project(features @ joint_out["weight"] + joint_out["bias"])
    losses = []
    for name in NAMES:
        stack, out = base[name]
        h = apply_stack(name, stack, inputs[name]) @ out["weight"] + out["bias"]
        losses.append(contrast(z_joint, project(h)))
    loss = sum(losses)
    loss.backward()
    norm = math.sqrt(sum(float((tensor.grad**2).sum()) for tensor in tensors))
    print(f"{loss.item():.6f}", [f"{each.item():.6f}" for each in losses], f"gradient {norm:.5f}")
    optimizer.step()
