//! What a run is to do: its cells, and the settings they came from.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Cell, CellId, Data, Initialization};

/// What is to be said of weights from a file.
const GIVEN_WEIGHTS: &str = "\
    Weights from a file: its network sees images normalized by the mean and standard deviation of the training images \
    here, channel by channel, and not by those that it was trained with, which cannot be given yet.";
/// The same with `initialization = "paper"`, which is given for an `AlexNet` on inputs that are not divided.
const GIVEN_WEIGHTS_MEAN_ONLY: &str = "\
    Weights from a file: its network sees images of which the mean of the training images here is subtracted, channel \
    by channel, and which are not divided by a standard deviation, since initialization = \"paper\" is for such \
    inputs (a perceptron's are divided); not images normalized as when it was trained, which cannot be given yet.";

/// The study a run belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Study {
    /// How general the features of each layer are (Yosinski et al. 2014).
    Transfer,
    /// How much of a teacher's knowledge a student takes over (Hinton et al. 2015).
    Distill,
    /// Which meaningless images a network believes in (Nguyen et al. 2015).
    Fool,
}

impl fmt::Display for Study {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transfer => f.write_str("transfer"),
            Self::Distill => f.write_str("distill"),
            Self::Fool => f.write_str("fool"),
        }
    }
}

/// What a run is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The study.
    pub study: Study,
    /// The profile's name.
    pub profile: String,
    /// The profile with every override applied, as it was resolved.
    pub settings: serde_json::Value,
    /// Names of the network's layers, first to last: the cut points are between them. Empty in a study
    /// without cut points.
    pub layers: Vec<String>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Every cell, each after the cells it needs.
    pub cells: Vec<Cell>,
}

impl Plan {
    /// The cells in an order in which each comes after the one it needs, no cell twice.
    /// Cells that are needed but were not named are added.
    #[must_use]
    pub fn ordered(cells: impl IntoIterator<Item = Cell>) -> Vec<Cell> {
        fn place(cell: Cell, seen: &mut HashSet<CellId>, ordered: &mut Vec<Cell>) {
            if seen.insert(cell.id()) {
                for needed in cell.needs() {
                    place(needed, seen, ordered);
                }
                ordered.push(cell);
            }
        }
        let mut seen = HashSet::new();
        let mut ordered = Vec::new();
        for cell in cells {
            place(cell, &mut seen, &mut ordered);
        }
        ordered
    }

    /// Whether every cell of `self` is also in `other`: a run may grow, by seeds, splits or kinds of
    /// cells, and keeps what it has.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let theirs: HashSet<CellId> = other.cells.iter().map(Cell::id).collect();
        self.study == other.study && self.cells.iter().all(|cell| theirs.contains(&cell.id()))
    }

    /// What its data were opened by, for people: a name or a path, of a pair both.
    #[must_use]
    pub fn opened_as(&self) -> Option<String> {
        let name = self.settings.get("data")?.get("name")?.as_str()?;
        let target = self.settings.get("target_data").and_then(serde_json::Value::as_str);
        let target = target.filter(|target| !target.is_empty());
        Some(target.map_or_else(|| name.to_owned(), |target| format!("{name}+{target}")))
    }

    /// What is to be said of its numbers where a network's weights are from a file.
    #[must_use]
    pub fn on_given_weights(&self) -> Option<&'static str> {
        let are_given = |cell: &&Cell| match cell {
            Cell::Transfer(cell) => cell.base_weights.is_some(),
            Cell::Classifier(cell) => cell.weights.is_some(),
            _ => false,
        };
        let has_paper_layers = |cell: &Cell| {
            let transfer = cell.transfer();
            transfer.is_some_and(|cell| cell.network.initialization == Initialization::Paper)
        };
        let mut given = self.cells.iter().filter(are_given).peekable();
        given.peek()?;
        Some(if given.any(has_paper_layers) { GIVEN_WEIGHTS_MEAN_ONLY } else { GIVEN_WEIGHTS })
    }

    /// The first difference to another plan, in words. Where data and files lie is none, nor is what changes
    /// no result.
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
        let theirs: HashSet<&Data> = other.cells.iter().map(Cell::data).collect();
        let lost = self.cells.iter().map(Cell::data).find(|data| !theirs.contains(data))?;
        let described = |plan: &Self, data: &Data| {
            let name = plan.opened_as().unwrap_or_else(|| data.name.clone());
            format!("{name} of fingerprint {}", data.fingerprint)
        };
        let here = other.cells.first().map(|cell| described(other, cell.data()))?;
        Some(format!(
            "the same settings but other data: {} there, {here} here",
            described(self, lost)
        ))
    }
}

/// Settings that say where something is, and those that change no result: cells have what counts of them.
const NO_DIFFERENCE: [&str; 6] =
    ["data.name", "target_data", "base_weights", "teacher.weights", "nets", "run"];

fn json_difference(
    path: &str,
    there: &serde_json::Value,
    here: &serde_json::Value,
) -> Option<String> {
    use serde_json::Value::{Null, Object};
    if there == here || NO_DIFFERENCE.contains(&path) {
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
