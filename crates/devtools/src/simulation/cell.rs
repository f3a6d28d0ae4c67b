//! A cell that computes nothing.

use assay_runs::{Cell, CellSpec, DatasetId, Plan};
use serde::{Deserialize, Serialize};

/// The name of the simulated experiment.
pub(super) const NAME: &str = "simulated";
/// Cells that need one base, as in a transfer sweep.
const CELLS_OF_A_BASE: u32 = 19;

/// A cell that computes nothing: a base, or one of those that need it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimulatedCell {
    simulated_data: DatasetId,
    base: u32,
    /// Its number among those of its base; none for the base itself.
    part: Option<u32>,
}

#[typetag::serde(name = "simulated")]
impl CellSpec for SimulatedCell {
    fn label(&self) -> String {
        match self.part {
            None => format!("base.{}", self.base),
            Some(part) => format!("cell.{}.{part}", self.base),
        }
    }

    fn data(&self) -> &DatasetId {
        &self.simulated_data
    }

    fn dependencies(&self) -> Vec<Cell> {
        let base = Self { part: None, ..self.clone() };
        self.part.map(|_| base.into()).into_iter().collect()
    }
}

/// The data of all simulated cells.
pub(super) fn data() -> DatasetId {
    DatasetId { name: NAME.to_owned(), fingerprint: "none".to_owned() }
}

/// A plan of so many cells.
pub(super) fn plan(cells: u32) -> Plan {
    let cell = |number: u32| {
        let (base, part) = (number / (1 + CELLS_OF_A_BASE), number % (1 + CELLS_OF_A_BASE));
        let part = part.checked_sub(1);
        Cell::from(SimulatedCell { simulated_data: data(), base, part })
    };
    Plan {
        study: NAME.to_owned(),
        profile: format!("{cells} cells"),
        settings: serde_json::json!({ "run": {} }),
        layers: Vec::new(),
        classes: Vec::new(),
        cells: Plan::in_dependency_order((0..cells).map(cell)),
    }
}
