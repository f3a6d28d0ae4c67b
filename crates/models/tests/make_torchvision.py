"""Makes what tests/torchvision.rs compares with, by PyTorch.

    pip install torch torchvision safetensors
    python make_torchvision.py small FOLDER    # alexnet_narrow.safetensors: a 64th of the width, 8 classes
    python make_torchvision.py whole FOLDER    # alexnet.safetensors: torchvision's own, 1000 classes

Each file has the weights under torchvision's names, and `logits` for the two images of `images()`.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import alexnet


def images():
    """Two images of 3x224x224 that other programs can make to the last bit."""
    numbers = torch.arange(2 * 3 * 224 * 224, dtype=torch.int64)
    values = ((numbers * 7919) % 1009 - 504).to(torch.float64) / 252
    return values.to(torch.float32).reshape(2, 3, 224, 224)


def narrow():
    """torchvision's network with its layers replaced by narrower ones."""
    network = alexnet(num_classes=8)
    channels = {3: 3, 64: 2, 192: 4, 384: 6, 256: 4, 4096: 64, 9216: 144, 8: 8}
    for part in (network.features, network.classifier):
        for index, layer in enumerate(part):
            if isinstance(layer, nn.Conv2d):
                part[index] = nn.Conv2d(
                    channels[layer.in_channels], channels[layer.out_channels],
                    layer.kernel_size, layer.stride, layer.padding)
            elif isinstance(layer, nn.Linear):
                part[index] = nn.Linear(channels[layer.in_features], channels[layer.out_features])
    return network


which, folder = sys.argv[1], Path(sys.argv[2])
torch.manual_seed(0)
network = narrow() if which == "small" else alexnet()
for name, value in network.named_parameters():
    # PyTorch's default is so small that the biases alone would decide the logits.
    if name.endswith("weight"):
        nn.init.kaiming_normal_(value, nonlinearity="relu")
network.eval()
with torch.no_grad():
    logits = network(images())
name = "alexnet_narrow" if which == "small" else "alexnet"
save_file({**network.state_dict(), "logits": logits}, folder / f"{name}.safetensors")
print(torch.__version__, logits.shape, "from", logits.min().item(), "to", logits.max().item())
