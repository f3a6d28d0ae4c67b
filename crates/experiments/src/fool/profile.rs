//! The profile of a fooling run.

use anyhow::{Result, ensure};
use assay_runs::{Encoding, Method, Preset, Schedule, Views};
use serde::{Deserialize, Serialize};

use crate::network::NetworkShape;
use crate::profile::{DataSettings, Profile, RunSettings, check_margin, check_schedule};

/// Everything a fooling run depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoolProfile {
    /// The difference, in percentage points, below which two confidences count as the same.
    pub margin: f64,
    /// Repeats: seed s has its own network of each architecture, and its own attacks on it.
    pub seeds: u32,
    /// Training images held out, for learning curves.
    pub held_out: u32,
    /// The data.
    pub data: DataSettings,
    /// The networks.
    pub networks: NetworkSettings,
    /// The attacks.
    pub attack: AttackSettings,
    /// What does not change a result.
    pub run: RunSettings,
}

/// The networks that are attacked, and shown what fooled the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSettings {
    /// Their tables: each is trained once a seed.
    pub architectures: Vec<String>,
    /// The rest of the networks.
    pub network: NetworkShape,
    /// The views of a training image.
    pub views: Views,
    /// How they are trained.
    pub schedule: Schedule,
}

/// The attacks: every method with every encoding and every preset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttackSettings {
    /// Where the images of a generation come from.
    pub methods: Vec<Method>,
    /// How an image is written down.
    pub encodings: Vec<Encoding>,
    /// Whose settings a search has.
    pub presets: Vec<Preset>,
    /// Images of the first generation.
    pub initial: u32,
    /// Images of each later one.
    pub children: u32,
    /// Generations, the first one included.
    pub generations: u32,
}

impl Profile for FoolProfile {
    const BUILT_IN: &'static [(&'static str, &'static str)] = &[
        ("quick", include_str!("../../profiles/fool/quick.toml")),
        ("smoke", include_str!("../../profiles/fool/smoke.toml")),
        ("mnist", include_str!("../../profiles/fool/mnist.toml")),
    ];

    fn check(&self) -> Result<()> {
        check_margin(self.margin)?;
        check_schedule("networks.schedule", &self.networks.schedule)?;
        self.run.check()?;
        ensure!(self.seeds > 0, "seeds is 0; it must be at least 1");
        ensure!(self.held_out > 0, "held_out is 0; a learning curve needs images of its own");
        ensure!(
            !self.networks.architectures.is_empty(),
            "networks.architectures is empty; name at least one, such as lenet"
        );
        let AttackSettings { methods, encodings, presets, initial, children, generations } =
            &self.attack;
        ensure!(
            !methods.is_empty() && !encodings.is_empty() && !presets.is_empty(),
            "attack: methods, encodings and presets must each have at least one"
        );
        let budget = [("initial", initial), ("children", children), ("generations", generations)];
        for (name, value) in budget {
            ensure!(*value > 0, "attack.{name} is 0; an attack needs a budget of at least 1");
        }
        ensure!(
            children.is_multiple_of(2),
            "attack.children is {children}; two parents have two children, so it must be even"
        );
        let mut seen = self.networks.architectures.clone();
        seen.sort();
        seen.dedup();
        ensure!(
            seen.len() == self.networks.architectures.len(),
            "networks.architectures are {:?}; each must be there once",
            self.networks.architectures
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_is_valid() {
        for (name, _) in FoolProfile::BUILT_IN {
            FoolProfile::read(name, &[]).unwrap();
        }
    }

    #[test]
    fn a_budget_of_nothing_is_named() {
        let error = FoolProfile::read("quick", &["attack.children=0".to_owned()]).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("attack.children is 0"), "{error}");
    }
}
