"""What the peers share: the command line, the output format, images, networks, schedules.

A peer gets the folder that `assay-dev bench` writes. It prints one JSON object per line: first what it is, then
each sample when it is done.
"""

import argparse
import json
import math
import multiprocessing
import os
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path

import torch
from torch import nn

# Test images need no gradients, so their batches may be larger than those of training.
TEST_BATCH = 256


def begin(description: str, about: dict, *flags: str) -> tuple:
    """Reads the command line and prints the versions. Exits then if `--check` is given.

    Returns the arguments and the work. `about` has more versions, `flags` are a peer's own.
    """
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="the folder that `assay-dev bench` wrote")
    parser.add_argument("--device", default="cpu", help="cpu or cuda[:i]")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--check", action="store_true", help="exit after the first line")
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    arguments = parser.parse_args()
    arguments.processes = arguments.threads if getattr(arguments, "process_per_core", False) else 1
    torch.set_num_threads(arguments.threads // arguments.processes)
    threads = {"processes": arguments.processes, "threads": torch.get_num_threads()}
    line({"torch": torch.__version__, **about, **threads})
    if arguments.check:
        raise SystemExit(0)
    if arguments.folder is None:
        parser.error("the folder is missing")
    return arguments, json.loads((arguments.folder / "work.json").read_text())


def line(what: dict):
    print(json.dumps(what), flush=True)


def train_cells(train, cells: list, processes: int):
    """Trains every cell by `train(cell)` when its base is trained, and prints its sample.

    `train` returns what a sample has beyond its id, kind and seconds. Processes inherit what exists when they
    start.
    """
    pool = Processes(train, processes) if processes > 1 else None
    waiting = {}
    for number, cell in enumerate(cells):
        waiting.setdefault(cell.get("base"), []).append((number, cell))
    ready, running = waiting.pop(None), set()
    while ready or running:
        if pool is None:
            samples = [timed(train, *ready.pop(0))]
        else:
            running |= {pool.start(*job) for job in ready}
            ready.clear()
            done, running = wait(running, return_when=FIRST_COMPLETED)
            samples = [future.result() for future in done]
        for sample in samples:
            line(sample)
            ready += waiting.pop(sample["id"], [])


def timed(train, number: int, cell: dict) -> dict:
    """Trains one cell. Its random numbers depend on its number alone."""
    began = time.perf_counter()
    torch.manual_seed(number)
    result = train(cell)
    seconds = time.perf_counter() - began
    return {"id": cell["id"], "kind": cell["kind"], "seconds": seconds, **result}


class Processes:
    """Processes with one thread each, which train cells."""

    # In a process of the pool: trains a cell. A fork inherits it with all images.
    train = None

    def __init__(self, train, count: int):
        Processes.train = train
        self.pool = ProcessPoolExecutor(count, multiprocessing.get_context("fork"))

    def start(self, number: int, cell: dict):
        return self.pool.submit(Processes.run, number, cell)

    @staticmethod
    def run(number: int, cell: dict) -> dict:
        return timed(Processes.train, number, cell)


class Layer(nn.Module):
    """Dropout, a kernel, ReLU, pooling and local response normalization, as the table says."""

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
        if table["local_response_norm"]:
            parts.append(nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0))
        self.body = nn.Sequential(*parts)

    def initialize(self, initialization: str):
        if initialization == "he":
            nn.init.kaiming_normal_(self.kernel.weight, nonlinearity="relu")
            nn.init.zeros_(self.kernel.bias)
        else:
            nn.init.normal_(self.kernel.weight, std=self.table["paper_deviation"])
            nn.init.constant_(self.kernel.bias, self.table["paper_bias"])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


class Network(nn.Module):
    """Layers. The first few may be frozen."""

    def __init__(self, tables: list):
        super().__init__()
        self.frozen = nn.Sequential()
        self.trained = nn.Sequential(*[Layer(table) for table in tables])

    @classmethod
    def initialized(cls, tables: list, initialization: str) -> "Network":
        network = cls(tables)
        for layer in network.layers():
            layer.initialize(initialization)
        return network

    @classmethod
    def loaded(cls, tables: list, weights: Path) -> "Network":
        """With the weights of a safetensors file, not to be trained."""
        from safetensors.torch import load_file

        network, tensors = cls(tables), load_file(weights)
        for layer in network.layers():
            name = layer.table["name"]
            layer.kernel.weight.data = tensors[f"{name}.weight"]
            layer.kernel.bias.data = tensors[f"{name}.bias"]
        return network.requires_grad_(False).eval()

    def layers(self) -> list:
        return [*self.frozen, *self.trained]

    def save(self, file: Path):
        torch.save([layer.state_dict() for layer in self.layers()], file)

    def copy_first(self, count: int, file: Path):
        """Copies the first layers of a saved network."""
        for own, saved in zip(self.layers()[:count], torch.load(file)):
            own.load_state_dict(saved)

    def freeze_first(self, count: int):
        layers = self.layers()
        self.frozen = nn.Sequential(*layers[:count]).requires_grad_(False)
        self.trained = nn.Sequential(*layers[count:])

    def constant_layers(self) -> int:
        """The frozen layers before the first dropout: their outputs for an image are always the same."""
        drops = [layer.table["dropout"] > 0 for layer in self.frozen]
        return drops.index(True) if True in drops else len(drops)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(self.frozen) > 0:
            with torch.no_grad():
                x = self.frozen(x)
        return self.trained(x)


def read_part(folder: Path, part: str, shape: list) -> tuple:
    """Pixels u8 `[image * views + view, channel, row, column]`, and one label per image."""
    pixels = torch.frombuffer(bytearray((folder / f"{part}.u8").read_bytes()), dtype=torch.uint8)
    labels = (folder / f"{part}_labels.i64").read_bytes()
    return pixels.view(-1, *shape), torch.frombuffer(bytearray(labels), dtype=torch.int64)


def normalized(pixels: torch.Tensor, normalization: dict, device: str) -> torch.Tensor:
    mean = torch.tensor(normalization["mean"], device=device).view(-1, 1, 1)
    deviation = torch.tensor(normalization["deviation"], device=device).view(-1, 1, 1)
    images = pixels.to(device).float().sub_(mean).div_(deviation)
    # 3 % faster on the CPU where it was tried.
    return images.contiguous(memory_format=torch.channels_last)


class Optimizer:
    """SGD with momentum and a schedule."""

    def __init__(self, network: Network, schedule: dict, steps: int, per_epoch: int):
        self.schedule, self.per_epoch = schedule, per_epoch
        self.lr_milestones = [math.ceil(share * steps) for share in schedule["lr_milestones"]]
        self.weights = [layer.kernel.weight for layer in network.trained]
        groups = [
            {"params": self.weights, "weight_decay": schedule["weight_decay"]},
            {"params": [layer.kernel.bias for layer in network.trained], "weight_decay": 0.0},
        ]
        rate, momentum = schedule["learning_rate"], schedule["momentum"]
        # The fused step is the fastest that PyTorch has.
        self.sgd = torch.optim.SGD(groups, lr=rate, momentum=momentum, fused=True)

    def begin_step(self, step: int):
        if step % self.per_epoch == 0 or step in self.lr_milestones:
            self._set_rates(step)

    def _set_rates(self, step: int):
        schedule, epoch = self.schedule, step // self.per_epoch
        passed = sum(step >= milestone for milestone in self.lr_milestones)
        rate = schedule["learning_rate"] * schedule["lr_gamma"] ** passed
        rate *= schedule.get("lr_epoch_gamma", 1.0) ** epoch
        momentum, growth = schedule["momentum"], schedule.get("momentum_warmup")
        if growth:
            grown = min(epoch / growth["epochs"], 1.0)
            momentum = growth["from"] + grown * (momentum - growth["from"])
        of_weights, of_biases = self.sgd.param_groups
        of_weights.update(lr=rate, momentum=momentum)
        of_biases.update(lr=rate * schedule["bias_lr_factor"], momentum=momentum)

    def step(self, loss: torch.Tensor):
        self.sgd.zero_grad()
        loss.backward()
        longest = self.schedule.get("max_gradient_norm", 0.0)
        if longest > 0:
            of_all = [value for group in self.sgd.param_groups for value in group["params"]]
            torch.nn.utils.clip_grad_norm_(of_all, longest)
        self.sgd.step()
        limit = self.schedule.get("max_weight_norm", 0.0)
        if limit > 0:
            with torch.no_grad():
                for weight in self.weights:
                    squared = weight.flatten(1).square().sum(1).clamp(min=limit) / limit
                    weight.div_(squared.sqrt().view(-1, *[1] * (weight.dim() - 1)))


def fit(network: Network, schedule: dict, images, labels, views: int, loss_of, evaluate, every: int):
    """Trains a network. An epoch is a random permutation of the images.

    - images: `[image * views + view, channel, row, column]`, labels: `[image]`
    - loss_of(logits, inputs, labels, rows): the loss of a batch; rows are those of `images`
    - evaluate(network): the score, computed every `every` epochs and after the last one

    Returns the images of all steps, the seconds of the steps, the last loss and the last score.
    """
    batch = min(schedule["batch"], len(labels))
    per_epoch = len(labels) // batch
    steps = schedule["epochs"] * per_epoch
    network.to(images.device, memory_format=torch.channels_last).train()
    optimizer = Optimizer(network, schedule, steps, per_epoch)
    busy, step, seen = 0.0, 0, None
    for epoch in range(1, schedule["epochs"] + 1):
        began = time.perf_counter()
        order = torch.randperm(len(labels), device=images.device)
        rows = order * views + torch.randint(views, (len(labels),), device=images.device)
        loss_sum = torch.zeros((), device=images.device)
        for start in range(0, per_epoch * batch, batch):
            optimizer.begin_step(step)
            chosen = rows[start : start + batch]
            inputs = images[chosen]
            own = labels[order[start : start + batch]]
            loss = loss_of(network(inputs), inputs, own, chosen)
            optimizer.step(loss)
            loss_sum += loss.detach()
            step += 1
        # Reading the sum waits for the device.
        train_loss = loss_sum.item() / per_epoch
        busy += time.perf_counter() - began
        if epoch % every == 0 or epoch == schedule["epochs"]:
            seen = evaluate(network)
    return {"count": steps * batch, "busy": busy, "train_loss": train_loss, "score": seen}


@torch.no_grad()
def accuracy(network: Network, images: torch.Tensor, labels: torch.Tensor) -> float:
    network.eval()
    batches = zip(images.split(TEST_BATCH), labels.split(TEST_BATCH))
    correct = sum((network(x).argmax(1) == y).sum() for x, y in batches)
    network.train()
    return correct.item() / len(labels)
