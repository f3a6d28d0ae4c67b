"""Reads event files with TensorBoard and prints, for each folder, its scalars as JSON."""

import json
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

root = sys.argv[1]
curves = {}
for name in sorted(os.listdir(root)):
    accumulator = EventAccumulator(os.path.join(root, name))
    accumulator.Reload()
    curves[name] = {
        tag: [[event.step, event.value] for event in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }
print(json.dumps(curves))
