//! Evaluation of an attack's images on a network from another run.

use serde::{Deserialize, Serialize};

use crate::AttackCell;
use assay_core::{DatasetId, ExternalModel};
use assay_runs::{Cell, CellSpec};

/// The images of an attack, evaluated on a network from another run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalEvaluationCell {
    /// The data set that the attacked network was trained on.
    pub data: DatasetId,
    /// The attack.
    pub attack: AttackCell,
    /// The network that classifies the images.
    pub external_model: ExternalModel,
}

#[typetag::serde(name = "external_evaluation")]
impl CellSpec for ExternalEvaluationCell {
    fn label(&self) -> String {
        let plain = |sign: char| if sign.is_ascii_alphanumeric() { sign } else { '-' };
        let kind: String = self.external_model.kind.chars().map(plain).take(40).collect();
        format!("external-evaluation.{}.to-{kind}", self.attack.short_label())
    }

    fn cluster(&self) -> String {
        format!("seed-{}", self.attack.network.seed)
    }

    fn data(&self) -> &DatasetId {
        &self.data
    }

    fn dependencies(&self) -> Vec<Cell> {
        vec![self.attack.clone().into()]
    }
}
