"""The transfer sweep of `assay-dev bench transfer`, trained in PyTorch in the usual way.

One process uses all cores and trains one cell after another. The images are in memory, and an epoch is a
random permutation of them. Frozen layers run under `no_grad` at every step.
"""

import time

import torch
from torch.nn import functional as F

import peer


class Data:
    """The images of a sweep, cell by cell."""

    def __init__(self, arguments, work: dict):
        self.device, self.views = arguments.device, work["views"]
        self.train = peer.read_part(arguments.folder, "train", work["shape"])
        self.test = peer.read_part(arguments.folder, "test", work["shape"])

    def images_of_cell(self, cell: dict) -> tuple:
        """Normalized training and test images of a cell's classes, labeled from 0."""
        number = torch.full((cell["data_classes"],), -1)
        number[torch.tensor(cell["classes"])] = torch.arange(len(cell["classes"]))

        def part(pixels, labels, views):
            labels = number[labels]
            chosen = pixels[(labels >= 0).repeat_interleave(views)]
            images = peer.normalized(chosen, cell, self.device)
            return images, labels[labels >= 0].to(self.device)

        return part(*self.train, self.views), part(*self.test, 1)


def initial_network(cell: dict, bases: dict) -> peer.Network:
    """Initializes the network of a cell, then copies and freezes the layers that the cell names."""
    network = peer.Network.initialized(cell["layers"], cell["initialization"])
    if cell["base"] is not None:
        network.copy_first(bases[cell["base"]], cell["copied"])
    for layer in network.layers()[: cell["redrawn"]]:
        layer.initialize(cell["redrawn_initialization"])
    network.freeze_first(cell["frozen"])
    return network


def hard_loss(logits, _inputs, labels, _rows):
    return F.cross_entropy(logits, labels)


def main():
    arguments, work = peer.begin(__doc__, {})
    data, bases = Data(arguments, work), {}
    for number, cell in enumerate(work["cells"]):
        began = time.perf_counter()
        torch.manual_seed(number)
        network = initial_network(cell, bases)
        train, test = data.images_of_cell(cell)
        result = peer.fit(
            network,
            cell["schedule"],
            *train,
            data.views,
            hard_loss,
            lambda network: peer.accuracy(network, *test),
            work["evaluate_every"],
        )
        # In this benchmark, images per second are of all seconds of a cell.
        del result["busy"]
        if cell["is_base"]:
            bases[cell["id"]] = network
        seconds = time.perf_counter() - began
        peer.line({"id": cell["id"], "kind": cell["kind"], "seconds": seconds, **result})


if __name__ == "__main__":
    main()
