//! Specialist ensembles: a generalist of all classes, and specialists that are each better at a few
//! of them (Hinton et al. 2015, section 5).

use serde::{Deserialize, Serialize};

use crate::{ClassifierCell, Role};
use assay_core::{DatasetId, TrainingConfig};
use assay_runs::{Cell, CellSpec};

/// A generalist and the settings of its specialists.
///
/// Each specialist has a subset of the classes. These class subsets follow from the finished
/// generalist, so they are not stored here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialistEnsemble {
    /// The network of all classes.
    pub generalist: ClassifierCell,
    /// Number of specialists.
    pub specialists: u32,
    /// Maximum number of classes of a specialist. A smaller cluster is used whole.
    pub classes: u32,
    /// Iterations of the clustering that finds the class subsets.
    pub kmeans_iterations: u32,
    /// Share of each batch that comes from the specialist's own classes, in (0, 1).
    pub own_class_share: f64,
    /// How a specialist is fine-tuned from its generalist.
    pub schedule: TrainingConfig,
}

impl SpecialistEnsemble {
    /// The cells of the specialists, in order.
    #[must_use]
    pub fn specialist_cells(&self) -> Vec<SpecialistCell> {
        let cell = |class_subset| SpecialistCell {
            data: self.generalist.data.clone(),
            ensemble: self.clone(),
            class_subset,
        };
        (0..self.specialists).map(cell).collect()
    }

    /// The control of the specialists: the generalist, trained further on all classes with at least the computation
    /// of all specialists together.
    ///
    /// The class subsets are disjoint, and an epoch of a specialist has one batch for as many images of its own
    /// classes as a batch takes. So an epoch of all specialists has at most batch / own images per batch times the
    /// images of an epoch on all classes. (A subset with fewer images than a batch takes is the exception: its epoch
    /// is one batch.)
    #[must_use]
    pub fn continued_generalist(&self) -> ClassifierCell {
        let batch = f64::from(self.schedule.batch);
        let own = (batch * self.own_class_share).round().clamp(1.0, (batch - 1.0).max(1.0));
        let epochs = (f64::from(self.schedule.epochs) * batch / own).ceil() as u32;
        ClassifierCell {
            role: Role::Continued,
            schedule: TrainingConfig { epochs, ..self.schedule.clone() },
            initial_network: Some(Box::new(self.generalist.clone())),
            weights: None,
            tuning: None,
            ..self.generalist.clone()
        }
    }

    /// The cell of the combined predictions.
    #[must_use]
    pub fn ensemble_cell(&self) -> SpecialistEnsembleCell {
        SpecialistEnsembleCell { data: self.generalist.data.clone(), ensemble: self.clone() }
    }
}

/// The fine-tuning of one specialist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialistCell {
    /// The data set it is trained and tested on.
    pub data: DatasetId,
    /// The ensemble it belongs to.
    pub ensemble: SpecialistEnsemble,
    /// Number of the specialist, from 0.
    pub class_subset: u32,
}

#[typetag::serde(name = "specialist")]
impl CellSpec for SpecialistCell {
    fn label(&self) -> String {
        let SpecialistEnsemble { generalist, specialists, .. } = &self.ensemble;
        let (architecture, seed) = (&generalist.network.architecture, generalist.seed);
        let number = self.class_subset;
        format!("specialist.{architecture}.{number}-of-{specialists}.seed-{seed}")
    }

    fn cluster(&self) -> String {
        format!("seed-{}", self.ensemble.generalist.seed)
    }

    fn data(&self) -> &DatasetId {
        &self.data
    }

    fn dependencies(&self) -> Vec<Cell> {
        vec![self.ensemble.generalist.clone().into()]
    }
}

/// The combined predictions of a generalist and its specialists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialistEnsembleCell {
    /// The data set of the networks.
    pub data: DatasetId,
    /// The ensemble.
    pub ensemble: SpecialistEnsemble,
}

#[typetag::serde(name = "specialist_ensemble")]
impl CellSpec for SpecialistEnsembleCell {
    fn label(&self) -> String {
        let SpecialistEnsemble { generalist, specialists, .. } = &self.ensemble;
        let (architecture, seed) = (&generalist.network.architecture, generalist.seed);
        format!("specialist-ensemble.{architecture}.of-{specialists}.seed-{seed}")
    }

    fn cluster(&self) -> String {
        format!("seed-{}", self.ensemble.generalist.seed)
    }

    fn data(&self) -> &DatasetId {
        &self.data
    }

    fn dependencies(&self) -> Vec<Cell> {
        self.ensemble.specialist_cells().into_iter().map(Cell::from).collect()
    }
}
