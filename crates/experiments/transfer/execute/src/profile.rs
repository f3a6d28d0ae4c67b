//! The profile of a transfer sweep.

use anyhow::{Result, bail, ensure};
use assay_runs::{Initialization, NetworkSpec, TrainingConfig, ViewConfig};
use serde::{Deserialize, Serialize};

use assay_engine::network::paper_inputs;
use assay_engine::profile::{
    BuiltIn, DataSettings, Profile, RunSettings, TuningSettings, check_margin, check_schedule,
};

/// Everything a transfer sweep depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferProfile {
    /// The difference, in percentage points, below which two accuracies count as the same.
    pub margin: f64,
    /// Repeats: seed s draws its own random split, weights and order.
    pub seeds: u32,
    /// Kinds of split: `random`, `semantic`, or the name of a list of classes.
    pub splits: Vec<String>,
    /// The kinds of cell to train; bases are always trained.
    pub cells: Vec<CellKind>,
    /// The cut points; empty for all.
    pub cuts: Vec<u8>,
    /// Training images of each target class; 0 for all.
    pub images_per_class: Vec<u32>,
    /// Share of each class's training images that are set aside: for learning curves, and to choose learning
    /// rates.
    pub validation_fraction: f64,
    /// The learning rates to choose from.
    pub tuning: TuningSettings,
    /// A second data set, by name or folder: its classes are half B then, and those of the first half
    /// A; empty for none.
    pub target_data: String,
    /// A file of weights (safetensors, or a state dict of `PyTorch`) with the base of half A; all
    /// classes of the data are half B then; empty for none.
    pub base_weights: String,
    /// The data.
    pub data: DataSettings,
    /// The views of each training image.
    pub views: ViewConfig,
    /// The network.
    pub network: NetworkSpec,
    /// How every cell is trained.
    pub schedule: TrainingConfig,
    /// What does not change a result.
    pub run: RunSettings,
}

/// A kind of cell, for both targets and every cut point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellKind {
    /// `b3b`: copied from the same half, frozen.
    Selffer,
    /// `b3b_plus`: copied from the same half, fine-tuned.
    SelfferPlus,
    /// `a3b`: copied from the other half, frozen.
    Transfer,
    /// `a3b_plus`: copied from the other half, fine-tuned.
    TransferPlus,
    /// `base_b_long`: the equal-compute control.
    BaseLong,
    /// `random3_b_he`: frozen as drawn by He's rule.
    RandomHe,
    /// `random3_b_paper`: frozen as drawn with the standard deviations of the paper's `AlexNet`, for inputs of
    /// which the mean alone is subtracted, as in the paper.
    RandomPaper,
    /// `all`: trained on all classes.
    All,
    /// `scores_ab`: cheap scores of every layer of the bases.
    Scores,
}

impl Profile for TransferProfile {
    const BUILT_IN: BuiltIn = &[
        ("smoke", include_str!("../../profiles/smoke.toml")),
        ("quick", include_str!("../../profiles/quick.toml")),
        ("data-size", include_str!("../../profiles/data-size.toml")),
        ("mnist", include_str!("../../profiles/mnist.toml")),
        ("cifar100-cpu", include_str!("../../profiles/cifar100-cpu.toml")),
        ("cifar100", include_str!("../../profiles/cifar100.toml")),
        ("cifar100-semantic", include_str!("../../profiles/cifar100-semantic.toml")),
        ("imagenet", include_str!("../../profiles/imagenet.toml")),
    ];

    fn check(&self) -> Result<()> {
        check_schedule("schedule", &self.schedule)?;
        check_margin(self.margin)?;
        self.data.check_no_speech()?;
        self.run.check()?;
        if self.seeds == 0 || self.splits.is_empty() || self.images_per_class.is_empty() {
            bail!("seeds, splits and images_per_class must each have at least one");
        }
        self.tuning.check(self.seeds)?;
        let fraction = self.validation_fraction;
        ensure!(
            fraction > 0.0 && fraction < 1.0,
            "validation_fraction is {fraction}; it must be above 0 and below 1"
        );
        let random_paper = self.cells.contains(&CellKind::RandomPaper);
        if random_paper || self.network.initialization == Initialization::Paper {
            paper_inputs(&self.network.architecture)?;
        }
        self.check_splits()
    }
}

impl TransferProfile {
    /// A pair of data sets and a base from a file each have a split of their own, and no other.
    fn check_splits(&self) -> Result<()> {
        let Self { splits, target_data, base_weights, .. } = self;
        let needed = match (target_data.is_empty(), base_weights.is_empty()) {
            (false, false) => bail!("give target_data or base_weights, not both"),
            (false, true) => Some("pair"),
            (true, false) => Some("weights"),
            (true, true) => None,
        };
        let special = |split: &String| split == "pair" || split == "weights";
        match needed {
            Some(needed) if splits.iter().any(|split| split != needed) => bail!(
                "splits are {splits:?}; with target_data or base_weights they are [{needed:?}]"
            ),
            None if splits.iter().any(special) => {
                bail!("splits \"pair\" and \"weights\" need target_data or base_weights")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_is_valid() {
        for (name, _) in TransferProfile::BUILT_IN {
            TransferProfile::read(name, &[]).unwrap();
        }
    }

    #[test]
    fn an_override_replaces_one_value() {
        let changes = ["schedule.epochs=3", "data.name=cifar100"].map(str::to_owned);
        let profile = TransferProfile::read_with("quick", &changes).unwrap();
        assert_eq!((profile.schedule.epochs, profile.data.name.as_str()), (3, "cifar100"));
    }

    #[test]
    fn an_unknown_key_a_wrong_type_and_an_unknown_profile_are_named() {
        let error = |name: &str, change: &str| {
            let error = TransferProfile::read_with(name, &[change]).unwrap_err();
            format!("{error:#}")
        };
        assert!(error("quick", "schedule.epoch=3").contains("no key \"schedule.epoch\""));
        assert!(error("quick", "schedule.epochs=many").contains("epochs"));
        assert!(error("quick", "schedule.momentum=1.5").contains("momentum is 1.5"));
        assert!(error("slow", "seeds=1").contains("unknown profile \"slow\""));
    }
}
