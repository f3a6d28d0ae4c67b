//! Classifiers of the distillation and the fooling experiment.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{RejectClass, SpecialistEnsemble};
use assay_core::{DatasetId, DistillationLoss, NetworkSpec, TrainingConfig, Tuning, ViewConfig};
use assay_runs::{Cell, CellId, CellSpec};

/// The role of a classifier in its experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A teacher: trained on labels, distilled into students.
    Teacher,
    /// A baseline: the architecture of a student, trained on labels only.
    Student,
    /// A student that is distilled from teachers.
    Distilled,
    /// A generalist that is trained further on all classes, with at least the computation of its specialists: their
    /// control.
    Continued,
    /// A network of the fooling experiment.
    Network,
    /// A network that provides the forced alignment of the speech frames for the networks trained
    /// after it.
    ForcedAlignment,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Teacher => "teacher",
            Self::Student => "student",
            Self::Distilled => "distilled",
            Self::Continued => "continued",
            Self::Network => "network",
            Self::ForcedAlignment => "aligner",
        })
    }
}

/// The subset of the training images that a classifier sees. For a student, this is the transfer
/// set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSubset {
    /// Number of training images that are set aside for validation. They are the same for every
    /// cell of a data set. For speech, whole utterances are set aside until there are at least this
    /// many windows.
    pub validation_images: u32,
    /// Labels that are left out of training.
    pub excluded_classes: Vec<u16>,
    /// Share of each class's images to train on, in (0, 1]. A smaller share is a subset of a larger
    /// one. For speech, it is the share of each digit's utterances.
    pub fraction: f64,
}

impl fmt::Display for TrainingSubset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.excluded_classes.is_empty() {
            let excluded_classes: Vec<String> =
                self.excluded_classes.iter().map(u16::to_string).collect();
            write!(f, ".without-{}", excluded_classes.join("-"))?;
        }
        if self.fraction < 1.0 {
            write!(f, ".fraction-{}", self.fraction)?;
        }
        Ok(())
    }
}

/// The training loss of a classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Loss {
    /// Cross-entropy with the labels.
    HardLabels,
    /// Distillation with soft targets (Hinton et al. 2015, section 2): `soft_weight T^2 KL +
    /// hard_weight cross-entropy`.
    SoftTargets {
        /// Temperature T, above 0.
        temperature: f64,
        /// Weight of the soft term.
        soft_weight: f64,
        /// Weight of the hard term.
        hard_weight: f64,
    },
    /// Another distillation loss, plus cross-entropy with the labels.
    Compared {
        /// The distillation loss.
        soft: DistillationLoss,
        /// Whether the logits are standardized before they are compared (Sun et al. 2024).
        standardized: bool,
        /// Weight of the soft term.
        soft_weight: f64,
        /// Weight of the hard term.
        hard_weight: f64,
    },
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HardLabels => f.write_str("hard-labels"),
            Self::SoftTargets { temperature, .. } => write!(f, "soft-targets-T{temperature}"),
            Self::Compared { soft, standardized: false, .. } => soft.fmt(f),
            Self::Compared { soft, standardized: true, .. } => write!(f, "standardized-{soft}"),
        }
    }
}

/// A classifier of all classes, trained here or imported from a file.
///
/// It contains the cells of its teachers and of its alignment network. A change to one of them
/// therefore changes the identity of every network that learns from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassifierCell {
    /// Its role in the experiment.
    pub role: Role,
    /// Distinguishes repetitions, and the members of an ensemble.
    pub seed: u32,
    /// The data set it is trained and tested on.
    pub data: DatasetId,
    /// The training images it sees.
    pub examples: TrainingSubset,
    /// The augmentation of the training images.
    pub views: ViewConfig,
    /// The network.
    pub network: NetworkSpec,
    /// How it is trained.
    pub schedule: TrainingConfig,
    /// Its training loss.
    pub loss: Loss,
    /// Its teachers. With several teachers, the target is the mean of their probabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teachers: Vec<ClassifierCell>,
    /// The network whose weights its training starts from; none for random initial weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_network: Option<Box<ClassifierCell>>,
    /// The specialist ensemble that is its teacher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ensemble: Option<Box<SpecialistEnsemble>>,
    /// BLAKE3 of the file that its weights were imported from; none if it is trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    /// The additional last class: images that fooled an earlier network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject: Option<Box<RejectClass>>,
    /// The learning rates it chooses from; none to use that of the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuning: Option<Tuning>,
    /// For a trial: its factor on the learning rate. A trial is not tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<f64>,
    /// For speech: the network that provided the forced alignment of the labels. Without one, each
    /// recording is divided evenly among its states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alignment_network: Option<Box<ClassifierCell>>,
}

impl ClassifierCell {
    /// The trials that choose its learning rate: each with its factor. Their teachers are those of seed 0, so that
    /// networks that differ only in their seed have the same trials. They see all classes: the validation labels of
    /// excluded classes must not choose for a student that never sees these. Empty for a trial, and for a cell
    /// that uses the learning rate of the schedule.
    #[must_use]
    pub fn trials(&self) -> Vec<(f64, Self)> {
        let Some(tuning) = self.tuning.as_ref().filter(|_| self.trial.is_none()) else {
            return Vec::new();
        };
        let mut first = self.taught_by_seed_0();
        first.examples.excluded_classes.clear();
        let trial = |(factor, seed)| (factor, Self { seed, trial: Some(factor), ..first.clone() });
        tuning.trials().map(trial).collect()
    }

    /// The same network with the teachers, or the generalist and its specialists, of seed 0.
    fn taught_by_seed_0(&self) -> Self {
        let mut cell = self.clone();
        for (member, teacher) in (0..).zip(&mut cell.teachers) {
            if teacher.weights.is_none() {
                teacher.seed = member;
            }
        }
        if let Some(ensemble) = &mut cell.ensemble {
            ensemble.generalist.seed = 0;
        }
        cell
    }

    /// The owner of its random streams. Students with and without distillation share their draws: the initial
    /// weights, the order of the images, and dropout. So differences between them vary less.
    #[must_use]
    pub fn stream_owner(&self) -> CellId {
        let Self { role, seed, data, network, views, .. } = self;
        match role {
            Role::Student | Role::Distilled => CellId::for_value(&(seed, data, network, views)),
            _ => self.id(),
        }
    }

    /// How many rounds of retraining with fooling images came before: 0 for a network without a
    /// reject class.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.reject.as_ref().map_or(0, |reject| 1 + reject.network.round())
    }

    fn round_in_name(&self) -> String {
        self.reject.as_ref().map_or(String::new(), |_| format!(".round-{}", self.round()))
    }

    /// Short name within a run: `lenet-0`, `lenet-0.round-2`.
    pub(crate) fn short_label(&self) -> String {
        format!("{}-{}{}", self.network.architecture, self.seed, self.round_in_name())
    }
}

#[typetag::serde(name = "classifier")]
impl CellSpec for ClassifierCell {
    fn label(&self) -> String {
        let Self { role, network, loss, examples, seed, .. } = self;
        let architecture = &network.architecture;
        if self.weights.is_some() {
            return format!("{role}.{architecture}.from-file.{seed}");
        }
        let from = match (&self.ensemble, self.teachers.len()) {
            (Some(ensemble), _) => format!(".of-{}-specialists", ensemble.specialists),
            (None, 0 | 1) => String::new(),
            (None, count) => format!(".of-{count}"),
        };
        let round = self.round_in_name();
        let trial = self.trial.map(|factor| format!(".lr-x{factor}")).unwrap_or_default();
        format!("{role}.{architecture}.{loss}{from}{examples}{round}.seed-{seed}{trial}")
    }

    fn cluster(&self) -> String {
        format!("seed-{}", self.seed)
    }

    fn data(&self) -> &DatasetId {
        &self.data
    }

    fn dependencies(&self) -> Vec<Cell> {
        let initial = self.initial_network.as_deref();
        let classifiers =
            self.alignment_network.as_deref().into_iter().chain(initial).chain(&self.teachers);
        let ensemble = self.ensemble.iter().map(|ensemble| ensemble.ensemble_cell().into());
        let attacks = self.reject.iter().flat_map(|reject| reject.attacks());
        classifiers
            .cloned()
            .map(Cell::from)
            .chain(ensemble)
            .chain(attacks.map(Cell::from))
            .chain(self.trials().into_iter().map(|trial| trial.1.into()))
            .collect()
    }

    fn is_compared(&self) -> bool {
        self.trial.is_none()
    }

    fn imported_network(&self) -> Option<&NetworkSpec> {
        self.weights.as_ref().map(|_| &self.network)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cell as an early version wrote it, before cells had weights from a file or an ensemble.
    const OF_BEFORE: &str = r#"{"role":"teacher","seed":0,"data":{"name":"forms","fingerprint":
        "9d65ce38c6cd89902b6cdeb6571ccd11054768d60d688288dc77081f382dc4ff"},"examples":{"validation_images":96,
        "excluded_classes":[],"fraction":1.0},"views":{"count":2,"crop_padding":1,"horizontal_flip":true},"network":
        {"architecture":"alexnet_small","width":0.5,"groups":false,"local_response_norm":false,"dropout":0.0,
        "initialization":"he"},"schedule":{"epochs":8,"batch":16,"learning_rate":0.01,
        "bias_lr_factor":2.0,"lr_milestones":[0.6,0.85],"lr_gamma":0.1,"momentum":0.9,
        "weight_decay":0.0005},"loss":{"kind":"hard_labels"}}"#;

    #[test]
    fn the_identity_of_a_classifier_is_stable() {
        let cell: ClassifierCell = serde_json::from_str(OF_BEFORE).unwrap();
        assert_eq!(cell.name(), "teacher.alexnet_small.hard-labels.seed-0.99af0e7cb780fc91");
    }

    #[test]
    fn teachers_and_weight_files_change_the_identity() {
        let cell: ClassifierCell = serde_json::from_str(OF_BEFORE).unwrap();
        let ensemble = SpecialistEnsemble {
            generalist: cell.clone(),
            specialists: 3,
            classes: 5,
            kmeans_iterations: 20,
            own_class_share: 0.5,
            schedule: cell.schedule.clone(),
        };
        let of = |ensemble: &SpecialistEnsemble| {
            ClassifierCell { ensemble: Some(Box::new(ensemble.clone())), ..cell.clone() }.id()
        };
        let from =
            |file: &str| ClassifierCell { weights: Some(file.to_owned()), ..cell.clone() }.id();
        let other = SpecialistEnsemble {
            generalist: ClassifierCell { seed: 1, ..cell.clone() },
            ..ensemble.clone()
        };
        let mut ids = vec![cell.id(), of(&ensemble), of(&other), from("00"), from("01")];
        ids.extend(
            ensemble.specialist_cells().iter().chain(&other.specialist_cells()).map(CellSpec::id),
        );
        ids.extend([ensemble.ensemble_cell().id(), other.ensemble_cell().id()]);
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), count), (13, 13));
    }
}
