"""Reads a run with the Python package and prints what the test compares."""

import json
import sys

import assay_runs

run = assay_runs.load(sys.argv[1])
cells = run.cells.set_index("name")
base = run.find("base_a.random-0.seed-0")
weights = run.weights("base_a.random-0.seed-0")
# As the package's README has it.
random = run.cells[run.cells["split.random"].notna()]
means = random.groupby("treatment")["test_accuracy"].mean()
print(
    json.dumps(
        {
            "accuracies": cells["test_accuracy"].dropna().to_dict(),
            "epochs": run.curves.groupby("cell").size().to_dict(),
            "base": base,
            "outcomes": sorted(set(run.cells["outcome"])),
            "treatments": len(means),
            "shapes": {name: list(values.shape) for name, values in weights.items()},
            "verifies": assay_runs.blake3 is not None,
        }
    )
)
