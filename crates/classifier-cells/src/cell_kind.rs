//! The kinds of cells of this crate, to match on.

use assay_runs::Cell;

use crate::{
    AttackCell, ClassifierCell, CrossEvaluationCell, ExternalEvaluationCell, SpecialistCell,
    SpecialistEnsembleCell,
};

/// A cell by its kind.
#[derive(Debug, Clone, Copy)]
pub enum CellKind<'a> {
    /// A classifier of all classes, trained on labels, on teachers, or on both.
    Classifier(&'a ClassifierCell),
    /// A search for images that a network classifies with high confidence.
    Attack(&'a AttackCell),
    /// The images of an attack, evaluated on another network.
    CrossEvaluation(&'a CrossEvaluationCell),
    /// The images of an attack, evaluated on a network from another run.
    ExternalEvaluation(&'a ExternalEvaluationCell),
    /// A specialist, fine-tuned from a generalist.
    Specialist(&'a SpecialistCell),
    /// The combined predictions of a generalist and its specialists.
    SpecialistEnsemble(&'a SpecialistEnsembleCell),
    /// A cell of another crate.
    Other,
}

impl<'a> From<&'a Cell> for CellKind<'a> {
    fn from(cell: &'a Cell) -> Self {
        let kinds = [
            cell.downcast_ref().map(Self::Classifier),
            cell.downcast_ref().map(Self::Attack),
            cell.downcast_ref().map(Self::CrossEvaluation),
            cell.downcast_ref().map(Self::ExternalEvaluation),
            cell.downcast_ref().map(Self::Specialist),
            cell.downcast_ref().map(Self::SpecialistEnsemble),
        ];
        kinds.into_iter().flatten().next().unwrap_or(Self::Other)
    }
}
