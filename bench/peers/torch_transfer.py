"""The transfer sweep of `assay bench transfer`, trained the ordinary way in PyTorch.

One process with every core; the images lie in memory and an epoch is a random permutation of them;
frozen layers run under `no_grad` at every step; cells are trained one after another.
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

    def of(self, cell: dict) -> tuple:
        """Normalised training and test images of a cell's classes, labelled from 0."""
        number = torch.full((cell["data_classes"],), -1)
        number[torch.tensor(cell["classes"])] = torch.arange(len(cell["classes"]))

        def part(pixels, labels, views):
            labels = number[labels]
            chosen = pixels[(labels >= 0).repeat_interleave(views)]
            images = peer.normalised(chosen, cell, self.device)
            return images, labels[labels >= 0].to(self.device)

        return part(*self.train, self.views), part(*self.test, 1)


def initial_network(cell: dict, bases: dict) -> peer.Network:
    """Draws the network of a cell, copies into it what the cell copies, freezes what it freezes."""
    network = peer.Network.drawn(cell["layers"], cell["initialization"])
    if cell["base"] is not None:
        network.copy_first(bases[cell["base"]], cell["copied"])
    for layer in network.layers()[: cell["redrawn"]]:
        layer.draw(cell["redrawn_initialization"])
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
        train, test = data.of(cell)
        result = peer.fit(
            network,
            cell["schedule"],
            *train,
            data.views,
            hard_loss,
            lambda network: peer.accuracy(network, *test),
            work["evaluate_every"],
        )
        # Here images are counted against all of a cell's seconds.
        del result["busy"]
        if cell["is_base"]:
            bases[cell["id"]] = network
        seconds = time.perf_counter() - began
        peer.line({"id": cell["id"], "kind": cell["kind"], "seconds": seconds, **result})


if __name__ == "__main__":
    main()
