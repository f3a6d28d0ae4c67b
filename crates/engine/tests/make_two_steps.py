"""Makes tests/fixtures/two_steps.safetensors, which tests/two_steps.rs compares with, by PyTorch.

    pip install torch safetensors
    python make_two_steps.py FOLDER

Two steps of `alexnet_small` at a quarter of its width, in float64, from numbers that other programs
can make to the last bit. The file has the weights after both steps and the loss before, between and
after them.
"""

import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file


def numbers(count, seed, scale):
    """Numbers within +-scale that follow from the seed alone."""
    i = torch.arange(count, dtype=torch.int64)
    values = ((31 * i * i + 7919 * i + seed) % 1009 - 504).to(torch.float64) / 504 * scale
    return values.to(torch.float32).to(torch.float64)


# Name, shape of the weights, groups.
LAYERS = [
    ("conv1", (4, 3, 3, 3), 1),
    ("conv2", (8, 2, 3, 3), 2),
    ("conv3", (12, 8, 3, 3), 1),
    ("conv4", (12, 6, 3, 3), 2),
    ("conv5", (8, 6, 3, 3), 2),
    ("fc6", (32, 32), 1),
    ("fc7", (32, 32), 1),
    ("fc8", (5, 32), 1),
]

weights, biases = {}, {}
for number, (name, shape, _) in enumerate(LAYERS, 1):
    scale = math.sqrt(6 / math.prod(shape[1:]))
    weight = numbers(math.prod(shape), number, scale).reshape(shape)
    weights[name] = weight.requires_grad_()
    biases[name] = numbers(shape[0], 100 + number, 0.1).requires_grad_()
images = numbers(6 * 3 * 16 * 16, 1000, 2).reshape(6, 3, 16, 16)
labels = torch.tensor([0, 1, 2, 3, 4, 2])


def loss():
    x = images
    for name, _, groups in LAYERS:
        if name.startswith("conv"):
            x = F.relu(F.conv2d(x, weights[name], biases[name], padding=1, groups=groups))
            if name in ("conv1", "conv2", "conv5"):
                x = F.max_pool2d(x, 2, 2)
            if name in ("conv1", "conv2"):
                x = F.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=1.0)
        else:
            x = F.linear(x.flatten(1), weights[name], biases[name])
            x = x if name == "fc8" else F.relu(x)
    return F.cross_entropy(x, labels)


RATE = 0.05
optimizer = torch.optim.SGD(
    [
        {"params": list(weights.values()), "lr": RATE, "weight_decay": 5e-4},
        {"params": list(biases.values()), "lr": 2 * RATE, "weight_decay": 0.0},
    ],
    momentum=0.9,
)
losses = []
for _ in range(2):
    optimizer.zero_grad()
    losses.append(loss())
    losses[-1].backward()
    optimizer.step()
losses.append(loss())

found = {f"{name}.weight": value for name, value in weights.items()}
found |= {f"{name}.bias": value for name, value in biases.items()}
found["losses"] = torch.stack(losses)
found = {name: value.detach().to(torch.float32).contiguous() for name, value in found.items()}
save_file(found, Path(sys.argv[1]) / "two_steps.safetensors")
print(torch.__version__, found["losses"])
