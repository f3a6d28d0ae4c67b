"""Makes the state dict that tests/teachers.rs reads, by PyTorch.

    pip install torch
    python make_teacher.py FOLDER    # teacher.pth

The network is `mlp-3` for colour images of 16x16 and 24 classes, its weights as PyTorch draws them.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

torch.manual_seed(0)
layers = {"fc1": nn.Linear(3 * 16 * 16, 3), "fc2": nn.Linear(3, 24)}
state = OrderedDict()
for name, layer in layers.items():
    state[f"{name}.weight"], state[f"{name}.bias"] = layer.weight.data, layer.bias.data
torch.save(state, Path(sys.argv[1]) / "teacher.pth")
print(torch.__version__)
