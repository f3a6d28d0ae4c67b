//! A cell: one trial of an experiment, described completely by a value.

mod attack;
mod classifier;
mod external_model;
mod reject_class;
mod specialist_ensemble;
mod transfer;

use std::fmt;

use assay_core::DatasetId;
use serde::{Deserialize, Serialize};

pub use attack::{
    Attack, AttackCell, CrossEvaluationCell, Encoding, Method, Preset, Regularization,
};
pub use classifier::{ClassifierCell, Loss, Role, TrainingSubset};
pub use external_model::{ExternalEvaluationCell, ExternalModel};
pub use reject_class::RejectClass;
pub use specialist_ensemble::{SpecialistCell, SpecialistEnsemble, SpecialistEnsembleCell};
pub use transfer::TransferCell;

/// One trial of an experiment. The value determines the result completely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// A training of the transfer experiment.
    Transfer(TransferCell),
    /// A classifier of all classes, trained on labels, on teachers, or on both.
    Classifier(ClassifierCell),
    /// A search for images that a network classifies with high confidence.
    Attack(AttackCell),
    /// The images of an attack, evaluated on another network.
    CrossEvaluation(CrossEvaluationCell),
    /// A specialist, fine-tuned from a generalist.
    Specialist(SpecialistCell),
    /// The combined predictions of a generalist and its specialists.
    SpecialistEnsemble(SpecialistEnsembleCell),
    /// The images of an attack, evaluated on a network from another run.
    ExternalEvaluation(ExternalEvaluationCell),
}

/// The identity of a cell: the first 16 hexadecimal digits of the BLAKE3 hash of its JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CellId(String);

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl CellId {
    /// The identity of a cell of one kind, or of any other value that owns random streams. Cells of different
    /// kinds have different fields, so the kind is not part of the hash.
    ///
    /// # Panics
    /// Panics if the value cannot be written as JSON.
    #[must_use]
    pub fn for_value(cell: &impl Serialize) -> Self {
        let value = serde_json::to_vec(cell).expect("a cell can be written as JSON");
        Self(blake3::hash(&value).to_hex()[..16].to_owned())
    }
}

impl Cell {
    /// The identity of this cell. Two cells with the same identity give the same result.
    ///
    /// # Panics
    /// Never: every cell can be written as JSON.
    #[must_use]
    pub fn id(&self) -> CellId {
        match self {
            Self::Transfer(cell) => cell.id(),
            Self::Classifier(cell) => cell.id(),
            Self::Attack(cell) => cell.id(),
            Self::CrossEvaluation(cell) => cell.id(),
            Self::Specialist(cell) => cell.id(),
            Self::SpecialistEnsemble(cell) => cell.id(),
            Self::ExternalEvaluation(cell) => cell.id(),
        }
    }

    /// A readable name that is safe as a folder name. It ends with the identity.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Transfer(cell) => cell.name(),
            Self::Classifier(cell) => cell.name(),
            Self::Attack(cell) => cell.name(),
            Self::CrossEvaluation(cell) => cell.name(),
            Self::Specialist(cell) => cell.name(),
            Self::SpecialistEnsemble(cell) => cell.name(),
            Self::ExternalEvaluation(cell) => cell.name(),
        }
    }

    /// The cells whose results this cell needs.
    #[must_use]
    pub fn dependencies(&self) -> Vec<Self> {
        match self {
            Self::Transfer(cell) => cell.dependencies().into_iter().map(Self::Transfer).collect(),
            Self::Classifier(cell) => {
                let aligner = cell.alignment_network.as_deref().into_iter();
                let others = aligner.chain(&cell.teachers).cloned().map(Self::Classifier);
                let panels = cell.ensemble.iter().map(|ensemble| ensemble.ensemble_cell().into());
                let attacks = cell.reject.iter().flat_map(|reject| reject.attacks());
                others.chain(panels).chain(attacks.map(Self::Attack)).collect()
            }
            Self::Attack(cell) => vec![Self::Classifier(cell.network.clone())],
            Self::CrossEvaluation(cell) => {
                let shown = Self::Attack(cell.attack.clone());
                vec![shown, Self::Classifier(cell.network.clone())]
            }
            Self::Specialist(cell) => vec![Self::Classifier(cell.ensemble.generalist.clone())],
            Self::SpecialistEnsemble(cell) => {
                cell.ensemble.specialist_cells().into_iter().map(Self::Specialist).collect()
            }
            Self::ExternalEvaluation(cell) => vec![Self::Attack(cell.attack.clone())],
        }
    }

    /// The data set that the cell is trained and tested on.
    #[must_use]
    pub fn data(&self) -> &DatasetId {
        match self {
            Self::Transfer(cell) => &cell.data,
            Self::Classifier(cell) => &cell.data,
            Self::Attack(cell) => &cell.data,
            Self::CrossEvaluation(cell) => &cell.data,
            Self::Specialist(cell) => &cell.data,
            Self::SpecialistEnsemble(cell) => &cell.data,
            Self::ExternalEvaluation(cell) => &cell.data,
        }
    }

    /// The cell as a cell of the transfer experiment, if it is one.
    #[must_use]
    pub fn transfer(&self) -> Option<&TransferCell> {
        match self {
            Self::Transfer(cell) => Some(cell),
            _ => None,
        }
    }

    /// The cell as a classifier, if it is one.
    #[must_use]
    pub fn classifier(&self) -> Option<&ClassifierCell> {
        match self {
            Self::Classifier(cell) => Some(cell),
            _ => None,
        }
    }
}

impl From<TransferCell> for Cell {
    fn from(cell: TransferCell) -> Self {
        Self::Transfer(cell)
    }
}

impl From<ClassifierCell> for Cell {
    fn from(cell: ClassifierCell) -> Self {
        Self::Classifier(cell)
    }
}

impl From<AttackCell> for Cell {
    fn from(cell: AttackCell) -> Self {
        Self::Attack(cell)
    }
}

impl From<CrossEvaluationCell> for Cell {
    fn from(cell: CrossEvaluationCell) -> Self {
        Self::CrossEvaluation(cell)
    }
}

impl From<SpecialistCell> for Cell {
    fn from(cell: SpecialistCell) -> Self {
        Self::Specialist(cell)
    }
}

impl From<SpecialistEnsembleCell> for Cell {
    fn from(cell: SpecialistEnsembleCell) -> Self {
        Self::SpecialistEnsemble(cell)
    }
}
impl From<ExternalEvaluationCell> for Cell {
    fn from(cell: ExternalEvaluationCell) -> Self {
        Self::ExternalEvaluation(cell)
    }
}

#[cfg(test)]
mod tests;
