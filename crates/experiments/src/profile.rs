//! Profiles: everything a run depends on, as TOML with no hidden defaults.

use std::path::Path;

use anyhow::{Context, Result, bail};
use assay_datasets::{Labels, OpenOptions, forms};
use assay_runs::{Network, Schedule, Views};
use serde::{Deserialize, Serialize};

/// The profiles that come with the program: name and text.
const BUILT_IN: [(&str, &str); 8] = [
    ("smoke", include_str!("../profiles/smoke.toml")),
    ("quick", include_str!("../profiles/quick.toml")),
    ("data-size", include_str!("../profiles/data-size.toml")),
    ("mnist", include_str!("../profiles/mnist.toml")),
    ("cifar100-cpu", include_str!("../profiles/cifar100-cpu.toml")),
    ("cifar100", include_str!("../profiles/cifar100.toml")),
    ("cifar100-semantic", include_str!("../profiles/cifar100-semantic.toml")),
    ("imagenet", include_str!("../profiles/imagenet.toml")),
];

/// Everything a transfer sweep depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
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
    /// The data.
    pub data: DataSettings,
    /// The views of each training image.
    pub views: Views,
    /// The network.
    pub network: Network,
    /// How every cell is trained.
    pub schedule: Schedule,
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
    /// `random3_b_paper`: frozen as drawn by the paper's rule.
    RandomPaper,
    /// `all`: trained on all classes.
    All,
    /// `scores_ab`: cheap scores of every layer of the bases.
    Scores,
}

/// What data to use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSettings {
    /// A data set by name, or a folder of images.
    pub name: String,
    /// A second one: its classes are half B then, and those of the first half A; empty for none.
    pub target: String,
    /// A safetensors file with the base of half A; all classes of the data are half B then; empty
    /// for none.
    pub base_weights: String,
    /// Side in pixels every image is brought to; 0 leaves them as they are.
    pub image_size: u32,
    /// Of `forms`: images of each class to train on.
    pub forms_train_per_class: u32,
    /// Of `forms`: images of each class to test on.
    pub forms_test_per_class: u32,
    /// Seed of `forms`, and of the division of a folder that has none.
    pub seed: u64,
}

/// What does not change a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    /// Epochs between looks at the test images; the last epoch is always looked at.
    pub evaluate_every: u32,
    /// Seconds between checkpoints.
    pub checkpoint_seconds: u32,
    /// Most mebibytes a worker keeps of the frozen layers' output; 0 keeps none.
    pub cache_mebibytes: u64,
    /// Whether the weights of every cell are kept, not only those of the bases.
    pub keep_all_weights: bool,
}

impl Profile {
    /// The profile to use where none is named: the data set's own one for a CPU, or else `quick`.
    #[must_use]
    pub fn default_for(data: Option<&str>) -> String {
        let own = data.map(|data| format!("{data}-cpu"));
        own.filter(|own| BUILT_IN.iter().any(|(name, _)| name == own))
            .unwrap_or_else(|| "quick".to_owned())
    }

    /// Reads a profile, by the name of a built-in one or the path of a TOML file, and applies
    /// overrides of the form `key.key=value`.
    ///
    /// # Errors
    /// When there is no such profile, an override is none, or a key or value is not allowed.
    pub fn read(name_or_file: &str, overrides: &[String]) -> Result<Self> {
        let text = match BUILT_IN.iter().find(|(name, _)| *name == name_or_file) {
            Some((_, text)) => (*text).to_owned(),
            None if Path::new(name_or_file).is_file() => std::fs::read_to_string(name_or_file)
                .with_context(|| format!("profile {name_or_file}"))?,
            None => bail!(
                "unknown profile {name_or_file:?}: use one of {}, or the path of a TOML file",
                BUILT_IN.map(|(name, _)| name).join(", ")
            ),
        };
        let mut table: toml::Table =
            text.parse().map_err(|error| anyhow::anyhow!("profile {name_or_file}: {error}"))?;
        for change in overrides {
            apply(&mut table, change).with_context(|| format!("--set {change}"))?;
        }
        let profile: Self =
            table.try_into().map_err(|error| anyhow::anyhow!("profile {name_or_file}: {error}"))?;
        profile.check().with_context(|| format!("profile {name_or_file}"))?;
        Ok(profile)
    }

    fn check(&self) -> Result<()> {
        let Schedule { epochs, batch, learning_rate, drops, momentum, .. } = &self.schedule;
        if *epochs == 0 || *batch == 0 {
            bail!("schedule: {epochs} epochs of batches of {batch}; both must be at least 1");
        }
        if !(learning_rate.is_finite() && *learning_rate > 0.0) {
            bail!("schedule.learning_rate is {learning_rate}; it must be above 0");
        }
        if !(0.0..1.0).contains(momentum) {
            bail!("schedule.momentum is {momentum}; it must be in [0, 1)");
        }
        if let Some(drop) = drops.iter().find(|drop| !(**drop > 0.0 && **drop < 1.0)) {
            bail!("schedule.drops has {drop}; each is a share of all steps, in (0, 1)");
        }
        if self.seeds == 0 || self.splits.is_empty() || self.images_per_class.is_empty() {
            bail!("seeds, splits and images_per_class must each have at least one");
        }
        if !(self.margin.is_finite() && self.margin >= 0.0) {
            bail!("margin is {}; it must be 0 or more percentage points", self.margin);
        }
        let Self { splits, data, .. } = self;
        let needed = match (data.target.is_empty(), data.base_weights.is_empty()) {
            (false, false) => bail!("data: give a target or base_weights, not both"),
            (false, true) => Some("pair"),
            (true, false) => Some("weights"),
            (true, true) => None,
        };
        let special = |split: &String| split == "pair" || split == "weights";
        match needed {
            Some(needed) if splits.iter().any(|split| split != needed) => bail!(
                "splits are {splits:?}; with data.target or data.base_weights they are [{needed:?}]"
            ),
            None if splits.iter().any(special) => {
                bail!("splits \"pair\" and \"weights\" need data.target or data.base_weights")
            }
            _ => {}
        }
        if self.run.evaluate_every == 0 {
            bail!("run.evaluate_every is 0; it must be at least 1 epoch");
        }
        Ok(())
    }

    /// How to open the profile's data.
    #[must_use]
    pub fn open_options(&self, data_dir: Option<&Path>) -> OpenOptions {
        let data = &self.data;
        OpenOptions {
            data_dir: data_dir.map(Path::to_owned),
            image_size: (data.image_size > 0).then_some(data.image_size),
            labels: Labels::Fine,
            seed: data.seed,
            forms: forms::Settings {
                train_per_class: data.forms_train_per_class,
                test_per_class: data.forms_test_per_class,
                size: data.image_size,
                seed: data.seed,
            },
            ..OpenOptions::default()
        }
    }
}

/// Sets `key.key=value`; the value is TOML, or else text.
fn apply(table: &mut toml::Table, change: &str) -> Result<()> {
    let Some((key, value)) = change.split_once('=') else {
        bail!("expected key=value, such as schedule.epochs=20");
    };
    let value = format!("value = {value}")
        .parse::<toml::Table>()
        .ok()
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let (path, last) = key.rsplit_once('.').map_or((None, key), |(path, last)| (Some(path), last));
    let mut place = table;
    for part in path.into_iter().flat_map(|path| path.split('.')) {
        place = match place.get_mut(part) {
            Some(toml::Value::Table(inner)) => inner,
            _ => bail!("the profile has no table {part:?}"),
        };
    }
    if !place.contains_key(last) {
        let known: Vec<&str> = place.keys().map(String::as_str).collect();
        bail!("the profile has no key {key:?}; there are {}", known.join(", "));
    }
    place.insert(last.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_is_valid() {
        for (name, _) in BUILT_IN {
            Profile::read(name, &[]).unwrap();
        }
    }

    #[test]
    fn an_override_replaces_one_value() {
        let changes = ["schedule.epochs=3".to_owned(), "data.name=cifar100".to_owned()];
        let profile = Profile::read("quick", &changes).unwrap();
        assert_eq!((profile.schedule.epochs, profile.data.name.as_str()), (3, "cifar100"));
    }

    #[test]
    fn an_unknown_key_a_wrong_type_and_an_unknown_profile_are_named() {
        let error = |name: &str, change: &str| {
            let error = Profile::read(name, &[change.to_owned()]).unwrap_err();
            format!("{error:#}")
        };
        assert!(error("quick", "schedule.epoch=3").contains("no key \"schedule.epoch\""));
        assert!(error("quick", "schedule.epochs=many").contains("epochs"));
        assert!(error("quick", "schedule.momentum=1.5").contains("momentum is 1.5"));
        assert!(error("slow", "seeds=1").contains("unknown profile \"slow\""));
    }
}
