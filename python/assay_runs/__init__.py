"""Reads the run directories of assay.

>>> import assay_runs
>>> run = assay_runs.load("runs/distill-quick")       # doctest: +SKIP
>>> run.cells[["label", "seed", "test_accuracy"]]     # doctest: +SKIP
>>> run.weights("teacher.lenet.hard-labels.seed-0")   # doctest: +SKIP

A run may be in progress; cells that are not done have no row and no curve. Call `load` again to see more. With the package `blake3`, every file that is read is
compared with its digest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

try:
    from blake3 import blake3
except ImportError:
    blake3 = None

__all__ = ["DamagedFile", "Run", "load"]


class DamagedFile(ValueError):
    """A file is not what was published. `assay runs check` lists all such files, `assay resume` repairs them."""


def load(path: str | Path) -> Run:
    """Reads the plan and all results of the run at `path`."""
    folder = Path(path)
    if not (folder / "plan.json").is_file():
        raise FileNotFoundError(f"{folder} is not a run of assay: it has no plan.json")
    plan = _read_json(folder / "plan.json")
    records = {}
    for record_file in sorted(folder.glob("cells/*/record.json")):
        records[record_file.parent.name] = _read_json(record_file)
    return Run(folder, plan, records)


@dataclass
class Run:
    """A run: its plan, and the records of its finished cells by name."""

    folder: Path
    plan: dict[str, Any]
    records: dict[str, dict[str, Any]] = field(repr=False)

    @property
    def cells(self) -> pd.DataFrame:
        """One row for each finished cell: its settings, results, and where and how fast it was computed.

        Settings have the names of `record.json`, joined by dots: `network.architecture`. Accuracies are in [0, 1], losses
        are cross-entropies in nats.
        """
        return pd.DataFrame([self._row(name, record) for name, record in self.records.items()])

    @property
    def curves(self) -> pd.DataFrame:
        """One row for each epoch of each finished cell that was trained. Without an evaluation, its columns are NaN."""
        rows = []
        for name, record in self.records.items():
            for point in record["curve"]:
                row = {"cell": name, "epoch": point["epoch"], "training_loss": point["train_loss"]}
                rows.append(row | _evaluation("validation", point["evaluation"]))
        return pd.DataFrame(rows)

    @property
    def claims(self) -> pd.DataFrame:
        """The claims with their verdicts, from the report. Run `assay report` first."""
        path = self.folder / "summary.json"
        if not path.is_file():
            raise FileNotFoundError(f"{path}: run `assay report {self.folder}` first")
        return pd.DataFrame(json.loads(path.read_bytes())["claims"])

    def weights(self, cell: str, framework: str = "numpy") -> dict[str, Any]:
        """The weights of a cell by PyTorch's names. `framework`: numpy, torch or another one of safetensors."""
        return self.tensors(cell, "weights.safetensors", framework)

    def logits(self, cell: str, framework: str = "numpy") -> dict[str, Any]:
        """The logits `[images, classes]` and labels of a cell: `test`, `test_labels` and others."""
        return self.tensors(cell, "logits.safetensors", framework)

    def tensors(self, cell: str, file: str, framework: str = "numpy") -> dict[str, Any]:
        """The tensors in a file of a cell."""
        import importlib

        name = self.find(cell)
        content = self._published(name, file)
        return importlib.import_module(f"safetensors.{framework}").load(content)

    def find(self, cell: str) -> str:
        """The name of the finished cell with this name, identity, or beginning of the name."""
        matches = [name for name in self.records if name == cell or name.endswith(f".{cell}")]
        matches = matches or [name for name in self.records if name.startswith(f"{cell}.")]
        if len(matches) != 1:
            raise KeyError(f"{cell}: {len(matches)} finished cells match; see run.cells['name']")
        return matches[0]

    def _row(self, name: str, record: dict[str, Any]) -> dict[str, Any]:
        (kind, settings), = record["cell"].items()
        label, _, identity = name.rpartition(".")
        provenance = _read_json(self.folder / "cells" / name / "provenance.json")
        return {
            "name": name,
            "label": label,
            "id": identity,
            "kind": kind,
            "outcome": record["outcome"]["kind"],
            **_evaluation("training", record.get("train")),
            **_evaluation("test", record.get("test")),
            "parameters": record["parameters"]["total"],
            "lr_factor": record.get("lr_factor"),
            "device": provenance["device"],
            "machine": provenance["machine"],
            "version": provenance["version"],
            "seconds": provenance["seconds"]["total"],
            **_flatten(settings),
        }

    def _published(self, cell: str, file: str) -> bytes:
        path = self.folder / "cells" / cell / file
        digests = self.records[cell].get("files", {})
        if file not in digests:
            raise FileNotFoundError(
                f"{path}: the cell published no such file; weights are kept if another cell needs them, or with"
                " --set run.keep_all_weights=true"
            )
        content = path.read_bytes()
        if blake3 is not None and blake3(content).hexdigest() != digests[file]:
            raise DamagedFile(f"{path}: it is not the published file")
        return content


def _read_json(path: Path) -> dict[str, Any]:
    """Reads a file of assay that begins with the digest of what follows."""
    content = path.read_bytes()
    value = json.loads(content)
    digest = value.pop("digest", None)
    if digest is None:
        raise DamagedFile(f"{path}: it has no digest, so it is not a file of this version of assay")
    # The digest is that of everything behind it.
    begin = content.index(digest.encode()) + len(digest)
    if blake3 is not None and blake3(content[begin:]).hexdigest() != digest:
        raise DamagedFile(f"{path}: its digest is of other content: it was damaged or edited")
    return value


def _evaluation(name: str, evaluation: dict[str, Any] | None) -> dict[str, float]:
    if evaluation is None:
        return {}
    return {f"{name}_accuracy": evaluation["correct"] / evaluation["images"], f"{name}_loss": evaluation["loss"]}


def _flatten(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as one level; lists stay as they are."""
    flat = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        flat |= _flatten(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return flat
