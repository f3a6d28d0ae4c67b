"""Training steps of one network in PyTorch, for `assay-dev bench layers`.

Channels last, fused SGD, images in memory, optionally compiled. Prints `ready` after a few steps, waits for a
line, and prints the images per second and the peak memory in MiB.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

import peer

WARM_UP = 5
IMAGES = 1024


def steps(work: dict, compiled: bool):
    """The function that does a step, given its number."""
    network = nn.Sequential(*[peer.Layer(table) for table in work["layers"]])
    network = network.to(memory_format=torch.channels_last)
    batch = work["batch"]
    count = -(-IMAGES // batch) * batch
    images = torch.empty(count, *work["shape"]).contiguous(memory_format=torch.channels_last).normal_()
    labels = torch.arange(count) % work["layers"][-1]["out"]
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9, weight_decay=5e-4, fused=True)
    forward = torch.compile(network) if compiled else network

    def train(number: int):
        start = number * batch % count
        optimizer.zero_grad()
        F.cross_entropy(forward(images[start : start + batch]), labels[start : start + batch]).backward()
        optimizer.step()

    @torch.inference_mode()
    def infer(number: int):
        start = number * batch % count
        forward(images[start : start + batch])

    return train if work["training"] else infer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="the folder that `assay-dev bench layers` wrote")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--check", action="store_true", help="exit after the first line")
    arguments = parser.parse_args()
    print(json.dumps({"torch": torch.__version__}))
    if arguments.check:
        return
    torch.set_num_threads(arguments.threads)
    work = json.loads((arguments.folder / "work.json").read_text())
    step = steps(work, arguments.compile)
    for number in range(WARM_UP):
        step(number)
    print("ready", flush=True)
    input()
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < arguments.seconds:
        step(done)
        done += 1
    speed = done * work["batch"] / (time.perf_counter() - began)
    # Linux counts KiB.
    print(speed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
