"""The direct searches of `assay-dev bench fool`, with pyribs on the same network in PyTorch.

The archive has one cell per class. There are two searches with one emitter each: Gaussian, with the start and
the deviation of pyribs' tutorial on fooling MNIST, then iso+line from random images, with assay's parameters.
As in the tutorial, an image competes for the cell of its most likely class only, because pyribs has no rule by
which it competes for every cell. Everything but the network runs in numpy on one thread.
"""

import time
from contextlib import contextmanager

import numpy as np
import ribs
import torch
from ribs.archives import GridArchive
from ribs.emitters import GaussianEmitter, IsoLineEmitter
from ribs.schedulers import Scheduler

import peer


class Classifier:
    """The network, and how its images are normalized."""

    def __init__(self, arguments, work: dict):
        self.device, self.shape = arguments.device, work["shape"]
        self.normalization = work["normalization"]
        network = peer.Network.loaded(work["layers"], arguments.folder / work["weights"])
        network = network.to(self.device, memory_format=torch.channels_last)
        self.network = torch.compile(network) if arguments.compile else network

    @torch.inference_mode()
    def confidences(self, pixels: np.ndarray) -> np.ndarray:
        images = torch.from_numpy(pixels).view(-1, *self.shape)
        images = peer.normalized(images, self.normalization, self.device)
        return self.network(images).softmax(1).cpu().numpy()


class Clock:
    """The seconds of each part of a search."""

    def __init__(self):
        self.seconds = dict.fromkeys(["vary", "render", "network", "insert"], 0.0)

    @contextmanager
    def part(self, name: str):
        began = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - began


def emitter(name: str, archive: GridArchive, work: dict):
    genes, seed = archive.solution_dim, work["seed"]
    shared = {
        "lower_bounds": np.zeros(genes, dtype=np.float32),
        "upper_bounds": np.ones(genes, dtype=np.float32),
        "batch_size": work["batch"],
        "seed": seed,
    }
    if name == "gaussian":
        # The first generation also consists of gray images with noise of the same deviation.
        gray = np.full(genes, work["gaussian_start"], dtype=np.float32)
        return GaussianEmitter(archive, sigma=work["gaussian_sigma"], x0=gray, **shared)
    first = np.random.default_rng(seed).random((work["batch"], genes), dtype=np.float32)
    sigmas = {"iso_sigma": work["iso_sigma"], "line_sigma": work["line_sigma"]}
    return IsoLineEmitter(archive, initial_solutions=first, **sigmas, **shared)


def search(name: str, work: dict, classifier: Classifier, generations: int) -> tuple:
    """Returns the seconds of each part and of all, and the mean confidence over all classes."""
    classes = work["classes"]
    archive = GridArchive(
        solution_dim=int(np.prod(work["shape"])),
        dims=[classes],
        # Class c is in the middle of its cell.
        ranges=[(-0.5, classes - 0.5)],
        seed=work["seed"],
        # Half the memory of the default, and faster.
        dtype=np.float32,
    )
    scheduler = Scheduler(archive, [emitter(name, archive, work)])
    clock, began = Clock(), time.perf_counter()
    for _ in range(generations):
        with clock.part("vary"):
            genomes = scheduler.ask()
        with clock.part("render"):
            pixels = (genomes * 255).astype(np.uint8)
        with clock.part("network"):
            confidences = classifier.confidences(pixels)
        with clock.part("insert"):
            surest = confidences.argmax(1)
            best = confidences[np.arange(len(surest)), surest]
            scheduler.tell(best, surest[:, None])
    seconds = {**clock.seconds, "all": time.perf_counter() - began}
    return seconds, float(archive.stats.norm_qd_score)


def main():
    arguments, work = peer.begin(__doc__, {"ribs": ribs.__version__, "numpy": np.__version__}, "--compile")
    classifier = Classifier(arguments, work)
    count = work["generations"] * work["batch"]
    for name in ["gaussian", "iso+line"]:
        # pyribs compiles parts of its archive when it first needs them, and so may PyTorch.
        search(name, work, classifier, 3)
        seconds, confidence = search(name, work, classifier, work["generations"])
        for part, spent in seconds.items():
            kind = f"direct, {name}: {part}"
            score = confidence if part == "all" else None
            line = {"id": kind, "kind": kind, "seconds": spent, "count": count, "score": score}
            peer.line(line)


if __name__ == "__main__":
    main()
