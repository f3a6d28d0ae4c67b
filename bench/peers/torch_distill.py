"""The students of `assay-dev bench distill`, trained in PyTorch in the usual way.

A teacher is queried under `no_grad` at every step. With `--cache`, it is queried once for every view of every
image, and its logits are cached.

One process uses all cores and trains one student after another. With `--process-per-core`, there is a process
with one thread for each core.
"""

from pathlib import Path

import torch
from torch.nn import functional as F

import peer


class Teachers:
    """The teachers of a student, whose probabilities at a temperature are averaged."""

    def __init__(self, networks: list, temperature: float):
        self.networks, self.temperature = networks, temperature

    @torch.no_grad()
    def logits(self, inputs: torch.Tensor) -> list:
        return [network(inputs) for network in self.networks]

    def targets(self, said: list) -> torch.Tensor:
        soft = [F.softmax(logits / self.temperature, dim=1) for logits in said]
        return soft[0] if len(soft) == 1 else torch.stack(soft).mean(0)


class Students:
    """What all students share: images and teachers."""

    def __init__(self, arguments, work: dict):
        device, self.views, self.work = arguments.device, work["views"], work
        pixels, labels = peer.read_part(arguments.folder, "train", work["shape"])
        images = peer.normalized(pixels, work, device)
        training, validation = torch.tensor(work["training_images"]), torch.tensor(work["validation_images"])
        rows = (training[:, None] * self.views + torch.arange(self.views)).flatten()
        self.images, self.labels = images[rows.to(device)], labels[training].to(device)
        validation_rows = (validation * self.views).to(device)
        self.validation = images[validation_rows], labels[validation].to(device)
        pixels, labels = peer.read_part(arguments.folder, "test", work["shape"])
        self.test = peer.normalized(pixels, work, device), labels.to(device)
        self.teachers = {}
        for teacher in work["teachers"]:
            network = peer.Network.loaded(teacher["layers"], Path(teacher["weights"]))
            network.to(device, memory_format=torch.channels_last)
            self.teachers[teacher["id"]] = network
        self.caches, self.cached = arguments.cache, {}

    def cached_logits(self, teachers: list) -> list:
        """The logits of every row. A teacher is queried once; the time counts for its first student."""
        for name in teachers:
            if name not in self.cached:
                with torch.no_grad():
                    batches = self.images.split(peer.TEST_BATCH)
                    said = [self.teachers[name](batch) for batch in batches]
                self.cached[name] = torch.cat(said)
        return [self.cached[name] for name in teachers]

    def loss_of(self, cell: dict):
        soft = cell["soft"]
        if soft is None:
            return lambda logits, _inputs, labels, _rows: F.cross_entropy(logits, labels)
        temperature, names = soft["temperature"], cell["teachers"]
        teachers = Teachers([self.teachers[name] for name in names], temperature)
        cached = self.cached_logits(names) if self.caches else None

        def loss(logits, inputs, labels, rows):
            said = teachers.logits(inputs) if cached is None else [table[rows] for table in cached]
            own = F.log_softmax(logits / temperature, dim=1)
            value = F.kl_div(own, teachers.targets(said), reduction="batchmean")
            value = soft["soft_weight"] * temperature**2 * value
            if soft["hard_weight"] > 0:
                value = value + soft["hard_weight"] * F.cross_entropy(logits, labels)
            return value

        return loss

    def train(self, cell: dict) -> dict:
        network = peer.Network.initialized(cell["layers"], cell["initialization"])
        result = peer.fit(
            network,
            cell["schedule"],
            self.images,
            self.labels,
            self.views,
            self.loss_of(cell),
            lambda network: peer.accuracy(network, *self.validation),
            self.work["evaluate_every"],
        )
        return {**result, "score": peer.accuracy(network, *self.test)}


def main():
    arguments, work = peer.begin(__doc__, {}, "--cache", "--process-per-core")
    students = Students(arguments, work)
    peer.train_cells(students.train, work["cells"], arguments.processes)


if __name__ == "__main__":
    main()
