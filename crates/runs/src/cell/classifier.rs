//! A classifier, of distillation and of fooling: trained on labels, on teachers, or on both.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parts::{Data, Network, Schedule, Views};
use super::{CellId, Panel, RejectClass};

/// What a classifier is trained for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// To be learnt from.
    Teacher,
    /// The baseline: a student's network trained on hard labels alone.
    Student,
    /// A student that learns from teachers.
    Distilled,
    /// To be attacked, or shown what fools others.
    Network,
    /// Of speech: to say which state each frame is, to those that are trained after it.
    Aligner,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Teacher => "teacher",
            Self::Student => "student",
            Self::Distilled => "distilled",
            Self::Network => "network",
            Self::Aligner => "aligner",
        })
    }
}

/// Which of the training images a classifier is trained on: its transfer set, where it learns from
/// teachers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// Training images held out, for what is chosen or fitted after training; the same for every
    /// cell of one data set. Of speech, whole utterances until there are as many.
    pub held_out: u32,
    /// Labels of which no image is seen.
    pub omitted: Vec<u16>,
    /// Share of each class's images, in (0, 1]; fewer are always among more. Of speech, of each digit's
    /// utterances.
    pub fraction: f64,
}

impl fmt::Display for Examples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.omitted.is_empty() {
            let omitted: Vec<String> = self.omitted.iter().map(u16::to_string).collect();
            write!(f, ".without-{}", omitted.join("-"))?;
        }
        if self.fraction < 1.0 {
            write!(f, ".fraction-{}", self.fraction)?;
        }
        Ok(())
    }
}

/// What a classifier's logits are to come close to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Loss {
    /// The labels: cross-entropy.
    HardLabels,
    /// The teachers' soft targets at a temperature, and the labels (Hinton et al. 2015, section 2):
    /// `soft_weight T^2 KL + hard_weight cross-entropy`.
    SoftTargets {
        /// The temperature T, above 0.
        temperature: f64,
        /// Weight of the soft term.
        soft_weight: f64,
        /// Weight of the hard term.
        hard_weight: f64,
    },
    /// The teachers' logits by another measure, and the labels.
    Compared {
        /// The measure.
        soft: SoftTerm,
        /// Whether logits are standardized first (Sun et al. 2024).
        standardized: bool,
        /// Weight of the soft term.
        soft_weight: f64,
        /// Weight of the hard term.
        hard_weight: f64,
    },
}

/// How a student's logits are compared with its teachers'; formulas and sources are at the functions
/// of `assay-losses` of the same names.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SoftTerm {
    /// The divergence of softened probabilities.
    SoftTargets {
        /// Softens both sides.
        temperature: f64,
    },
    /// The squared difference of centered logits.
    LogitMse {},
    /// DKD: the label against the rest, and the rest among itself.
    Decoupled {
        /// Softens both sides.
        temperature: f64,
        /// Of the label against the rest.
        label_weight: f64,
        /// Of the rest among itself.
        rest_weight: f64,
        /// Epochs until the term has its whole weight; 0 for at once.
        warm_up_epochs: u32,
    },
    /// DIST: correlations of probabilities within images and within classes.
    Dist {
        /// Softens both sides.
        temperature: f64,
    },
    /// NKD: the label's probability, and the normalized rest.
    Nkd {
        /// Softens the rest.
        temperature: f64,
        /// Of the rest.
        rest_weight: f64,
    },
    /// WTTM: the teacher's probabilities to a power, and images weighed by how smooth they are.
    Wttm {
        /// The power.
        power: f64,
    },
}

impl fmt::Display for SoftTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SoftTargets { temperature } => write!(f, "soft-targets-T{temperature}"),
            Self::LogitMse {} => f.write_str("logit-mse"),
            Self::Decoupled { temperature, .. } => write!(f, "decoupled-T{temperature}"),
            Self::Dist { temperature } => write!(f, "dist-T{temperature}"),
            Self::Nkd { temperature, .. } => write!(f, "nkd-T{temperature}"),
            Self::Wttm { power } => write!(f, "wttm-{power}"),
        }
    }
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

/// One classifier of all classes, trained here or read from a file. Holds the cells of its teachers, and of
/// the aligner of its labels, whole: whatever changes one of them changes those that learn from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassifierCell {
    /// What it is trained for.
    pub role: Role,
    /// Distinguishes repeats, and the members of an ensemble.
    pub seed: u32,
    /// What it trains and tests on.
    pub data: Data,
    /// Which of the training images it sees.
    pub examples: Examples,
    /// The views of a training image.
    pub views: Views,
    /// The network.
    pub network: Network,
    /// How it is trained.
    pub schedule: Schedule,
    /// What its logits are to come close to.
    pub loss: Loss,
    /// Whom it learns from: the mean of their probabilities, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teachers: Vec<ClassifierCell>,
    /// The panel that it learns from, speaking as one teacher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel: Option<Box<Panel>>,
    /// BLAKE3 of the file that its weights come from, where it is not trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    /// One more class, the last: images that fooled an earlier network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject: Option<Box<RejectClass>>,
    /// Of speech: by whose network the frames' labels were aligned; none where a recording is divided
    /// evenly among its states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aligned_by: Option<Box<ClassifierCell>>,
}

impl ClassifierCell {
    /// The cell's identity; see [`crate::Cell::id`].
    #[must_use]
    pub fn id(&self) -> CellId {
        CellId::of(self)
    }

    /// A name for people and folders, with the identity at its end.
    #[must_use]
    pub fn name(&self) -> String {
        let Self { role, network, loss, examples, seed, .. } = self;
        let architecture = &network.architecture;
        if self.weights.is_some() {
            return format!("{role}.{architecture}.from-file.{seed}.{}", self.id());
        }
        let from = match (&self.panel, self.teachers.len()) {
            (Some(panel), _) => format!(".of-{}-specialists", panel.specialists),
            (None, 0 | 1) => String::new(),
            (None, count) => format!(".of-{count}"),
        };
        let round = self.round_in_name();
        format!("{role}.{architecture}.{loss}{from}{examples}{round}.seed-{seed}.{}", self.id())
    }

    /// How many times its training was followed by another with more images that fool: 0 for a
    /// network of the data's classes alone.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.reject.as_ref().map_or(0, |reject| 1 + reject.network.round())
    }

    fn round_in_name(&self) -> String {
        self.reject.as_ref().map_or(String::new(), |_| format!(".round-{}", self.round()))
    }

    /// Which of a run's networks it is: `lenet-0`, `lenet-0.round-2`.
    pub(super) fn label(&self) -> String {
        format!("{}-{}{}", self.network.architecture, self.seed, self.round_in_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cell as a run wrote it down before a cell could come from a file or learn from a panel.
    const OF_BEFORE: &str = r#"{"role":"teacher","seed":0,"data":{"name":"forms","fingerprint":
        "9d65ce38c6cd89902b6cdeb6571ccd11054768d60d688288dc77081f382dc4ff"},"examples":{"held_out":96,
        "omitted":[],"fraction":1.0},"views":{"count":2,"crop_padding":1,"mirror":true},"network":
        {"architecture":"alexnet_small","width":0.5,"groups":false,"normalization":false,"dropout":0.0,
        "initialization":"he"},"schedule":{"epochs":8,"batch":16,"learning_rate":0.01,
        "bias_learning_rate_factor":2.0,"drops":[0.6,0.85],"drop_factor":0.1,"momentum":0.9,
        "weight_decay":0.0005},"loss":{"kind":"hard_labels"}}"#;

    #[test]
    fn a_cell_keeps_the_identity_that_it_had_before_there_was_more_to_say() {
        let cell: ClassifierCell = serde_json::from_str(OF_BEFORE).unwrap();
        assert_eq!(cell.name(), "teacher.alexnet_small.hard-labels.seed-0.d5e7552dffb71e10");
    }

    #[test]
    fn what_a_cell_learns_from_and_what_file_it_is_from_change_its_identity() {
        let cell: ClassifierCell = serde_json::from_str(OF_BEFORE).unwrap();
        let panel = Panel {
            generalist: cell.clone(),
            specialists: 3,
            classes: 5,
            passes: 20,
            own_share: 0.5,
            schedule: cell.schedule.clone(),
        };
        let of = |panel: &Panel| {
            ClassifierCell { panel: Some(Box::new(panel.clone())), ..cell.clone() }.id()
        };
        let from =
            |file: &str| ClassifierCell { weights: Some(file.to_owned()), ..cell.clone() }.id();
        let other =
            Panel { generalist: ClassifierCell { seed: 1, ..cell.clone() }, ..panel.clone() };
        let mut ids = vec![cell.id(), of(&panel), of(&other), from("00"), from("01")];
        ids.extend(panel.cells().iter().chain(&other.cells()).map(crate::SpecialistCell::id));
        ids.extend([panel.together().id(), other.together().id()]);
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), count), (13, 13));
    }
}
