"""Makes what tests/pytorch.rs reads, by PyTorch.

    pip install torch
    python make_state_dict.py FOLDER    # mlp.pth and mlp_double.pth

Each is the state dict of a network of 6 inputs, 5 and 4 hidden units and 3 outputs, as `torch.save`
writes it; beside the weights it has `steps`, an integer, and `logits` for the two images of `images()`.
`mlp_double.pth` has the weights as float64.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn


def images():
    """Two images of 6 pixels that other programs can make to the last bit."""
    return (torch.arange(12, dtype=torch.float32).reshape(2, 6) - 6) / 4


folder = Path(sys.argv[1])
torch.manual_seed(0)
layers = {"fc1": nn.Linear(6, 5), "fc2": nn.Linear(5, 4), "fc3": nn.Linear(4, 3)}
with torch.no_grad():
    values = images()
    for name, layer in layers.items():
        values = layer(values)
        if name != "fc3":
            values = torch.relu(values)
state = OrderedDict()
for name, layer in layers.items():
    state[f"{name}.weight"], state[f"{name}.bias"] = layer.weight.data, layer.bias.data
state["steps"], state["logits"] = torch.tensor(7), values
torch.save(state, folder / "mlp.pth")
torch.save({name: value.double() for name, value in state.items()}, folder / "mlp_double.pth")
print(torch.__version__, values.tolist())
