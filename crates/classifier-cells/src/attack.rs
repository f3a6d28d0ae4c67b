//! Cells of the fooling experiment: attacks, and the evaluation of their images on another network.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ClassifierCell;
use assay_core::DatasetId;
use assay_runs::{Cell, CellSpec};

/// How a genome encodes an image (Nguyen et al. 2015, section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// One gene for each value of each pixel.
    Direct,
    /// A compositional pattern-producing network (CPPN) that maps pixel coordinates to colors.
    Cppn,
}

/// Where the settings of a search come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// The text of Nguyen et al. 2015.
    Paper,
    /// The published code of its authors.
    PublishedCode,
}

/// The search algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// MAP-Elites: images are mutated copies of the elites.
    Evolution,
    /// Baseline: every image is generated at random, with the same number of evaluations.
    RandomSearch,
    /// Gradient ascent on the confidence of one class after the other. The classes share the
    /// evaluations; one forward and backward pass counts as one evaluation.
    GradientAscent,
}

/// Regularization of gradient ascent (Nguyen et al. 2015, section 3.4 and supplement). It is
/// applied to the difference from the mean image after each step.
///
/// The numbers are those of the published code; they were not compared with the text of the paper.
/// For `Blur` and `SmallPixels`, they are the values that the supplement's code draws with seeds
/// 188 and 360.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regularization {
    /// No regularization. The only choice for the other methods, and for gradient ascent on a CPPN.
    #[default]
    #[serde(rename = "none")]
    Unregularized,
    /// L2 decay: shrinks the difference by 1 %.
    Decay,
    /// Shrinks the difference by 0.1 % and blurs it every second step (standard deviation 0.4
    /// pixels).
    Blur,
    /// Shrinks the difference by 0.1 % and blurs it every step (0.3 pixels). Then sets it to 0 in
    /// the 20 % of the pixels where it is smallest, and in the 20 % that contribute least to the
    /// confidence.
    SmallPixels,
}

impl Regularization {
    /// All variants, in the order of the table in the documentation.
    pub const ALL: [Self; 4] = [Self::Unregularized, Self::Decay, Self::Blur, Self::SmallPixels];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires this signature")]
    fn is_none(&self) -> bool {
        *self == Self::Unregularized
    }
}

/// Settings of a search for images that a network classifies with high confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// The search algorithm.
    pub method: Method,
    /// How a genome encodes an image.
    pub encoding: Encoding,
    /// Where the settings come from. Gradient ascent takes the same steps with either preset.
    pub preset: Preset,
    /// Images in the first generation, generated at random.
    pub initial: u32,
    /// Images in each later generation.
    pub children: u32,
    /// Number of generations, including the first one. Gradient ascent has no generations: it
    /// evaluates the same number of images and reports at the same intervals.
    pub generations: u32,
    /// Regularization, only for gradient ascent on pixels.
    #[serde(default, skip_serializing_if = "Regularization::is_none")]
    pub regularization: Regularization,
}

/// Prints `evolution-cppn-paper`, `gradient-ascent-blur-direct-paper`.
impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match (self.method, self.regularization) {
            (Method::Evolution, _) => "evolution",
            (Method::RandomSearch, _) => "random-search",
            (Method::GradientAscent, Regularization::Unregularized) => "gradient-ascent",
            (Method::GradientAscent, Regularization::Decay) => "gradient-ascent-decay",
            (Method::GradientAscent, Regularization::Blur) => "gradient-ascent-blur",
            (Method::GradientAscent, Regularization::SmallPixels) => "gradient-ascent-small-pixels",
        };
        let encoding = match self.encoding {
            Encoding::Direct => "direct",
            Encoding::Cppn => "cppn",
        };
        let preset = match self.preset {
            Preset::Paper => "paper",
            Preset::PublishedCode => "published-code",
        };
        write!(f, "{method}-{encoding}-{preset}")
    }
}

/// One attack on one network. It contains the cell of the attacked network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttackCell {
    /// Distinguishes repetitions.
    pub seed: u32,
    /// Number of the attack among the attacks of a retraining round, from 1; 0 for an attack that
    /// is not part of one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeat: u32,
    /// The data set that the network was trained on.
    pub data: DatasetId,
    /// The settings of the search.
    pub attack: Attack,
    /// The attacked network.
    pub network: ClassifierCell,
}

impl AttackCell {
    /// Method, network, seed and number: the common part of the names of the attack and of its
    /// evaluations.
    pub(crate) fn short_label(&self) -> String {
        let Self { attack, network, seed, repeat, .. } = self;
        let repeat = if *repeat > 0 { format!(".repeat-{repeat}") } else { String::new() };
        format!("{attack}.{}.seed-{seed}{repeat}", network.short_label())
    }
}

#[typetag::serde(name = "attack")]
impl CellSpec for AttackCell {
    fn label(&self) -> String {
        format!("attack.{}", self.short_label())
    }

    fn cluster(&self) -> String {
        format!("seed-{}", self.network.seed)
    }

    fn data(&self) -> &DatasetId {
        &self.data
    }

    fn dependencies(&self) -> Vec<Cell> {
        vec![self.network.clone().into()]
    }
}

/// The images of an attack, evaluated on another network of the same run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossEvaluationCell {
    /// The data set that both networks were trained on.
    pub data: DatasetId,
    /// The attack.
    pub attack: AttackCell,
    /// The network that classifies the images.
    pub network: ClassifierCell,
}

impl CrossEvaluationCell {
    /// The images of `attack`, evaluated on `network`.
    #[must_use]
    pub fn new(attack: &AttackCell, network: &ClassifierCell) -> Self {
        let (data, attack, network) = (attack.data.clone(), attack.clone(), network.clone());
        Self { data, attack, network }
    }
}

#[typetag::serde(name = "cross_evaluation")]
impl CellSpec for CrossEvaluationCell {
    fn label(&self) -> String {
        let (attack, network) = (self.attack.short_label(), self.network.short_label());
        format!("cross-evaluation.{attack}.to-{network}")
    }

    fn cluster(&self) -> String {
        format!("seed-{}", self.network.seed)
    }

    fn data(&self) -> &DatasetId {
        &self.data
    }

    fn dependencies(&self) -> Vec<Cell> {
        vec![self.attack.clone().into(), self.network.clone().into()]
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires this signature")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: &str = r#"{"seed":3,"data":{"name":"forms","fingerprint":"toy"},
        "attack":{"method":"evolution","encoding":"cppn","preset":"paper","initial":20,"children":20,
            "generations":12},
        "network":{"role":"network","seed":3,"data":{"name":"forms","fingerprint":"toy"},
            "examples":{"validation_images":96,"excluded_classes":[],"fraction":1.0},
            "views":{"count":2,"crop_padding":1,"horizontal_flip":true},
            "network":{"architecture":"lenet","width":1.0,"groups":false,"local_response_norm":false,
                "dropout":0.0,"initialization":"he"},
            "schedule":{"epochs":8,"batch":16,"learning_rate":0.01,"bias_lr_factor":2.0,
                "lr_milestones":[0.6,0.85],"lr_gamma":0.1,"momentum":0.9,"weight_decay":0.0005},
            "loss":{"kind":"hard_labels"}}}"#;

    #[test]
    fn the_identity_of_an_attack_is_stable() {
        let cell: AttackCell = serde_json::from_str(CELL).unwrap();
        // A setting that is left out when it is not used must not change it.
        assert_eq!(cell.id().to_string(), "1cdc31cd1335f1f0");
        let mut spelt_out: serde_json::Value = serde_json::from_str(CELL).unwrap();
        spelt_out["attack"]["regularization"] = "none".into();
        let spelt_out: AttackCell = serde_json::from_value(spelt_out).unwrap();
        assert_eq!(spelt_out.id(), cell.id());
        assert_eq!(cell.attack.to_string(), "evolution-cppn-paper");
    }

    #[test]
    fn regularization_changes_identity_and_name() {
        let cell: AttackCell = serde_json::from_str(CELL).unwrap();
        let of = |regularization| {
            let method = Method::GradientAscent;
            let attack =
                Attack { method, encoding: Encoding::Direct, regularization, ..cell.attack };
            AttackCell { attack, ..cell.clone() }
        };
        let (plain, blurred) = (of(Regularization::Unregularized), of(Regularization::Blur));
        assert_ne!(plain.id(), blurred.id());
        assert_eq!(plain.attack.to_string(), "gradient-ascent-direct-paper");
        assert_eq!(blurred.attack.to_string(), "gradient-ascent-blur-direct-paper");
    }
}
