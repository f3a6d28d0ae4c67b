//! The plan of a run: its cells and settings.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{Cell, CellId, DatasetId, Initialization, NetworkSpec};

/// Note about weights that were imported from a file.
const IMPORTED_WEIGHTS_NOTE: &str = "\
    Imported weights: inputs are normalized by the mean and standard deviation of the training \
    images here, channel by channel. The normalization that the network was trained with cannot be \
    set yet.";
/// The same with `initialization = "paper"`, which belongs to inputs that are not divided
/// (`AlexNet`).
const IMPORTED_WEIGHTS_MEAN_ONLY_NOTE: &str = "\
    Imported weights: the mean of the training images here is subtracted from the inputs, channel by \
    channel, and they are not divided by a standard deviation, because initialization = \"paper\" is \
    for such inputs (those of a perceptron are divided). The normalization that the network was \
    trained with cannot be set yet.";

/// The plan of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The name of the experiment.
    pub study: String,
    /// Name of the profile.
    pub profile: String,
    /// The settings: the profile with all overrides applied.
    pub settings: serde_json::Value,
    /// Names of the network's layers, first to last. Empty in an experiment without cut points.
    pub layers: Vec<String>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// All cells, dependencies first.
    pub cells: Vec<Cell>,
}

impl Plan {
    /// The cells and all their dependencies, each once and dependencies first (topological order).
    #[must_use]
    pub fn in_dependency_order(cells: impl IntoIterator<Item = Cell>) -> Vec<Cell> {
        fn visit(cell: Cell, visited: &mut HashSet<CellId>, ordered: &mut Vec<Cell>) {
            if visited.insert(cell.id()) {
                for needed in cell.dependencies() {
                    visit(needed, visited, ordered);
                }
                ordered.push(cell);
            }
        }
        let mut visited = HashSet::new();
        let mut ordered = Vec::new();
        for cell in cells {
            visit(cell, &mut visited, &mut ordered);
        }
        ordered
    }

    /// The largest number of cells that can only be computed one after another: the length of the longest chain of
    /// dependencies.
    #[must_use]
    pub fn longest_chain(&self) -> usize {
        let mut lengths: HashMap<CellId, usize> = HashMap::new();
        for cell in &self.cells {
            let needed = cell.dependencies();
            let before = needed.iter().filter_map(|needed| lengths.get(&needed.id())).max();
            let length = 1 + before.copied().unwrap_or(0);
            lengths.insert(cell.id(), length);
        }
        lengths.values().copied().max().unwrap_or(0)
    }

    /// Whether `other` contains every cell of this plan. A run can be extended with seeds, splits
    /// or kinds of cells and keeps its results.
    #[must_use]
    pub fn is_subset_of(&self, other: &Self) -> bool {
        let other_ids: HashSet<CellId> = other.cells.iter().map(Cell::id).collect();
        self.study == other.study && self.cells.iter().all(|cell| other_ids.contains(&cell.id()))
    }

    /// Name or path of the data set for messages; `A+B` for a pair.
    #[must_use]
    pub fn opened_as(&self) -> Option<String> {
        let name = self.settings.get("data")?.get("name")?.as_str()?;
        let target = self.settings.get("target_data").and_then(serde_json::Value::as_str);
        let target = target.filter(|target| !target.is_empty());
        Some(target.map_or_else(|| name.to_owned(), |target| format!("{name}+{target}")))
    }

    /// A note for the report if a network's weights were imported from a file.
    #[must_use]
    pub fn imported_weights_note(&self) -> Option<&'static str> {
        let mut imported = self.cells.iter().filter_map(Cell::imported_network).peekable();
        imported.peek()?;
        let has_paper_layers =
            |network: &NetworkSpec| network.initialization == Initialization::Paper;
        Some(if imported.any(has_paper_layers) {
            IMPORTED_WEIGHTS_MEAN_ONLY_NOTE
        } else {
            IMPORTED_WEIGHTS_NOTE
        })
    }

    /// Describes the first difference from another plan (`there` is `self`, `here` is `other`).
    /// Paths, and settings that do not change results, are ignored.
    #[must_use]
    pub fn difference(&self, other: &Self) -> String {
        if self.study != other.study {
            return format!("study {} there, {} here", self.study, other.study);
        }
        let settings = json_difference("", &self.settings, &other.settings);
        settings.or_else(|| self.data_difference(other)).unwrap_or_else(|| {
            "the same settings but another list of classes, or another file of weights".to_owned()
        })
    }

    fn data_difference(&self, other: &Self) -> Option<String> {
        let other_data: HashSet<&DatasetId> = other.cells.iter().map(Cell::data).collect();
        let missing = self.cells.iter().map(Cell::data).find(|data| !other_data.contains(data))?;
        let describe = |plan: &Self, data: &DatasetId| {
            let name = plan.opened_as().unwrap_or_else(|| data.name.clone());
            format!("{name} of fingerprint {}", data.fingerprint)
        };
        let here = other.cells.first().map(|cell| describe(other, cell.data()))?;
        Some(format!(
            "the same settings but other data: {} there, {here} here",
            describe(self, missing)
        ))
    }
}

/// Settings that are paths or do not change results. What matters about them is part of the cells.
const IGNORED_SETTINGS: [&str; 6] =
    ["data.name", "target_data", "base_weights", "teacher.weights", "external_runs", "run"];

fn json_difference(
    path: &str,
    there: &serde_json::Value,
    here: &serde_json::Value,
) -> Option<String> {
    use serde_json::Value::{Null, Object};
    if there == here || IGNORED_SETTINGS.contains(&path) {
        return None;
    }
    if let (Object(a), Object(b)) = (there, here) {
        let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
        return keys.into_iter().find_map(|key| {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            json_difference(&path, a.get(key).unwrap_or(&Null), b.get(key).unwrap_or(&Null))
        });
    }
    Some(format!("{path} is {there} there, {here} here"))
}
