//! The cells of this experiment, and what a comparison of two bases records.

use serde::{Deserialize, Serialize};

use assay_runs::{
    Cell, CellId, CellSpec, DatasetId, DetailsSpec, Half, NetworkSpec, Record, TrainingConfig,
    Tuning, ViewConfig, check_finite,
};

use crate::{ClassSplit, Treatment};

/// One unit of work of the transfer experiment: a treatment, a split of the classes and a seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferCell {
    /// How the network is initialized, and which layers are trained.
    pub treatment: Treatment,
    /// How the classes are divided into halves.
    pub split: ClassSplit,
    /// Distinguishes repetitions.
    pub seed: u32,
    /// Training images of each target class; none for all of them.
    pub images_per_class: Option<u32>,
    /// BLAKE3 of the file that the base of half A was imported from; none if it is trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_weights: Option<String>,
    /// The data set it is trained and tested on.
    pub data: DatasetId,
    /// The augmentation of the training images.
    pub views: ViewConfig,
    /// The architecture.
    pub network: NetworkSpec,
    /// How it is trained.
    pub schedule: TrainingConfig,
    /// Share of each class's training images that are set aside for validation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub validation_fraction: f64,
    /// The learning rates it chooses from; none to use that of the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuning: Option<TransferTuning>,
    /// For a trial: its factor on the learning rate. A trial is not tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<f64>,
}

/// The learning rates of the transfer experiment. Networks that differ only in their cut point, target, seed and
/// random split use the same one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferTuning {
    /// The candidates.
    pub candidates: Tuning,
    /// Cut points of the trials.
    pub cuts: Vec<u8>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires this signature")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

impl TransferCell {
    /// The trials that choose its learning rate: each with its factor. Empty for a trial, and for a cell that
    /// uses the learning rate of the schedule or trains nothing.
    #[must_use]
    pub fn trials(&self) -> Vec<(f64, Self)> {
        let Some(tuning) = &self.tuning else { return Vec::new() };
        if self.trial.is_some() {
            return Vec::new();
        }
        let mut treatments = self.treatment.at_cuts(&tuning.cuts);
        if self.split == ClassSplit::Weights {
            // There is no image of half A.
            treatments.retain(|treatment| treatment.target() == Some(Half::B));
        }
        let trials = tuning.candidates.trials().flat_map(|(factor, seed)| {
            let split = self.split.of_seed(seed);
            let trial = move |&treatment: &Treatment| {
                let split = split.clone();
                (factor, Self { treatment, split, seed, trial: Some(factor), ..self.clone() })
            };
            treatments.iter().map(trial).collect::<Vec<_>>()
        });
        trials.collect()
    }

    /// The owner of its random streams. Networks that are compared at one cut point share their draws: the
    /// initial weights of the layers that are not copied, the order of the images, and dropout. So differences
    /// between them vary less. A base shares none: layers that learned along with the copied ones must not start
    /// from the same weights again.
    #[must_use]
    pub fn stream_owner(&self) -> CellId {
        match self.treatment {
            Treatment::Copied { layers, target, .. } | Treatment::Random { layers, target, .. } => {
                let Self { data, network, split, seed, images_per_class, .. } = self;
                let shared = (data, network, split, seed, images_per_class, target, layers);
                CellId::for_value(&shared)
            }
            _ => self.id(),
        }
    }

    /// The bases that must be finished first: the one whose layers are copied, or both for a comparison.
    #[must_use]
    pub fn bases(&self) -> Vec<Self> {
        let base = |target| Self {
            treatment: Treatment::Base { target },
            // A trial starts from a base with the chosen learning rate.
            trial: None,
            ..self.clone()
        };
        match self.treatment {
            Treatment::Base { .. } | Treatment::Random { .. } | Treatment::All => Vec::new(),
            // Continues the base that was trained on the same (possibly reduced) data.
            Treatment::BaseLong { target } => vec![base(target)],
            Treatment::Copied { source: Half::A, .. } if self.base_weights.is_some() => Vec::new(),
            // The source of a copied network is always trained on all images of its half.
            Treatment::Copied { source, .. } => {
                vec![Self { images_per_class: None, ..base(source) }]
            }
            Treatment::Scores { source } => vec![base(source), base(source.other())],
        }
    }
}

#[typetag::serde(name = "transfer")]
impl CellSpec for TransferCell {
    fn label(&self) -> String {
        let fewer = self.images_per_class.map(|n| format!(".{n}-images")).unwrap_or_default();
        let trial = self.trial.map(|factor| format!(".lr-x{factor}")).unwrap_or_default();
        format!("{}.{}.seed-{}{fewer}{trial}", self.treatment, self.split, self.seed)
    }

    fn cluster(&self) -> String {
        format!("{}.seed-{}", self.split, self.seed)
    }

    fn data(&self) -> &DatasetId {
        &self.data
    }

    fn dependencies(&self) -> Vec<Cell> {
        let trials = self.trials().into_iter().map(|trial| trial.1);
        self.bases().into_iter().chain(trials).map(Cell::from).collect()
    }

    fn is_compared(&self) -> bool {
        self.tuning.as_ref().is_none_or(|tuning| !tuning.candidates.seeds.contains(&self.seed))
    }

    fn imported_network(&self) -> Option<&NetworkSpec> {
        self.base_weights.as_ref().map(|_| &self.network)
    }
}

/// Transferability scores of one layer of a base, for comparison with the measured transfer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerScores {
    /// Number of the layer, from 1.
    pub layer: u8,
    /// Linear centered kernel alignment (CKA) with the same layer of the other half's base, in [0,
    /// 1] (Kornblith et al. 2019).
    pub cka: f64,
    /// H-score of the layer's features for the labels of the other half (Bao et al. 2019).
    pub h_score: f64,
}

/// The scores of all layers of a base, except for layers without a finite score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaseScores {
    /// One entry for each layer.
    pub layers: Vec<LayerScores>,
}

#[typetag::serde(name = "scores")]
impl DetailsSpec for BaseScores {
    fn check(&self, _record: &Record) -> Result<(), String> {
        check_finite("scores", self.layers.iter().flat_map(|layer| [layer.cka, layer.h_score]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: &str = r#"{"treatment":"base_a","split":{"random":2},"seed":2,"images_per_class":null,
        "data":{"name":"forms","fingerprint":"toy"},
        "views":{"count":4,"crop_padding":2,"horizontal_flip":true},
        "network":{"architecture":"alexnet_small","width":0.5,"groups":false,"local_response_norm":false,
            "dropout":0.0,"initialization":"he"},
        "schedule":{"epochs":16,"batch":64,"learning_rate":0.02,"bias_lr_factor":2.0,
            "lr_milestones":[0.6,0.85],"lr_gamma":0.1,"momentum":0.9,"weight_decay":0.0005}}"#;

    #[test]
    fn the_identity_does_not_depend_on_settings_added_later() {
        let cell: TransferCell = serde_json::from_str(CELL).unwrap();
        assert_eq!(cell.name(), "base_a.random-2.seed-2.bc9f442398aef6dc");
        let mut explicit: serde_json::Value = serde_json::from_str(CELL).unwrap();
        explicit["schedule"]["max_weight_norm"] = 0.0.into();
        explicit["schedule"]["max_gradient_norm"] = 0.0.into();
        explicit["schedule"]["lr_epoch_gamma"] = 1.0.into();
        explicit["network"]["input_dropout"] = 0.0.into();
        let explicit: TransferCell = serde_json::from_value(explicit).unwrap();
        assert_eq!(explicit.id(), cell.id());
    }
}
