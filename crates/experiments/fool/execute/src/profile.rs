//! The profile of a fooling run.

use anyhow::{Context, Result, ensure};
use assay_classifier_cells::{Encoding, Method, Preset, Regularization};
use assay_runs::{TrainingConfig, ViewConfig};
use serde::{Deserialize, Serialize};

use assay_engine::network::NetworkShape;
use assay_engine::profile::{
    BuiltIn, DataSettings, Profile, RunSettings, check_margin, check_schedule,
};

/// Everything a fooling run depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoolProfile {
    /// The difference, in percentage points, below which two confidences count as the same.
    pub margin: f64,
    /// Repeats: seed s has its own network of each architecture, and its own attacks on it.
    pub seeds: u32,
    /// Training images held out, for learning curves.
    pub validation_images: u32,
    /// The data.
    pub data: DataSettings,
    /// The networks.
    pub networks: NetworkSettings,
    /// The attacks.
    pub attack: AttackSettings,
    /// Training networks on what fools them.
    #[serde(default)]
    pub retrain: RetrainSettings,
    /// Directories of other runs, to whose networks the images are shown as well.
    #[serde(default)]
    pub external_runs: Vec<String>,
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
    pub views: ViewConfig,
    /// How they are trained.
    pub schedule: TrainingConfig,
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
    /// Of gradient ascent on pixels: what keeps its images from being mere noise, each an attack of its
    /// own. Runs of before there was gradient ascent have none.
    #[serde(default)]
    pub regularizations: Vec<Regularization>,
    /// Images of the first generation.
    pub initial: u32,
    /// Images of each later one.
    pub children: u32,
    /// Generations, the first one included.
    pub generations: u32,
}

impl AttackSettings {
    /// The preset that claims are about, and that rounds of retraining have: the paper's, or the first where
    /// it is not among them.
    ///
    /// # Panics
    /// If there is no preset, which no profile that was read has.
    #[must_use]
    pub fn main_preset(&self) -> Preset {
        if self.presets.contains(&Preset::Paper) { Preset::Paper } else { self.presets[0] }
    }
}

/// Training networks on what fools them, as one more class, and attacking them again. An attack of a round
/// has `attack`'s [main preset](AttackSettings::main_preset) and its images a generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrainSettings {
    /// How often each network is retrained and attacked again; 0 for not at all.
    pub rounds: u32,
    /// How the images that fool it are written down.
    pub encoding: Encoding,
    /// Generations of an attack of a round.
    pub generations: u32,
    /// Attacks on the first network, whose images the first retrained one learns.
    pub first_attacks: u32,
    /// Attacks on every retrained network.
    pub attacks: u32,
    /// Images that are drawn from each attack: of the elites after its first generation and after its
    /// last.
    pub images: u32,
}

/// Rounds beyond this nest a cell deeper than JSON is read.
const MOST_ROUNDS: u32 = 40;

impl Default for RetrainSettings {
    /// No round; the budget of a small run where only their number is set.
    fn default() -> Self {
        Self {
            rounds: 0,
            encoding: Encoding::Cppn,
            generations: 50,
            first_attacks: 30,
            attacks: 5,
            images: 20,
        }
    }
}

impl RetrainSettings {
    fn check(&self) -> Result<()> {
        let Self { rounds, generations, first_attacks, attacks, images, .. } = self;
        ensure!(
            *rounds <= MOST_ROUNDS,
            "retrain.rounds is {rounds}; it must be at most {MOST_ROUNDS}"
        );
        let counts = [
            ("generations", generations),
            ("first_attacks", first_attacks),
            ("attacks", attacks),
            ("images", images),
        ];
        for (name, value) in counts {
            ensure!(*value > 0, "retrain.{name} is 0; a round of retraining needs at least 1");
        }
        Ok(())
    }
}

impl Profile for FoolProfile {
    const BUILT_IN: BuiltIn = &[
        ("quick", include_str!("../../profiles/quick.toml")),
        ("smoke", include_str!("../../profiles/smoke.toml")),
        ("mnist", include_str!("../../profiles/mnist.toml")),
        ("retrain", include_str!("../../profiles/retrain.toml")),
        ("compare", include_str!("../../profiles/compare.toml")),
        ("cifar100-cpu", include_str!("../../profiles/cifar100-cpu.toml")),
        ("cifar100", include_str!("../../profiles/cifar100.toml")),
        ("imagenet", include_str!("../../profiles/imagenet.toml")),
    ];

    fn check(&self) -> Result<()> {
        check_margin(self.margin)?;
        self.data.check_no_speech()?;
        check_schedule("networks.schedule", &self.networks.schedule)?;
        self.run.check()?;
        ensure!(self.seeds > 0, "seeds is 0; it must be at least 1");
        ensure!(
            self.validation_images > 0,
            "validation_images is 0; a learning curve needs images of its own"
        );
        ensure!(
            !self.networks.architectures.is_empty(),
            "networks.architectures is empty; name at least one, such as lenet"
        );
        self.networks.network.check(&self.networks.architectures).context("networks.network")?;
        let AttackSettings { methods, encodings, presets, initial, children, generations, .. } =
            &self.attack;
        ensure!(
            !methods.is_empty() && !encodings.is_empty() && !presets.is_empty(),
            "attack: methods, encodings and presets must each have at least one"
        );
        ensure!(
            !methods.contains(&Method::GradientAscent) || !self.attack.regularizations.is_empty(),
            "attack.regularizations is empty, but gradient_ascent is among the methods; name at least \
             one, such as none"
        );
        let budget = [("initial", initial), ("children", children), ("generations", generations)];
        for (name, value) in budget {
            ensure!(*value > 0, "attack.{name} is 0; an attack needs a budget of at least 1");
        }
        ensure!(
            children.is_multiple_of(2),
            "attack.children is {children}; two parents have two children, so it must be even"
        );
        self.retrain.check()?;
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
    fn the_main_preset_is_the_papers_wherever_it_stands() {
        use Preset::{Paper, PublishedCode};
        let mut profile = FoolProfile::read("quick", &[]).unwrap();
        for (presets, main) in
            [(vec![PublishedCode, Paper], Paper), (vec![PublishedCode], PublishedCode)]
        {
            profile.attack.presets = presets;
            assert_eq!(profile.attack.main_preset(), main);
        }
    }

    #[test]
    fn gradient_ascent_without_a_word_on_regularization_is_named() {
        let changes = ["attack.methods=[\"gradient_ascent\"]", "attack.regularizations=[]"];
        let error = FoolProfile::read_with("quick", &changes.map(str::to_owned)).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("attack.regularizations is empty"), "{error}");
    }

    #[test]
    fn a_budget_of_nothing_is_named() {
        for key in ["attack.children", "retrain.attacks", "retrain.images"] {
            let error = FoolProfile::read_with("quick", &[format!("{key}=0")]).unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains(&format!("{key} is 0")), "{error}");
        }
    }

    #[test]
    fn retraining_and_external_runs_can_be_left_out() {
        let (_, text) = FoolProfile::BUILT_IN[0];
        let mut table: toml::Table = text.parse().unwrap();
        table.remove("retrain").unwrap();
        table.remove("external_runs").unwrap();
        let profile: FoolProfile = table.try_into().unwrap();
        assert_eq!((profile.retrain.rounds, profile.external_runs.len()), (0, 0));
    }
}
