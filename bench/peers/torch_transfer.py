"""The transfer sweep of `assay bench transfer`, trained the ordinary way in PyTorch.

One process with every core; the images lie in memory and an epoch is a random permutation of them;
frozen layers run under `no_grad` at every step; cells are trained one after another. Reads the
folder that `assay bench transfer --peer` writes and prints one JSON object a line: first the
setting, then each cell as it is done.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

# Test images need no gradients, so a batch of them may be larger than one of training.
TEST_BATCH = 256


class Layer(nn.Module):
    """Dropout, a kernel, ReLU, pooling and local response normalisation, as the table says."""

    def __init__(self, table: dict):
        super().__init__()
        self.table = table
        parts = []
        if table["dropout"] > 0:
            parts.append(nn.Dropout(table["dropout"]))
        if table["kind"] == "convolution":
            self.kernel = nn.Conv2d(
                table["in"],
                table["out"],
                table["size"],
                stride=table["stride"],
                padding=table["padding"],
                groups=table["groups"],
            )
        else:
            self.kernel = nn.Linear(table["in"], table["out"])
            parts.append(nn.Flatten())
        parts.append(self.kernel)
        if table["relu"]:
            parts.append(nn.ReLU(inplace=True))
        if table["pool"]:
            parts.append(nn.MaxPool2d(table["pool"]["size"], table["pool"]["stride"]))
        if table["normalization"]:
            parts.append(nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0))
        self.body = nn.Sequential(*parts)

    def draw(self, initialization: str):
        if initialization == "he":
            nn.init.kaiming_normal_(self.kernel.weight, nonlinearity="relu")
            nn.init.zeros_(self.kernel.bias)
        else:
            nn.init.normal_(self.kernel.weight, std=self.table["paper_deviation"])
            nn.init.constant_(self.kernel.bias, self.table["paper_bias"])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


class Network(nn.Module):
    """Layers of which the first few are frozen."""

    def __init__(self, tables: list, initialization: str):
        super().__init__()
        layers = [Layer(table) for table in tables]
        for layer in layers:
            layer.draw(initialization)
        self.frozen = nn.Sequential()
        self.trained = nn.Sequential(*layers)

    def layers(self) -> list:
        return [*self.frozen, *self.trained]

    def copy_first(self, source: "Network", count: int):
        for own, other in zip(self.layers()[:count], source.layers()[:count]):
            own.load_state_dict(other.state_dict())

    def freeze_first(self, count: int):
        layers = self.layers()
        self.frozen = nn.Sequential(*layers[:count]).requires_grad_(False)
        self.trained = nn.Sequential(*layers[count:])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            x = self.frozen(x)
        return self.trained(x)


class Data:
    """The exported images: u8 `[image * views + view, channel, row, column]`, labels one an image."""

    def __init__(self, folder: Path, sweep: dict, device: str):
        self.views = sweep["views"]
        self.device = device
        self.train, self.train_labels = self._read(folder, "train", sweep["shape"])
        self.test, self.test_labels = self._read(folder, "test", sweep["shape"])

    @staticmethod
    def _read(folder: Path, part: str, shape: list):
        pixels = torch.frombuffer(bytearray((folder / f"{part}.u8").read_bytes()), dtype=torch.uint8)
        labels = torch.frombuffer(
            bytearray((folder / f"{part}_labels.i64").read_bytes()), dtype=torch.int64
        )
        return pixels.view(-1, *shape), labels

    def of(self, cell: dict):
        """Normalised training and test images of a cell's classes, labelled from 0."""
        number = torch.full((cell["data_classes"],), -1)
        number[torch.tensor(cell["classes"])] = torch.arange(len(cell["classes"]))
        mean = torch.tensor(cell["mean"]).view(-1, 1, 1)
        deviation = torch.tensor(cell["deviation"]).view(-1, 1, 1)

        def part(pixels, labels, views):
            labels = number[labels]
            images = pixels[(labels >= 0).repeat_interleave(views)]
            images = images.float().sub_(mean).div_(deviation)
            images = images.to(self.device).contiguous(memory_format=torch.channels_last)
            return images, labels[labels >= 0].to(self.device)

        return (
            part(self.train, self.train_labels, self.views),
            part(self.test, self.test_labels, 1),
        )


def initial_network(cell: dict, bases: dict) -> Network:
    """Draws the network of a cell, copies into it what the cell copies, freezes what it freezes."""
    network = Network(cell["layers"], cell["initialization"])
    if cell["base"] is not None:
        network.copy_first(bases[cell["base"]], cell["copied"])
    for layer in network.layers()[: cell["redrawn"]]:
        layer.draw(cell["redrawn_initialization"])
    network.freeze_first(cell["frozen"])
    return network


def optimizer_of(network: Network, schedule: dict) -> torch.optim.SGD:
    kernels = [layer.kernel for layer in network.trained]
    rate = schedule["learning_rate"]
    groups = [
        {"params": [kernel.weight for kernel in kernels], "weight_decay": schedule["weight_decay"]},
        {
            "params": [kernel.bias for kernel in kernels],
            "weight_decay": 0.0,
            "lr": rate * schedule["bias_learning_rate_factor"],
        },
    ]
    # The fused step is the fastest that PyTorch has.
    return torch.optim.SGD(groups, lr=rate, momentum=schedule["momentum"], fused=True)


@torch.no_grad()
def accuracy(network: Network, images: torch.Tensor, labels: torch.Tensor) -> float:
    network.eval()
    batches = zip(images.split(TEST_BATCH), labels.split(TEST_BATCH))
    correct = sum((network(x).argmax(1) == y).sum() for x, y in batches)
    network.train()
    return correct.item() / len(labels)


def train(cell: dict, network: Network, data: Data, views: int, evaluate_every: int) -> dict:
    (images, labels), test = data.of(cell)
    schedule = cell["schedule"]
    # 3 % faster on the CPU it was tried on.
    network.to(data.device, memory_format=torch.channels_last).train()
    optimizer = optimizer_of(network, schedule)
    batch = min(schedule["batch"], len(labels))
    per_epoch = len(labels) // batch
    steps = schedule["epochs"] * per_epoch
    drops = [math.ceil(share * steps) for share in schedule["drops"]]
    curve, step = [], 0
    for epoch in range(1, schedule["epochs"] + 1):
        order = torch.randperm(len(labels), device=data.device)
        rows = order * views + torch.randint(views, (len(labels),), device=data.device)
        loss_sum = torch.zeros((), device=data.device)
        for start in range(0, per_epoch * batch, batch):
            for _ in range(drops.count(step)):
                for group in optimizer.param_groups:
                    group["lr"] *= schedule["drop_factor"]
            logits = network(images[rows[start : start + batch]])
            loss = F.cross_entropy(logits, labels[order[start : start + batch]])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach()
            step += 1
        point = {"epoch": epoch, "train_loss": loss_sum.item() / per_epoch}
        if epoch % evaluate_every == 0 or epoch == schedule["epochs"]:
            point["accuracy"] = accuracy(network, *test)
        curve.append(point)
    return {
        "images": steps * batch,
        "accuracy": curve[-1]["accuracy"],
        "train_loss": curve[-1]["train_loss"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="what `assay bench transfer --peer` wrote")
    parser.add_argument("--device", default="cpu", help="cpu or cuda[:i]")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)

    sweep = json.loads((arguments.folder / "sweep.json").read_text())
    data = Data(arguments.folder, sweep, arguments.device)
    bases = {}
    for number, cell in enumerate(sweep["cells"]):
        began = time.perf_counter()
        torch.manual_seed(number)
        network = initial_network(cell, bases)
        result = train(cell, network, data, sweep["views"], sweep["evaluate_every"])
        if cell["is_base"]:
            bases[cell["id"]] = network
        seconds = time.perf_counter() - began
        print(json.dumps({"id": cell["id"], "seconds": seconds, **result}), flush=True)


if __name__ == "__main__":
    main()
