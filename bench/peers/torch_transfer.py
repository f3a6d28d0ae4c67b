"""The transfer sweep of `assay-dev bench transfer`, trained in PyTorch in the usual way.

The images are in memory, and an epoch is a random permutation of them. Frozen layers run under `no_grad` at
every step. With `--cache`, they run once for every view of every image, and their outputs are cached.

One process uses all cores and trains one cell after another. With `--process-per-core`, there is a process with
one thread for each core, which trains a cell whenever its base is trained.
"""

import tempfile
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

import peer


class Sweep:
    """What all cells share: the images, and the folder of the bases' weights."""

    def __init__(self, arguments, work: dict, folder: str):
        self.device, self.views = arguments.device, work["views"]
        pixels, labels = peer.read_part(arguments.folder, "train", work["shape"])
        is_trained = torch.full((len(labels),), True)
        is_trained[torch.tensor(work["validation"])] = False
        pixels = pixels[is_trained.repeat_interleave(self.views)]
        self.train_part = pixels, labels[is_trained]
        self.validation_part = peer.read_part(arguments.folder, "validation", work["shape"])
        self.test_part = peer.read_part(arguments.folder, "test", work["shape"])
        self.evaluate_every = work["evaluate_every"]
        self.caches, self.folder = arguments.cache, Path(folder)

    def images_of_cell(self, cell: dict) -> tuple:
        """Normalized training, validation and test images of a cell's classes, labeled from 0."""
        number = torch.full((cell["data_classes"],), -1)
        number[torch.tensor(cell["classes"])] = torch.arange(len(cell["classes"]))

        def part(pixels, labels, views):
            labels = number[labels]
            chosen = pixels[(labels >= 0).repeat_interleave(views)]
            images = peer.normalized(chosen, cell, self.device)
            return images, labels[labels >= 0].to(self.device)

        return (
            part(*self.train_part, self.views),
            part(*self.validation_part, 1),
            part(*self.test_part, 1),
        )

    def initial_network(self, cell: dict) -> peer.Network:
        """Initializes the network of a cell, then copies and freezes the layers that the cell names."""
        network = peer.Network.initialized(cell["layers"], cell["initialization"])
        if cell["base"] is not None:
            network.copy_first(cell["copied"], self.folder / cell["base"])
        for layer in network.layers()[: cell["redrawn"]]:
            layer.initialize(cell["redrawn_initialization"])
        network.freeze_first(cell["frozen"])
        return network

    def train(self, cell: dict) -> dict:
        network = self.initial_network(cell)
        parts = self.images_of_cell(cell)
        count = network.constant_layers() if self.caches else 0
        if count > 0:
            constant = network.frozen[:count].to(self.device, memory_format=torch.channels_last)
            parts = [(outputs(constant, images), labels) for images, labels in parts]
            network.frozen = network.frozen[count:]
        train, validation, test = parts
        result = peer.fit(
            network,
            cell["schedule"],
            *train,
            self.views,
            hard_loss,
            lambda network: peer.accuracy(network, *validation),
            self.evaluate_every,
        )
        result["score"] = peer.accuracy(network, *test)
        # In this benchmark, images per second are of all seconds of a cell.
        del result["busy"]
        if cell["is_base"]:
            network.save(self.folder / cell["id"])
        return result


@torch.no_grad()
def outputs(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    return torch.cat([network(batch) for batch in images.split(peer.TEST_BATCH)])


def hard_loss(logits, _inputs, labels, _rows):
    return F.cross_entropy(logits, labels)


def main():
    arguments, work = peer.begin(__doc__, {}, "--cache", "--process-per-core")
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep(arguments, work, folder)
        peer.train_cells(sweep.train, work["cells"], arguments.processes)


if __name__ == "__main__":
    main()
